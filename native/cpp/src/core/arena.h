// Where the tensors of a pass lie in its workspace.
#pragma once

#include <cstdint>
#include <vector>

namespace oag {

// A tensor's bytes and the operations between which they must be kept: born at operation `born`, last read by operation `dies`.
struct Lifetime {
  int64_t bytes = 0;
  int64_t born = 0;
  int64_t dies = 0;
};

struct ArenaPlan {
  std::vector<int64_t> offsets;  // one per tensor, multiples of arena_alignment
  int64_t bytes = 0;             // of the whole arena
};

inline constexpr int64_t arena_alignment = 64;  // a cache line, and the widest vector register

// First-fit by size (Pisarchyk & Lee 2020, "Efficient memory management for deep neural net inference"): two tensors share memory only
// when no operation needs both. An operation's inputs and outputs never overlap.
ArenaPlan plan_arena(const std::vector<Lifetime>& lifetimes);

}  // namespace oag
