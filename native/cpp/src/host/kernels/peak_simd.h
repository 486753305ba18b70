// The peak of a vector unit. A unit includes its simd_<isa>.h first.
#pragma once

#include <cstdint>

namespace oag::host {
namespace {

// More chains than the four cycles that a multiply-add takes times those that begin in each: two on x86, up to four of the narrower ones on Arm.
constexpr int kChains = kLanes == 4 ? 18 : 12;

inline int64_t multiply_adds(int64_t rounds, float* result) {
  Vec sums[kChains];
#pragma GCC unroll 18
  for (int c = 0; c < kChains; ++c) sums[c] = set1(1.0f + static_cast<float>(c));
  const Vec x = set1(0.999f), y = set1(0.001f);
  for (int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 18
    for (int c = 0; c < kChains; ++c) sums[c] = fma(sums[c], x, y);
  }
  Vec all = sums[0];
#pragma GCC unroll 18
  for (int c = 1; c < kChains; ++c) all = add(all, sums[c]);
  *result = sum(all);
  return rounds * kChains * kLanes * 2;
}

}  // namespace
}  // namespace oag::host
