// resize_rows.h for AVX2. Only what is called from outside has external linkage, and no standard library header is included: an
// inline function compiled here could become the copy that every machine runs.
#include "image/resize_rows.h"
#include "image/resize_sums.h"

#include <immintrin.h>

namespace oag::image {
namespace {

// 8 bytes to 8 int32, times one weight, added.
__m256i weighed(__m256i sum, const uint8_t* bytes, __m256i weight) {
  const __m256i values = _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(bytes)));
  return _mm256_add_epi32(sum, _mm256_mullo_epi32(values, weight));
}

}  // namespace

// Two source pixels per step in the lanes [r0 g0 b0 -][r1 g1 b1 -]. The 8-byte load of 6 bytes must stay within the row: the last
// pixels are done singly.
void horizontal_row_avx2(const uint8_t* source, const uint8_t* row_end, const Taps& taps, uint8_t* out) {
  const __m128i first_pixel = _mm_setr_epi8(0, -1, -1, -1, 1, -1, -1, -1, 2, -1, -1, -1, -1, -1, -1, -1);
  const __m128i second_pixel = _mm_setr_epi8(3, -1, -1, -1, 4, -1, -1, -1, 5, -1, -1, -1, -1, -1, -1, -1);
  for (int i = 0; i < taps.count; ++i, out += 3) {
    const int32_t* weights = taps.weights + static_cast<int64_t>(i) * taps.stride;
    const uint8_t* pixel = source + int64_t{3} * taps.first[i];
    const int count = taps.taps[i];
    __m256i sums = _mm256_setzero_si256();
    int k = 0;
    for (; k + 2 <= count && row_end - pixel >= 8; k += 2, pixel += 6) {
      const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(pixel));
      const __m256i pixels = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_shuffle_epi8(bytes, first_pixel)),
                                                     _mm_shuffle_epi8(bytes, second_pixel), 1);
      const __m256i pair = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_set1_epi32(weights[k])),
                                                   _mm_set1_epi32(weights[k + 1]), 1);
      sums = _mm256_add_epi32(sums, _mm256_mullo_epi32(pixels, pair));
    }
    alignas(16) int32_t channel[4];
    _mm_store_si128(reinterpret_cast<__m128i*>(channel),
                    _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1)));
    finish_pixel(pixel, weights + k, count - k, channel[0] + half, channel[1] + half, channel[2] + half, out);
  }
}

// 32 bytes of the row at a time: four sums are enough to hide the 10 cycles of vpmulld.
void vertical_row_avx2(const uint8_t* const* rows, const int32_t* weights, int taps, int64_t bytes, uint8_t* out) {
  const __m256i start = _mm256_set1_epi32(half);
  int64_t x = 0;
  for (; x + 32 <= bytes; x += 32) {
    __m256i a = start, b = start, c = start, d = start;
    for (int k = 0; k < taps; ++k) {
      const __m256i weight = _mm256_set1_epi32(weights[k]);
      const uint8_t* row = rows[k] + x;
      a = weighed(a, row, weight);
      b = weighed(b, row + 8, weight);
      c = weighed(c, row + 16, weight);
      d = weighed(d, row + 24, weight);
    }
    a = _mm256_srai_epi32(a, weight_bits);
    b = _mm256_srai_epi32(b, weight_bits);
    c = _mm256_srai_epi32(c, weight_bits);
    d = _mm256_srai_epi32(d, weight_bits);
    // The packs work within 128-bit halves (and saturate, which clips); the permutation puts the groups of four in order again.
    const __m256i packed = _mm256_packus_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + x),
                        _mm256_permutevar8x32_epi32(packed, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7)));
  }
  finish_row(rows, weights, taps, x, bytes, out);
}

}  // namespace oag::image
