// Eight floats: the vector of the AVX2 unit, with the names of simd_avx512.h (which says why all has internal linkage).
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace oag::host {
namespace {

using Vec = __m256;
constexpr int kLanes = 8;

// Rows × vectors of accumulators in the matrix product: 6 × 2 = 12 of 16 registers, and 2 of the panel, 1 of the row.
constexpr int kRowsPerBlock = 6;
constexpr int kVectors = 2;

inline Vec set1(float x) { return _mm256_set1_ps(x); }
inline Vec load(const float* p) { return _mm256_loadu_ps(p); }
inline void store(float* p, Vec v) { _mm256_storeu_ps(p, v); }

inline __m256i first(int64_t count) {
  const int lanes = count >= kLanes ? kLanes : static_cast<int>(count);
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(lanes), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
inline Vec load_first(const float* p, int64_t count) { return count >= kLanes ? load(p) : _mm256_maskload_ps(p, first(count)); }
inline void store_first(float* p, Vec v, int64_t count) {
  if (count >= kLanes) {
    store(p, v);
  } else {
    _mm256_maskstore_ps(p, first(count), v);
  }
}
inline Vec first_or(Vec v, int64_t count, Vec other) { return _mm256_blendv_ps(other, v, _mm256_castsi256_ps(first(count))); }

inline Vec add(Vec a, Vec b) { return _mm256_add_ps(a, b); }
inline Vec sub(Vec a, Vec b) { return _mm256_sub_ps(a, b); }
inline Vec mul(Vec a, Vec b) { return _mm256_mul_ps(a, b); }
inline Vec div(Vec a, Vec b) { return _mm256_div_ps(a, b); }
inline Vec fma(Vec a, Vec b, Vec c) { return _mm256_fmadd_ps(a, b, c); }
inline Vec min(Vec a, Vec b) { return _mm256_min_ps(a, b); }
inline Vec max(Vec a, Vec b) { return _mm256_max_ps(a, b); }
inline Vec abs(Vec v) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), v); }
inline Vec round_to_even(Vec v) { return _mm256_round_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }

// The exponent field holds 1 … 254 for 2^−126 … 2^127, and 0 for the number 0: so with half the power an exponent of 128 still fits, and what
// would be subnormal is multiplied with 0. (A product that becomes subnormal costs a hundred cycles and more.)
inline Vec scale_by_power(Vec v, Vec exponent) {
  const __m256i field = _mm256_add_epi32(_mm256_cvtps_epi32(max(exponent, set1(-126.0f))), _mm256_set1_epi32(126));
  const Vec half = mul(v, _mm256_castsi256_ps(_mm256_slli_epi32(field, 23)));
  return add(half, half);
}

inline float sum(Vec v) {
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}
inline float maximum(Vec v) {
  const __m128 four = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

// Rows of an 8 × 8 block become its columns: pairs of rows, pairs of pairs, halves.
inline void transpose(Vec rows[kLanes]) {
  __m256 pairs[8], quads[8];
  for (int i = 0; i < 8; i += 2) {
    pairs[i] = _mm256_unpacklo_ps(rows[i], rows[i + 1]);
    pairs[i + 1] = _mm256_unpackhi_ps(rows[i], rows[i + 1]);
  }
  for (int i = 0; i < 8; i += 4) {
    for (int j = 0; j < 2; ++j) {
      quads[i + 2 * j] = _mm256_shuffle_ps(pairs[i + j], pairs[i + j + 2], 0x44);
      quads[i + 2 * j + 1] = _mm256_shuffle_ps(pairs[i + j], pairs[i + j + 2], 0xee);
    }
  }
  for (int i = 0; i < 4; ++i) {
    rows[i] = _mm256_permute2f128_ps(quads[i], quads[i + 4], 0x20);
    rows[i + 4] = _mm256_permute2f128_ps(quads[i], quads[i + 4], 0x31);
  }
}

inline float square_root(float x) { return _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(x))); }

// ---- words of 32 bits that are no fp32, held in a Vec all the same

inline __m256i bits(Vec v) { return _mm256_castps_si256(v); }
inline Vec from_bits(__m256i v) { return _mm256_castsi256_ps(v); }
inline Vec either_bits(Vec a, Vec b) { return _mm256_or_ps(a, b); }

// The compiler knows nothing of what v was: it takes no sum apart to add in another order, and computes nothing once that is to be done again.
inline void forget(Vec& v) { asm("" : "+x"(v)); }

inline Vec set1_int(int32_t x) { return from_bits(_mm256_set1_epi32(x)); }
inline Vec sub_ints(Vec a, Vec b) { return from_bits(_mm256_sub_epi32(bits(a), bits(b))); }
inline Vec mul_ints(Vec a, Vec b) { return from_bits(_mm256_mullo_epi32(bits(a), bits(b))); }
// To the nearest, ties to even; and of one number.
inline Vec to_ints(Vec v) { return from_bits(_mm256_cvtps_epi32(v)); }
inline Vec from_ints(Vec v) { return _mm256_cvtepi32_ps(bits(v)); }
inline int32_t rounded(float x) { return _mm_cvtss_si32(_mm_set_ss(x)); }

// v · 2^exponent for integral exponent of −127 … 128: zero and infinity at the ends.
inline Vec scale_by_power_or_zero(Vec v, Vec exponent) {
  return mul(v, from_bits(_mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(exponent), _mm256_set1_epi32(127)), 23)));
}

// fp32 of which the lower half is zero: to the nearest bf16, ties to even; a NaN stays one.
inline Vec round_to_bf16(Vec v) {
  const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits(v), 16), _mm256_set1_epi32(1));
  const __m256i nearest = _mm256_add_epi32(bits(v), _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff)));
  const Vec nan = from_bits(_mm256_set1_epi32(0x7fc00000));
  return _mm256_blendv_ps(from_bits(_mm256_and_si256(nearest, _mm256_set1_epi32(-0x10000))), nan, _mm256_cmp_ps(v, v, _CMP_UNORD_Q));
}
// Words of two bf16, the first in the lower half: from 16 consecutive numbers, and each half as fp32.
inline Vec bf16_pairs(Vec low, Vec high) {
  const Vec first = round_to_bf16(_mm256_shuffle_ps(low, high, 0x88)), second = round_to_bf16(_mm256_shuffle_ps(low, high, 0xdd));
  const __m256i words = _mm256_or_si256(_mm256_srli_epi32(bits(first), 16), bits(second));
  return from_bits(_mm256_permute4x64_epi64(words, 0xd8));  // shuffle works within halves
}
inline Vec first_of_pairs(Vec words) { return from_bits(_mm256_slli_epi32(bits(words), 16)); }
inline Vec second_of_pairs(Vec words) { return from_bits(_mm256_and_si256(bits(words), _mm256_set1_epi32(-0x10000))); }

}  // namespace
}  // namespace oag::host
