// resize_rows.h for NEON. Only what is called from outside has external linkage, and no standard library header is included, as in resize_avx2.cpp.
#include "image/resize_rows.h"
#include "image/resize_sums.h"

#include <arm_neon.h>

namespace oag::image {
namespace {

int32x4_t widened(uint16x4_t values) { return vreinterpretq_s32_u32(vmovl_u16(values)); }

// Pixel `number` of the RGB bytes, as the lanes r g b 0. An index beyond the table gives 0.
template <int number>
int32x4_t lanes_of(uint8x16_t bytes) {
  constexpr uint8_t none = 255, red = 3 * number;
  const uint8x16_t places = {red, none, none, none, red + 1, none, none, none, red + 2, none, none, none, none, none, none, none};
  return vreinterpretq_s32_u8(vqtbl1q_u8(bytes, places));
}

// Clipped to bytes: both narrowings saturate.
uint8x8_t bytes_of(int32x4_t low, int32x4_t high) {
  return vqmovun_s16(vcombine_s16(vqmovn_s32(vshrq_n_s32(low, weight_bits)), vqmovn_s32(vshrq_n_s32(high, weight_bits))));
}

}  // namespace

// Four source pixels per step, two of them in each of two chains of sums. The 16-byte load of 12 bytes must stay within the row: the last pixels are done
// singly.
void horizontal_row_neon(const uint8_t* source, const uint8_t* row_end, const Taps& taps, uint8_t* out) {
  for (int i = 0; i < taps.count; ++i, out += 3) {
    const int32_t* weights = taps.weights + static_cast<int64_t>(i) * taps.stride;
    const uint8_t* pixel = source + int64_t{3} * taps.first[i];
    const int count = taps.taps[i];
    int32x4_t even = vdupq_n_s32(half), odd = vdupq_n_s32(0);
    int k = 0;
    for (; k + 4 <= count && row_end - pixel >= 16; k += 4, pixel += 12) {
      const uint8x16_t bytes = vld1q_u8(pixel);
      const int32x4_t weight = vld1q_s32(weights + k);
      even = vmlaq_laneq_s32(even, lanes_of<0>(bytes), weight, 0);
      odd = vmlaq_laneq_s32(odd, lanes_of<1>(bytes), weight, 1);
      even = vmlaq_laneq_s32(even, lanes_of<2>(bytes), weight, 2);
      odd = vmlaq_laneq_s32(odd, lanes_of<3>(bytes), weight, 3);
    }
    const int32x4_t sums = vaddq_s32(even, odd);
    finish_pixel(pixel, weights + k, count - k, vgetq_lane_s32(sums, 0), vgetq_lane_s32(sums, 1), vgetq_lane_s32(sums, 2), out);
  }
}

// 16 bytes of the row at a time, in four sums.
void vertical_row_neon(const uint8_t* const* rows, const int32_t* weights, int taps, int64_t bytes, uint8_t* out) {
  const int32x4_t start = vdupq_n_s32(half);
  int64_t x = 0;
  for (; x + 16 <= bytes; x += 16) {
    int32x4_t a = start, b = start, c = start, d = start;
    for (int k = 0; k < taps; ++k) {
      const uint8x16_t values = vld1q_u8(rows[k] + x);
      const uint16x8_t low = vmovl_u8(vget_low_u8(values)), high = vmovl_high_u8(values);
      a = vmlaq_n_s32(a, widened(vget_low_u16(low)), weights[k]);
      b = vmlaq_n_s32(b, widened(vget_high_u16(low)), weights[k]);
      c = vmlaq_n_s32(c, widened(vget_low_u16(high)), weights[k]);
      d = vmlaq_n_s32(d, widened(vget_high_u16(high)), weights[k]);
    }
    vst1q_u8(out + x, vcombine_u8(bytes_of(a, b), bytes_of(c, d)));
  }
  finish_row(rows, weights, taps, x, bytes, out);
}

}  // namespace oag::image
