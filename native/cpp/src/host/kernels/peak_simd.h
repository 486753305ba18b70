// The peak of a vector unit in a format of gemm_simd.h. Included after simd_<isa>.h.
#pragma once

#include <cstdint>

namespace oag::host {
namespace {

// More chains than the four cycles that a multiply-add takes times those that begin in each: two on x86, up to four of the narrower ones on Arm.
constexpr int kChains = kLanes == 4 ? 18 : 12;

template <class Format>
inline int64_t multiply_adds(int64_t rounds, float* result) {
  Vec sums[kChains];
#pragma GCC unroll 18
  for (int c = 0; c < kChains; ++c) sums[c] = set1(1.0f + static_cast<float>(c));
  Vec x = set1(0.999f);
  const Vec y = set1(0.001f);
  for (int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 18
    for (int c = 0; c < kChains; ++c) {
      if constexpr (requires { Format::new_operand(x); }) Format::new_operand(x);  // where a multiplication and an addition are two, each has both
      sums[c] = Format::multiply_add(x, y, sums[c]);
    }
  }
  Vec all = sums[0];
#pragma GCC unroll 18
  for (int c = 1; c < kChains; ++c) all = add(all, sums[c]);
  *result = sum(all);
  return rounds * kChains * kLanes * Format::kRowInputs * 2;
}

}  // namespace
}  // namespace oag::host
