#include "core/arena.h"

#include <algorithm>
#include <numeric>

namespace oag {

ArenaPlan plan_arena(const std::vector<Lifetime>& lifetimes) {
  std::vector<size_t> by_size(lifetimes.size());
  std::iota(by_size.begin(), by_size.end(), size_t{0});
  std::stable_sort(by_size.begin(), by_size.end(), [&](size_t a, size_t b) { return lifetimes[a].bytes > lifetimes[b].bytes; });

  ArenaPlan plan;
  plan.offsets.assign(lifetimes.size(), 0);
  std::vector<size_t> placed;  // by rising offset
  for (size_t tensor : by_size) {
    const Lifetime& life = lifetimes[tensor];
    const int64_t bytes = (life.bytes + arena_alignment - 1) / arena_alignment * arena_alignment;
    int64_t offset = 0;
    for (size_t other : placed) {
      const Lifetime& taken = lifetimes[other];
      if (taken.dies < life.born || life.dies < taken.born) continue;
      if (plan.offsets[other] >= offset + bytes) break;  // fits in the gap below
      offset = std::max(offset, plan.offsets[other] + (taken.bytes + arena_alignment - 1) / arena_alignment * arena_alignment);
    }
    plan.offsets[tensor] = offset;
    plan.bytes = std::max(plan.bytes, offset + bytes);
    placed.insert(std::upper_bound(placed.begin(), placed.end(), tensor,
                                   [&](size_t a, size_t b) { return plan.offsets[a] < plan.offsets[b]; }), tensor);
  }
  return plan;
}

}  // namespace oag
