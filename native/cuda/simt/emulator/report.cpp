// Texts of faults: which thread, which line, where all others stand.
#include <cstdio>
#include <cstring>

#include <dlfcn.h>

#include "simt/emulator/machine.h"

namespace simt::emulator {

const char* operation_name(Operation operation) {
  static const char* const names[] = {"running", "__syncthreads", "syncwarp", "a warp shuffle", "a warp vote", "ldmatrix", "mma", "wgmma", "mbar_wait"};
  return names[static_cast<int>(operation)];
}

std::string place(const char* file, int line) {
  if (!file) return "?";
  const char* slash = std::strrchr(file, '/');
  return std::string(slash ? slash + 1 : file) + ":" + std::to_string(line);
}

std::string who(const Fiber& f) {
  char text[96];
  std::snprintf(text, sizeof text, "thread (%u,%u,%u) = warp %u lane %u", f.tid.x, f.tid.y, f.tid.z, f.warp, f.lane);
  return text;
}

namespace {

std::string state_of(Machine& m, const Fiber& f) {
  if (f.exited) return "exited";
  if (f.waits_in == Operation::none) return &f == view.current ? "running" : "ready";
  std::string text = std::string("in ") + operation_name(f.waits_in) + " at " + place(f.file, f.line);
  for (const MbarrierWait& wait : m.mbarrier_waits) {
    if (wait.fiber != &f) continue;
    const Mbarrier& bar = m.mbarriers[wait.bar];
    text += " (barrier at offset " + std::to_string(wait.bar - shared_base) + ": phase " + std::to_string(bar.phase) + ", " + std::to_string(bar.pending) + " arrivals and " +
            std::to_string(bar.bytes) + " bytes missing)";
  }
  return text;
}

}  // namespace

std::string picture() {
  Machine& m = machine();
  std::string text;
  for (unsigned w = 0; w < m.warp_count; w++) {
    text += "\n    warp " + std::to_string(w) + ":";
    for (unsigned first = 0; first < 32 && w * 32 + first < m.threads;) {
      const std::string state = state_of(m, m.fibers[w * 32 + first]);
      unsigned last = first;
      while (last + 1 < 32 && w * 32 + last + 1 < m.threads && state_of(m, m.fibers[w * 32 + last + 1]) == state) last++;
      text += (first ? "; lanes " : " lanes ") + std::to_string(first) + "-" + std::to_string(last) + " " + state;
      first = last + 1;
    }
  }
  return text;
}

std::string source_line(void* pc) {
  Dl_info object;
  if (!dladdr(pc, &object) || !object.dli_fname) return "";
  char command[512];
  std::snprintf(command, sizeof command, "addr2line -Cspie '%s' %#lx 2>/dev/null", object.dli_fname,
                static_cast<unsigned long>(static_cast<char*>(pc) - static_cast<char*>(object.dli_fbase) - 1));
  std::string found;
  if (FILE* pipe = popen(command, "r")) {
    char line[512];
    while (std::fgets(line, sizeof line, pipe))
      if (!std::strstr(line, "shared.h:") && !std::strstr(line, "??")) found = line;  // the outermost inlined frame is the kernel's
    pclose(pipe);
  }
  while (!found.empty() && found.back() == '\n') found.pop_back();
  return found.empty() ? "" : "\n    at " + found;
}

}  // namespace simt::emulator
