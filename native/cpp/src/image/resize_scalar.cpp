// The reference of resize_rows.h.
#include "image/resize_rows.h"

namespace oag::image {
namespace {

constexpr int32_t half = 1 << (weight_bits - 1);

uint8_t clipped(int32_t sum) {
  sum >>= weight_bits;
  return static_cast<uint8_t>(sum < 0 ? 0 : sum > 255 ? 255 : sum);
}

}  // namespace

void horizontal_row_scalar(const uint8_t* source, const uint8_t*, const Taps& taps, uint8_t* out) {
  for (int i = 0; i < taps.count; ++i, out += 3) {
    const int32_t* weights = taps.weights + static_cast<int64_t>(i) * taps.stride;
    const uint8_t* pixel = source + int64_t{3} * taps.first[i];
    int32_t red = half, green = half, blue = half;
    for (int k = 0; k < taps.taps[i]; ++k, pixel += 3) {
      red += pixel[0] * weights[k];
      green += pixel[1] * weights[k];
      blue += pixel[2] * weights[k];
    }
    out[0] = clipped(red);
    out[1] = clipped(green);
    out[2] = clipped(blue);
  }
}

void vertical_row_scalar(const uint8_t* const* rows, const int32_t* weights, int taps, int64_t bytes, uint8_t* out) {
  for (int64_t x = 0; x < bytes; ++x) {
    int32_t sum = half;
    for (int k = 0; k < taps; ++k) sum += rows[k][x] * weights[k];
    out[x] = clipped(sum);
  }
}

}  // namespace oag::image
