// Numbers of 16 bits and the approximations of the special-function unit, in the emulator.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace simt {

struct half_t { uint16_t bits; };
struct bf16_t { uint16_t bits; };

namespace emulator {
template <class To, class From> inline To bits_as(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}
// IEEE binary16, without a branch for subnormals: the significand is scaled by a product that is exact.
inline float half_to_float(uint16_t h) {
  const uint32_t magnitude = static_cast<uint32_t>(h & 0x7fff) << 13, sign = static_cast<uint32_t>(h & 0x8000) << 16;
  const float scaled = bits_as<float>(magnitude) * 0x1p112f;
  return bits_as<float>((magnitude >= 0x0f800000u ? magnitude | 0x7f800000u : bits_as<uint32_t>(scaled)) | sign);
}
inline float bf16_to_float(uint16_t h) { return bits_as<float>(static_cast<uint32_t>(h) << 16); }
uint16_t float_to_half(float f);  // to nearest, ties to even; NaN becomes 0x7fff, as on the device
inline uint16_t float_to_bf16(float f) {
  const uint32_t u = bits_as<uint32_t>(f);
  return f != f ? 0x7fff : static_cast<uint16_t>((u + 0x7fff + (u >> 16 & 1)) >> 16);
}
}  // namespace emulator

inline float to_float(float v) { return v; }
inline float to_float(half_t v) { return emulator::half_to_float(v.bits); }
inline float to_float(bf16_t v) { return emulator::bf16_to_float(v.bits); }
template <class T> inline T from_float(float v) {
  if constexpr (std::is_same_v<T, half_t>) return {emulator::float_to_half(v)};
  else if constexpr (std::is_same_v<T, bf16_t>) return {emulator::float_to_bf16(v)};
  else return v;
}
template <class T> inline uint32_t pack2(float low, float high) { return from_float<T>(low).bits | static_cast<uint32_t>(from_float<T>(high).bits) << 16; }
template <class T> inline float low_float(uint32_t pair) { return to_float(T{static_cast<uint16_t>(pair)}); }
template <class T> inline float high_float(uint32_t pair) { return to_float(T{static_cast<uint16_t>(pair >> 16)}); }

inline float fast_exp2(float x) {
  const float y = std::exp2(x);
  return y < 1.17549435e-38f ? 0.f : y;  // .ftz
}
inline float fast_rsqrt(float x) { return 1.0f / std::sqrt(x); }
inline float fast_log2(float x) { return std::log2(x); }

}  // namespace simt
