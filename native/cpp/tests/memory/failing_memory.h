// Memory that runs out when a test says so: in the library, in the codecs that are linked into it, and in the C++ library's containers.
#pragma once

#include <cstdint>

namespace oag::test {

enum class Shortage {
  one_fails,   // one allocation: a large one where there was room for small ones
  none_is_left // that one and all that follow
};

// While it lives, the allocation number `number` (from 0, in any thread) fails, or all from there on.
class FailingMemory {
 public:
  FailingMemory(int64_t number, Shortage shortage);
  ~FailingMemory();
  FailingMemory(const FailingMemory&) = delete;
  FailingMemory& operator=(const FailingMemory&) = delete;

  static int64_t asked();   // allocations since it was made
  static int64_t failed();
};

// Pieces of memory that are held now.
int64_t pieces_held();

}  // namespace oag::test
