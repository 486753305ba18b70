// Exponential and activations for bf16 and int8: errors below 1e-4, where rounding to bf16 costs a relative 4e-3. Included after simd_<isa>.h.
#pragma once

#include "host/kernels/math_simd.h"

namespace oag::host {
namespace {

// 2^x by a minimax polynomial of degree 3, to 1.0e-4 of the value; 0 below −127 and infinity above 128. A NaN stays one.
inline Vec reduced_power_of_two(Vec x) {
  const Vec exponent = round_to_even(x), f = sub(x, exponent);
  return scale_by_power_or_zero(fma(fma(fma(f, set1(0.0550077294f), set1(0.242209243f)), f, set1(0.693282865f)), f, set1(1.0f)), exponent);
}

inline Vec reduced_exponential(Vec x) { return reduced_power_of_two(min(set1(128.0f), max(set1(-127.0f), mul(x, set1(1.44269502f))))); }

inline Vec reduced_sigmoid_times(Vec x, Vec z) { return div(x, add(set1(1.0f), reduced_exponential(sub(set1(0.0f), z)))); }

// As gelu, with the polynomial cut to degree 3: off by 9e-6, and by 2.6e-5 with the power's error. At a = 16 it is −3.25, and Φ(−16) 2^−52.
inline Vec reduced_gelu(Vec x) {
  const Vec a = min(set1(16.0f), abs(x));
  const Vec slope = fma(fma(fma(a, set1(0.00416088496f), set1(-0.0457323621f)), a, set1(-0.464934104f)), a, set1(-1.14956574f));
  return sub(max(set1(0.0f), x), mul(mul(a, set1(0.5f)), reduced_power_of_two(mul(slope, a))));
}

struct ReducedMath {
  static Vec times_sigmoid(Vec x, Vec z) { return reduced_sigmoid_times(x, z); }
  static Vec gelu(Vec x) { return reduced_gelu(x); }
};

}  // namespace
}  // namespace oag::host
