// cp.async, as late as it may be: the destination is garbage from the issue on, and the data lands at the wait that asks for it. A source that changed
// between is a fault, for the device may have read it before or after.
#include <cstring>

#include "simt/emulator/machine.h"
#include "simt/emulator/sanitizers.h"
#include "simt/emulator/tensor_core.h"

namespace simt::emulator {

void async_copy(uint32_t dst, const void* src, int bytes, const char* file, int line) {
  Machine& m = machine();
  view.current->file = file;
  view.current->line = line;
  if (bytes < 0 || bytes > 16) fail("cp_async16: a byte count outside 0 … 16; " + here());
  if (bytes && (reinterpret_cast<uintptr_t>(src) & 15)) fail("cp_async16: the global address is not a multiple of 16; " + here());
  m.counts.cp_async++;
  CopyQueue& queue = m.copies[view.current->linear];
  Copy copy{dst, src, bytes, queue.committed, {}};
  if (bytes) std::memcpy(copy.data, src, static_cast<size_t>(bytes));
  unsigned char* to = shared_access(dst, 16, Access::write);
  std::memset(to, 0xff, 16);
  SIMT_TSAN_ONLY(__tsan_write_range(to, 16);)
  queue.copies.push_back(copy);
}

void async_commit() { machine().copies[view.current->linear].committed++; }

void async_wait(int groups_in_flight, const char* file, int line) {
  view.current->file = file;
  view.current->line = line;
  CopyQueue& queue = machine().copies[view.current->linear];
  size_t kept = 0;
  for (size_t i = 0; i < queue.copies.size(); i++) {
    const Copy& copy = queue.copies[i];
    if (copy.group >= queue.committed - groups_in_flight) {
      queue.copies[kept++] = copy;
      continue;
    }
    if (copy.bytes && std::memcmp(copy.data, copy.src, static_cast<size_t>(copy.bytes))) fail("the source of a cp.async changed before its wait; " + here());
    unsigned char* to = shared_access(copy.dst, 16, Access::write);
    std::memcpy(to, copy.data, 16);
    SIMT_TSAN_ONLY(__tsan_write_range(to, 16);)
  }
  queue.copies.resize(kept);
}

}  // namespace simt::emulator
