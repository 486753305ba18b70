// Four floats: the vector of the NEON unit, which every 64-bit Arm has, with the names of simd_avx512.h (which says why all has internal linkage).
#pragma once

#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

namespace oag::host {
namespace {

using Vec = float32x4_t;
constexpr int kLanes = 4;

// Rows × vectors of accumulators in the matrix product: 6 × 4 = 24 of 32 registers, and 4 of the panel, 1 of the row. A step in k loads 4 vectors and 6 floats
// for 24 multiply-adds: 5 cycles of loads behind 12 of arithmetic on a core that begins two of each (8 × 3 and 12 × 2 load more), and 24 chains are enough
// for the 4 × 4 of a Neoverse V1. The panel's 16 columns are a cache line.
constexpr int kRowsPerBlock = 6;
constexpr int kVectors = 4;

inline Vec set1(float x) { return vdupq_n_f32(x); }
inline Vec load(const float* p) { return vld1q_f32(p); }
inline void store(float* p, Vec v) { vst1q_f32(p, v); }

// There are no masked loads: two lanes and one.
inline Vec load_first(const float* p, int64_t count) {
  if (count >= kLanes) return load(p);
  if (count <= 0) return set1(0.0f);
  if (count == 1) return vld1q_lane_f32(p, set1(0.0f), 0);
  const Vec two = vcombine_f32(vld1_f32(p), vdup_n_f32(0.0f));
  return count == 2 ? two : vld1q_lane_f32(p + 2, two, 2);
}
inline void store_first(float* p, Vec v, int64_t count) {
  if (count >= kLanes) return store(p, v);
  if (count <= 0) return;
  if (count == 1) return vst1q_lane_f32(p, v, 0);
  vst1_f32(p, vget_low_f32(v));
  if (count == 3) vst1q_lane_f32(p + 2, v, 2);
}
inline uint32x4_t first(int64_t count) {
  const int32_t lanes = count >= kLanes ? kLanes : static_cast<int32_t>(count);
  const int32x4_t numbers = {0, 1, 2, 3};
  return vcltq_s32(numbers, vdupq_n_s32(lanes));
}
inline Vec first_or(Vec v, int64_t count, Vec other) { return vbslq_f32(first(count), v, other); }

inline Vec add(Vec a, Vec b) { return vaddq_f32(a, b); }
inline Vec sub(Vec a, Vec b) { return vsubq_f32(a, b); }
inline Vec mul(Vec a, Vec b) { return vmulq_f32(a, b); }
inline Vec div(Vec a, Vec b) { return vdivq_f32(a, b); }
inline Vec fma(Vec a, Vec b, Vec c) { return vfmaq_f32(c, a, b); }
// A NaN passes from either operand, where x86 asks that it stand in the second.
inline Vec min(Vec a, Vec b) { return vminq_f32(a, b); }
inline Vec max(Vec a, Vec b) { return vmaxq_f32(a, b); }
inline Vec abs(Vec v) { return vabsq_f32(v); }
inline Vec round_to_even(Vec v) { return vrndnq_f32(v); }

// In two halves, as simd_avx2.h has it and says why. (The conversion takes a NaN to 0; v is one then, and stays one.)
inline Vec scale_by_power(Vec v, Vec exponent) {
  const int32x4_t field = vaddq_s32(vcvtq_s32_f32(max(exponent, set1(-126.0f))), vdupq_n_s32(126));
  const Vec half = mul(v, vreinterpretq_f32_s32(vshlq_n_s32(field, 23)));
  return add(half, half);
}

inline float sum(Vec v) { return vaddvq_f32(v); }
inline float maximum(Vec v) { return vmaxvq_f32(v); }

// Rows of a 4 × 4 block become its columns: pairs of rows, then halves.
inline void transpose(Vec rows[kLanes]) {
  const float64x2_t a = vreinterpretq_f64_f32(vtrn1q_f32(rows[0], rows[1])), b = vreinterpretq_f64_f32(vtrn2q_f32(rows[0], rows[1]));
  const float64x2_t c = vreinterpretq_f64_f32(vtrn1q_f32(rows[2], rows[3])), d = vreinterpretq_f64_f32(vtrn2q_f32(rows[2], rows[3]));
  rows[0] = vreinterpretq_f32_f64(vzip1q_f64(a, c));
  rows[1] = vreinterpretq_f32_f64(vzip1q_f64(b, d));
  rows[2] = vreinterpretq_f32_f64(vzip2q_f64(a, c));
  rows[3] = vreinterpretq_f32_f64(vzip2q_f64(b, d));
}

inline float square_root(float x) { return vgetq_lane_f32(vsqrtq_f32(vdupq_n_f32(x)), 0); }

// ---- words of 32 bits that are no fp32, held in a Vec all the same (simd_avx2.h)

inline int32x4_t bits(Vec v) { return vreinterpretq_s32_f32(v); }
inline Vec from_bits(int32x4_t v) { return vreinterpretq_f32_s32(v); }
inline Vec either_bits(Vec a, Vec b) { return from_bits(vorrq_s32(bits(a), bits(b))); }
inline int32_t rounded(float x) { return vcvtns_s32_f32(x); }

// v · 2^exponent for integral exponent of −127 … 128: zero and infinity at the ends.
inline Vec scale_by_power_or_zero(Vec v, Vec exponent) {
  return mul(v, from_bits(vshlq_n_s32(vaddq_s32(vcvtq_s32_f32(exponent), vdupq_n_s32(127)), 23)));
}

// fp32 of which the lower half is zero: to the nearest bf16, ties to even; a NaN stays one.
inline Vec round_to_bf16(Vec v) {
  const int32x4_t odd = vandq_s32(vshrq_n_s32(bits(v), 16), vdupq_n_s32(1));
  const int32x4_t nearest = vaddq_s32(bits(v), vaddq_s32(odd, vdupq_n_s32(0x7fff)));
  return vbslq_f32(vceqq_f32(v, v), from_bits(vandq_s32(nearest, vdupq_n_s32(-0x10000))), from_bits(vdupq_n_s32(0x7fc00000)));
}
// Words of two bf16, the first in the lower half: from 8 consecutive numbers, and each half as fp32.
inline Vec bf16_pairs(Vec low, Vec high) {
  const Vec first = round_to_bf16(vuzp1q_f32(low, high)), second = round_to_bf16(vuzp2q_f32(low, high));
  return from_bits(vorrq_s32(vreinterpretq_s32_u32(vshrq_n_u32(vreinterpretq_u32_f32(first), 16)), bits(second)));
}
inline Vec first_of_pairs(Vec words) { return from_bits(vshlq_n_s32(bits(words), 16)); }
inline Vec second_of_pairs(Vec words) { return from_bits(vandq_s32(bits(words), vdupq_n_s32(-0x10000))); }

}  // namespace
}  // namespace oag::host
