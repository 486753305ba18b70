// int8 by vpmaddwd, 512 bits, for a CPU without VNNI (int8_avx2.h says how). Included after simd_avx512.h.
#pragma once

#include "host/kernels/int8_simd.h"

namespace oag::host {
namespace {

// The first kLanes of `left` numbers, or zeros, as their quanta in 32 bits, at least 0.
inline __m512i row_quanta_ints(const float* x, int64_t left, Vec inverse, Vec zero_point) {
  const Vec values = left > 0 ? load_first(x, left) : set1(0.0f);
  return _mm512_max_epi32(_mm512_add_epi32(_mm512_cvtps_epi32(mul(values, inverse)), bits(zero_point)), _mm512_setzero_si512());
}

struct WidenedInt8 {
  using Product = WidenedInt8;
  static constexpr int kRows = kRowsPerBlock;
  static constexpr int kRowInputs = 2;
  static constexpr int kPanelBytes = kColumnsPerPanel * 2;
  static void new_operand(Vec& x) { forget(x); }
  static Vec columns(const char* step, int word, int v) {
    return from_bits(_mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(step + word * kPanelBytes) + v)));
  }
  static Vec multiply_add(Vec x, Vec w, Vec sum) {
    add_ints_in_place(sum, from_bits(_mm512_madd_epi16(bits(x), bits(w))));
    return sum;
  }
  static void pack_line(const float* x, int64_t left, Vec inverse, Vec zero_point, float* out) {
    for (int half = 0; half < 2; ++half) {
      const __m512i q = row_quanta_ints(x + half * kLanes, left - half * kLanes, inverse, zero_point);
      const __m256i words = _mm512_cvtepi32_epi16(_mm512_min_epi32(q, _mm512_set1_epi32(255)));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out) + half, words);
    }
  }
};

}  // namespace
}  // namespace oag::host
