#include <doctest/doctest.h>

#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

#include "core/aligned_buffer.h"

using namespace oag;

namespace {

// The flags that the kernel shows for the mapping that holds `address`; empty without it.
std::string mapping_flags(const void* address) {
  std::ifstream file("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    unsigned long from = 0, to = 0;
    const auto at = reinterpret_cast<uintptr_t>(address);
    if (std::sscanf(line.c_str(), "%lx-%lx ", &from, &to) == 2) inside = from <= at && at < to;
    else if (inside && line.rfind("VmFlags:", 0) == 0) return line + " ";
  }
  return "";
}

int64_t address_space() {
  int64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * sysconf(_SC_PAGESIZE);
}

// Whether smaps tells of a mapping that it asked for huge pages: a kernel without them does not, nor an emulator that passes on no such wish.
bool the_wish_is_shown() {
  void* const mapped = mmap(nullptr, 2 * huge_page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(mapped != MAP_FAILED);
  madvise(mapped, 2 * huge_page_bytes, MADV_HUGEPAGE);
  const bool shown = mapping_flags(mapped).find(" hg ") != std::string::npos;
  munmap(mapped, 2 * huge_page_bytes);
  return shown;
}

}  // namespace

TEST_CASE("a buffer on huge pages begins on a boundary of one, from the size of one on") {
  const bool shown = the_wish_is_shown();
  for (size_t bytes : {huge_page_bytes - 1, huge_page_bytes, huge_page_bytes + 1, 3 * huge_page_bytes - 4096, 5 * huge_page_bytes + 12345}) {
    CAPTURE(bytes);
    const int64_t before = address_space();
    {
      AlignedBuffer buffer(bytes, Pages::huge);
      CHECK(buffer.bytes() == bytes);
      CHECK(reinterpret_cast<uintptr_t>(buffer.as()) % (bytes < huge_page_bytes ? 64 : huge_page_bytes) == 0);
      std::memset(buffer.as(), 5, bytes);
      CHECK(bytes_on_huge_pages(buffer.as(), bytes) <= static_cast<int64_t>(bytes));
      // What was mapped to reach the boundary is given back. (malloc, which has the smallest, takes room in advance.)
      if (bytes >= huge_page_bytes) CHECK(address_space() - before < static_cast<int64_t>(bytes + huge_page_bytes / 2));
      const std::string flags = mapping_flags(buffer.as<char>());
      if (shown) CHECK((flags.find(" hg ") != std::string::npos) == (bytes >= huge_page_bytes));
    }
    if (bytes >= huge_page_bytes) CHECK(address_space() - before < int64_t{huge_page_bytes} / 2);
  }
}

TEST_CASE("a buffer on huge pages grows, moves and stays on them") {
  AlignedBuffer buffer(0, Pages::huge);
  CHECK(buffer.as() == nullptr);
  for (size_t bytes : {size_t{100}, huge_page_bytes, 2 * huge_page_bytes + 1}) {
    buffer.reserve(bytes);
    CHECK(buffer.bytes() == bytes);
    buffer.as<char>()[bytes - 1] = 3;
  }
  AlignedBuffer moved = std::move(buffer);
  CHECK(buffer.as() == nullptr);
  CHECK(reinterpret_cast<uintptr_t>(moved.as()) % huge_page_bytes == 0);
  CHECK(moved.as<char>()[2 * huge_page_bytes] == 3);
  buffer = std::move(moved);
  buffer = AlignedBuffer(7);
  CHECK(buffer.bytes() == 7);
}

TEST_CASE("where the kernel gives huge pages it is told how many, and where it gives none, why") {
  const std::string refusal = huge_page_refusal();
  MESSAGE("huge pages: " << (refusal.empty() ? "given" : refusal));
  {
    AlignedBuffer buffer(4 * huge_page_bytes, Pages::huge);
    CHECK(bytes_on_huge_pages(buffer.as(), buffer.bytes()) == 0);  // nothing is written yet
    std::memset(buffer.as(), 5, buffer.bytes());
    CHECK(bytes_on_huge_pages(buffer.as(), buffer.bytes()) <= static_cast<int64_t>(buffer.bytes()));  // what the kernel gives may change from moment to moment
  }
  if (prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) != 0) return;  // an old kernel, or an emulator
  CHECK(huge_page_refusal() != "");
  AlignedBuffer buffer(2 * huge_page_bytes, Pages::huge);
  std::memset(buffer.as(), 5, buffer.bytes());
  CHECK(bytes_on_huge_pages(buffer.as(), buffer.bytes()) == 0);
  CHECK(reinterpret_cast<uintptr_t>(buffer.as()) % huge_page_bytes == 0);
  prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
}

TEST_CASE("memory that there is not is told as such") {
  CHECK(map_on_huge_pages(size_t{1} << 60) == nullptr);
  CHECK_THROWS_AS(AlignedBuffer(size_t{1} << 60, Pages::huge), std::bad_alloc);
}
