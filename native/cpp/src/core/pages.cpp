#include "core/pages.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace oag {
namespace {

constexpr const char* kernel_setting = "/sys/kernel/mm/transparent_hugepage/enabled";

// "always [madvise] never" → "madvise"; empty without the file.
std::string chosen_setting() {
  std::ifstream file(kernel_setting);
  std::string line;
  std::getline(file, line);
  const size_t open = line.find('['), close = line.find(']');
  return open == std::string::npos || close == std::string::npos ? "" : line.substr(open + 1, close - open - 1);
}

}  // namespace

void* map_on_huge_pages(size_t bytes) noexcept {
  // Room to move to the next boundary; what is left on both sides goes back.
  const size_t small_page = static_cast<size_t>(sysconf(_SC_PAGESIZE)), rounded = (bytes + small_page - 1) / small_page * small_page;
  void* const mapped = mmap(nullptr, rounded + huge_page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  char* const begin = static_cast<char*>(mapped);
  const size_t before = (huge_page_bytes - reinterpret_cast<uintptr_t>(begin) % huge_page_bytes) % huge_page_bytes;
  if (before) munmap(begin, before);
  munmap(begin + before + rounded, huge_page_bytes - before);
  madvise(begin + before, rounded, MADV_HUGEPAGE);
  return begin + before;
}

int64_t bytes_on_huge_pages(const void* memory, size_t bytes) {
  // Neighbours with the same properties are one mapping there, so of a mapping no more counts than belongs to this memory.
  std::ifstream file("/proc/self/smaps");
  const auto first = reinterpret_cast<uintptr_t>(memory), last = first + bytes;
  int64_t sum = 0, overlap = 0;
  for (std::string line; std::getline(file, line);) {
    unsigned long from = 0, to = 0;
    long long kilobytes = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &from, &to) == 2) overlap = static_cast<int64_t>(std::min<uintptr_t>(to, last)) - static_cast<int64_t>(std::max<uintptr_t>(from, first));
    else if (overlap > 0 && std::sscanf(line.c_str(), "AnonHugePages: %lld kB", &kilobytes) == 1) sum += std::min<int64_t>(overlap, kilobytes * 1024);
  }
  return sum;
}

std::string huge_page_refusal() {
  const std::string setting = chosen_setting();
  if (setting.empty()) return "this kernel has no transparent huge pages";
  if (setting == "never") return std::string(kernel_setting) + " is \"never\"; as root, write \"madvise\" to it";
  void* const trial = map_on_huge_pages(huge_page_bytes);
  if (!trial) return "there is no memory for one";
  std::memset(trial, 1, huge_page_bytes);
  const bool given = bytes_on_huge_pages(trial, huge_page_bytes) > 0;
  munmap(trial, huge_page_bytes);
  return given ? "" : "the kernel gave none: memory is in pieces, or they are forbidden to this process (prctl PR_SET_THP_DISABLE)";
}

}  // namespace oag
