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

}  // namespace
}  // namespace oag::host
