// int8 by vpmaddwd, 256 bits: rows are widened to 16 bits when they are packed, weights on their way to the multiplication. (vpmaddubsw takes bytes as they are and saturates: 255 · 127
// twice does not fit its 16 bits.) Included after simd_avx2.h.
#pragma once

#include "host/kernels/int8_simd.h"

namespace oag::host {
namespace {

struct WidenedInt8 {
  using Product = WidenedInt8;
  static constexpr int kRows = kRowsPerBlock;
  static constexpr int kRowInputs = 2;
  static constexpr int kPanelBytes = kColumnsPerPanel * 2;
  static Vec columns(const char* step, int word, int v) {
    return from_bits(_mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(step + word * kPanelBytes) + v)));
  }
  static void new_operand(Vec& x) { forget(x); }
  static Vec multiply_add(Vec x, Vec w, Vec sum) {
    Vec all = from_bits(_mm256_add_epi32(_mm256_madd_epi16(bits(x), bits(w)), bits(sum)));
    forget(all);  // GCC would add several products first, and spill them: 60 % of the speed
    return all;
  }

  static void pack_line(const float* x, int64_t left, Vec inverse, Vec zero_point, float* out) {
    for (int k = 0; k < 2 * kLine; k += 2 * kLanes, out += kLanes) {
      __m256i q[2];
      for (int half = 0; half < 2; ++half) {
        const int64_t from = k + half * kLanes;
        const Vec values = left > from ? load_first(x + from, left - from) : set1(0.0f);
        q[half] = _mm256_add_epi32(_mm256_cvtps_epi32(mul(values, inverse)), bits(zero_point));
      }
      const __m256i all = _mm256_permute4x64_epi64(_mm256_packs_epi32(q[0], q[1]), 0xd8);
      store(out, from_bits(_mm256_min_epi16(_mm256_max_epi16(all, _mm256_setzero_si256()), _mm256_set1_epi16(255))));
    }
  }
};

}  // namespace
}  // namespace oag::host
