// What the units of resizing for x86-64 have in common. Internal linkage, as in resize_pairs.h.
#pragma once

#include <immintrin.h>

#include "image/resize_sums.h"

namespace oag::image {
namespace {

// Writes the pixel that the sums [r g b 0], without their rounding, stand for.
inline void store_clipped(__m128i sums, uint8_t* out) {
  const __m128i levels = _mm_srai_epi32(_mm_add_epi32(sums, _mm_set1_epi32(half)), weight_bits);
  const __m128i words = _mm_packs_epi32(levels, _mm_setzero_si128());  // the packs saturate, which clips
  const auto pixel = static_cast<uint32_t>(_mm_cvtsi128_si32(_mm_packus_epi16(words, words)));
  out[0] = static_cast<uint8_t>(pixel);
  out[1] = static_cast<uint8_t>(pixel >> 8);
  out[2] = static_cast<uint8_t>(pixel >> 16);
}

// Adds the lanes up: [r g b 0] of two pixels.
inline __m128i added_halves(__m256i sums) { return _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1)); }

}  // namespace
}  // namespace oag::image
