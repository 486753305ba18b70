// Exponential and activations on vectors, to fp32 accuracy. Included after simd_<isa>.h.
#pragma once

#include "core/activation.h"

namespace oag::host {
namespace {

// Σ coefficients[i] x^i, in pairs (Estrin): the chain of dependent operations is half as long as Horner's, and the exponentials below are
// bound by it, not by their number of operations.
inline Vec polynomial(Vec x, const float (&c)[6]) {
  const Vec x2 = mul(x, x), x4 = mul(x2, x2);
  const Vec a = fma(set1(c[1]), x, set1(c[0])), b = fma(set1(c[3]), x, set1(c[2])), d = fma(set1(c[5]), x, set1(c[4]));
  return fma(d, x4, fma(b, x2, a));
}
inline Vec polynomial(Vec x, const float (&c)[10]) {
  const Vec x2 = mul(x, x), x4 = mul(x2, x2);
  const Vec a = fma(set1(c[1]), x, set1(c[0])), b = fma(set1(c[3]), x, set1(c[2])), d = fma(set1(c[5]), x, set1(c[4]));
  const Vec e = fma(set1(c[7]), x, set1(c[6])), f = fma(set1(c[9]), x, set1(c[8]));
  return fma(fma(f, x4, fma(e, x2, d)), x4, fma(b, x2, a));
}

// 2^fraction · 2^exponent for |fraction| ≤ 0.5 and integral exponent. The polynomial is the minimax one of degree 6 for relative error,
// 2e-9, with its constant held at 1; its rounding to fp32 leaves 0.7 ulp.
constexpr float kPowerOfTwo[] = {0.693147182f, 0.240226477f, 0.0555033237f, 0.00961843785f, 0.00133989006f, 0.000153533416f};
inline Vec power_of_two(Vec exponent, Vec fraction) {
  return scale_by_power(fma(polynomial(fraction, kPowerOfTwo), fraction, set1(1.0f)), exponent);
}

// tanh x = (e^2x − 1) / (e^2x + 1) for x ≥ 0, and e^2x − 1 = 2^n (2^f − 1) + (2^n − 1): for small x n is 0, and nothing is cancelled.
inline Vec positive_tangent(Vec x) {
  x = min(set1(20.0f), x);  // 1 in fp32 from 9.02 on
  const Vec doubled = add(x, x);
  const Vec exponent = round_to_even(mul(doubled, set1(1.44269502f)));
  const Vec fraction = fma(doubled, set1(1.92596299e-8f), fma(doubled, set1(1.44269502f), sub(set1(0.0f), exponent)));
  const Vec power = scale_by_power(set1(1.0f), exponent);
  const Vec less_one = fma(mul(polynomial(fraction, kPowerOfTwo), fraction), power, sub(power, set1(1.0f)));
  return div(less_one, add(less_one, set1(2.0f)));
}
// Of either sign: for x < 0 the quotient would double the error of e^2x − 1, which is near −1.
inline Vec hyperbolic_tangent(Vec x) {
  const Vec zero = set1(0.0f);
  return sub(positive_tangent(max(zero, x)), positive_tangent(max(zero, sub(zero, x))));
}

// e^x: 0 below −104, infinity above 89, as in exact arithmetic rounded to fp32 (but see scale_by_power). A NaN stays one.
inline Vec exponential(Vec x) {
  x = min(set1(89.0f), max(set1(-104.0f), x));
  // x·log2(e) in two pieces: the rounded constant, then what it lacks. An fma has no rounding between product and difference, so the
  // fraction is as good for x = 80 as for x = 0.1.
  const Vec exponent = round_to_even(mul(x, set1(1.44269502f)));
  const Vec fraction = fma(x, set1(1.92596299e-8f), fma(x, set1(1.44269502f), sub(set1(0.0f), exponent)));
  return power_of_two(exponent, fraction);
}

inline Vec sigmoid_times(Vec x, Vec z) {  // x · sigmoid(z)
  return div(x, add(set1(1.0f), exponential(sub(set1(0.0f), z))));
}

// x · Φ(x) = max(x, 0) − |x| · Φ(−|x|): the form that cancels nothing, while ½x(1 + erf(x/√2)) loses all digits for negative x.
// log2(2 Φ(−a)) is nearly a parabola through 0: a · polynomial gives it to 5e-8 up to a = 2, and so that a Φ(−a) is off by at most 3e-9
// beyond; it falls without end, so Φ becomes 0 by itself. No division, and the exponential has base 2.
inline Vec gelu(Vec x) {
  constexpr float kLogPhi[] = {-1.15110421f,     -0.459223062f,   -0.0524251796f,   0.00690506352f, 5.30037432e-05f,
                               -0.000316422113f, 9.10326125e-05f, -1.42448116e-05f, 1.24513224e-06f, -4.72168225e-08f};
  const Vec a = min(set1(16.0f), abs(x));  // Φ(−16) = 0 in fp32, and 0 · ∞ must not be NaN
  const Vec slope = polynomial(a, kLogPhi);
  const Vec exponent = round_to_even(mul(slope, a));
  const Vec fraction = fma(slope, a, sub(set1(0.0f), exponent));  // of the unrounded product
  return sub(max(set1(0.0f), x), mul(mul(a, set1(0.5f)), power_of_two(exponent, fraction)));
}

// The functions that activations are made of: to fp32 accuracy here, to that of the small formats in reduced_math_simd.h.
struct FullMath {
  static Vec times_sigmoid(Vec x, Vec z) { return sigmoid_times(x, z); }
  static Vec gelu(Vec x) { return host::gelu(x); }
};

template <Activation kActivation, class Math>
inline Vec activate(Vec x) {
  if constexpr (kActivation == Activation::quick_gelu) return Math::times_sigmoid(x, mul(x, set1(1.702f)));
  if constexpr (kActivation == Activation::gelu) return Math::gelu(x);
  if constexpr (kActivation == Activation::gelu_tanh) {  // ½(1 + tanh u) = sigmoid(2u)
    const Vec cubic = mul(mul(mul(x, x), x), set1(0.044715f));
    return Math::times_sigmoid(x, mul(add(x, cubic), set1(1.59576912f)));  // 2√(2/π)
  }
  if constexpr (kActivation == Activation::relu) return max(set1(0.0f), x);
  if constexpr (kActivation == Activation::tanh) return hyperbolic_tangent(x);
  if constexpr (kActivation == Activation::silu) return Math::times_sigmoid(x, x);
  if constexpr (kActivation == Activation::sigmoid) return Math::times_sigmoid(set1(1.0f), x);
  return x;
}

// Calls what.operator()<activation>(): a choice above a loop, not in it.
template <class What>
inline void with_activation(Activation activation, What what) {
  switch (activation) {
    case Activation::none: return what.template operator()<Activation::none>();
    case Activation::quick_gelu: return what.template operator()<Activation::quick_gelu>();
    case Activation::gelu: return what.template operator()<Activation::gelu>();
    case Activation::gelu_tanh: return what.template operator()<Activation::gelu_tanh>();
    case Activation::silu: return what.template operator()<Activation::silu>();
    case Activation::tanh: return what.template operator()<Activation::tanh>();
    case Activation::sigmoid: return what.template operator()<Activation::sigmoid>();
    case Activation::relu: return what.template operator()<Activation::relu>();
  }
}

}  // namespace
}  // namespace oag::host
