// Sixteen floats: the vector of the AVX-512 unit. simd_avx2.h has the same names for eight; a translation unit includes one of
// them and then table_simd.h.
//
// All has internal linkage, here and in the *_simd.h files: an inline function or template that two units share would be merged by
// the linker, and a CPU with AVX2 alone would then run the copy that was compiled for AVX-512.
#pragma once

// GCC 12 takes the deliberately undefined operand inside its own intrinsics for a mistake (GCC bug 105593).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop

#include <cstddef>
#include <cstdint>

namespace oag::host {
namespace {

using Vec = __m512;
constexpr int kLanes = 16;

// Rows × vectors of accumulators in the matrix product: 14 × 2 = 28 of 32 registers, and 2 of the panel, 1 of the row.
constexpr int kRowsPerBlock = 14;
constexpr int kVectors = 2;

inline Vec set1(float x) { return _mm512_set1_ps(x); }
inline Vec load(const float* p) { return _mm512_loadu_ps(p); }
inline void store(float* p, Vec v) { _mm512_storeu_ps(p, v); }

inline __mmask16 first(int64_t count) { return count >= kLanes ? __mmask16(0xffff) : __mmask16((1u << count) - 1u); }
// The first `count` lanes (0 … any), zeros in the others; memory beyond them is not touched.
inline Vec load_first(const float* p, int64_t count) { return _mm512_maskz_loadu_ps(first(count), p); }
inline void store_first(float* p, Vec v, int64_t count) { _mm512_mask_storeu_ps(p, first(count), v); }
// v in the first `count` lanes, `other` in the rest.
inline Vec first_or(Vec v, int64_t count, Vec other) { return _mm512_mask_blend_ps(first(count), other, v); }

inline Vec add(Vec a, Vec b) { return _mm512_add_ps(a, b); }
inline Vec sub(Vec a, Vec b) { return _mm512_sub_ps(a, b); }
inline Vec mul(Vec a, Vec b) { return _mm512_mul_ps(a, b); }
inline Vec div(Vec a, Vec b) { return _mm512_div_ps(a, b); }
inline Vec fma(Vec a, Vec b, Vec c) { return _mm512_fmadd_ps(a, b, c); }
// Of two operands that do not compare, min and max give the second: a NaN passes if it stands there.
inline Vec min(Vec a, Vec b) { return _mm512_min_ps(a, b); }
inline Vec max(Vec a, Vec b) { return _mm512_max_ps(a, b); }
inline Vec abs(Vec v) { return _mm512_abs_ps(v); }
inline Vec round_to_even(Vec v) { return _mm512_roundscale_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
// v · 2^exponent for v of 0.5 … 2 and integral exponent up to 128. Where the result is subnormal it may be 0 instead.
inline Vec scale_by_power(Vec v, Vec exponent) { return _mm512_scalef_ps(v, exponent); }

inline float sum(Vec v) { return _mm512_reduce_add_ps(v); }
inline float maximum(Vec v) { return _mm512_reduce_max_ps(v); }

// Rows of a 16 × 16 block become its columns. Four rounds of shuffles: pairs of rows, of pairs, of quarters, of halves.
inline void transpose(Vec rows[kLanes]) {
  __m512 pairs[16];
  for (int i = 0; i < 16; i += 2) {
    pairs[i] = _mm512_unpacklo_ps(rows[i], rows[i + 1]);
    pairs[i + 1] = _mm512_unpackhi_ps(rows[i], rows[i + 1]);
  }
  __m512d quads[16];
  for (int i = 0; i < 16; i += 4) {
    for (int j = 0; j < 2; ++j) {
      const __m512d low = _mm512_castps_pd(pairs[i + j]), high = _mm512_castps_pd(pairs[i + j + 2]);
      quads[i + 2 * j] = _mm512_unpacklo_pd(low, high);
      quads[i + 2 * j + 1] = _mm512_unpackhi_pd(low, high);
    }
  }
  for (int i = 0; i < 4; ++i) {
    const __m512 a = _mm512_castpd_ps(quads[i]), b = _mm512_castpd_ps(quads[i + 4]);
    const __m512 c = _mm512_castpd_ps(quads[i + 8]), d = _mm512_castpd_ps(quads[i + 12]);
    const __m512 ab_even = _mm512_shuffle_f32x4(a, b, 0x88), ab_odd = _mm512_shuffle_f32x4(a, b, 0xdd);
    const __m512 cd_even = _mm512_shuffle_f32x4(c, d, 0x88), cd_odd = _mm512_shuffle_f32x4(c, d, 0xdd);
    rows[i] = _mm512_shuffle_f32x4(ab_even, cd_even, 0x88);
    rows[i + 4] = _mm512_shuffle_f32x4(ab_odd, cd_odd, 0x88);
    rows[i + 8] = _mm512_shuffle_f32x4(ab_even, cd_even, 0xdd);
    rows[i + 12] = _mm512_shuffle_f32x4(ab_odd, cd_odd, 0xdd);
  }
}

inline float square_root(float x) { return _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(x))); }

// ---- words of 32 bits that are no fp32, held in a Vec all the same (simd_avx2.h says what each does)

inline __m512i bits(Vec v) { return _mm512_castps_si512(v); }
inline Vec from_bits(__m512i v) { return _mm512_castsi512_ps(v); }
inline Vec either_bits(Vec a, Vec b) { return from_bits(_mm512_or_si512(bits(a), bits(b))); }

#ifdef OAG_EMULATED_AVX512  // a test, where a Vec is no register
inline void forget(Vec&) {}
inline void add_ints_in_place(Vec& sum, Vec x) { sum = from_bits(_mm512_add_epi32(bits(sum), bits(x))); }
#else
inline void forget(Vec& v) { asm("" : "+v"(v)); }
// Left to itself, GCC 12 adds products to each other first, or into other registers than the sums', and has none left: a hundred spills in the loop of a matrix product.
inline void add_ints_in_place(Vec& sum, Vec x) { asm("vpaddd %1, %0, %0" : "+v"(sum) : "v"(x)); }
#endif

inline Vec set1_int(int32_t x) { return from_bits(_mm512_set1_epi32(x)); }
inline Vec sub_ints(Vec a, Vec b) { return from_bits(_mm512_sub_epi32(bits(a), bits(b))); }
inline Vec mul_ints(Vec a, Vec b) { return from_bits(_mm512_mullo_epi32(bits(a), bits(b))); }
inline Vec to_ints(Vec v) { return from_bits(_mm512_cvtps_epi32(v)); }
inline Vec from_ints(Vec v) { return _mm512_cvtepi32_ps(bits(v)); }
inline int32_t rounded(float x) { return _mm_cvtss_si32(_mm_set_ss(x)); }

inline Vec scale_by_power_or_zero(Vec v, Vec exponent) {
  const __mmask16 normal = _mm512_cmp_ps_mask(exponent, _mm512_set1_ps(-126.0f), _CMP_NLT_UQ);  // a NaN passes
  return _mm512_maskz_scalef_ps(normal, v, exponent);
}

inline Vec round_to_bf16(Vec v) {
  const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits(v), 16), _mm512_set1_epi32(1));
  const __m512i nearest = _mm512_add_epi32(bits(v), _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
  const __m512i rounded = _mm512_and_si512(nearest, _mm512_set1_epi32(-0x10000));
  return from_bits(_mm512_mask_mov_epi32(rounded, _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q), _mm512_set1_epi32(0x7fc00000)));
}
inline Vec bf16_pairs(Vec low, Vec high) {
  const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  const Vec first = round_to_bf16(_mm512_permutex2var_ps(low, even, high));
  const Vec second = round_to_bf16(_mm512_permutex2var_ps(low, _mm512_add_epi32(even, _mm512_set1_epi32(1)), high));
  return from_bits(_mm512_or_si512(_mm512_srli_epi32(bits(first), 16), bits(second)));
}
inline Vec first_of_pairs(Vec words) { return from_bits(_mm512_slli_epi32(bits(words), 16)); }
inline Vec second_of_pairs(Vec words) { return from_bits(_mm512_and_si512(bits(words), _mm512_set1_epi32(-0x10000))); }

}  // namespace
}  // namespace oag::host
