// The scale and zero point of a row in int8, as MatrixKernels has them. Included after simd_<isa>.h.
#pragma once

#include <cstdint>

namespace oag::host {
namespace {

struct RowQuanta {
  float scale;  // NaN for a row that is not finite
  int32_t zero_point;
};

inline RowQuanta row_quanta(const float* x, int64_t count) {
  const Vec zero = set1(0.0f);
  Vec low = zero, high = zero, not_finite = zero;  // x · 0 is ±0, or NaN
  for (int64_t k = 0; k < count; k += kLanes) {
    const Vec v = load_first(x + k, count - k);
    low = min(low, v);
    high = max(high, v);
    not_finite = either_bits(not_finite, mul(v, zero));
  }
  if (sum(not_finite) != 0.0f) return {__builtin_nanf(""), 0};
  const float lowest = -maximum(sub(zero, low)), scale = maximum(high) / 255.0f - lowest / 255.0f;
  if (scale < 1e-30f) return {1e-30f, rounded(-lowest * (1.0f / 1e-30f))};
  return {scale, rounded(-lowest * (1.0f / scale))};
}

}  // namespace
}  // namespace oag::host
