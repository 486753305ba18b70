// The reference of resize_rows.h.
#include "image/resize_rows.h"
#include "image/resize_sums.h"

namespace oag::image {

void horizontal_row_scalar(const uint8_t* source, const uint8_t*, const Taps& taps, uint8_t* out) {
  for (int i = 0; i < taps.count; ++i, out += 3) {
    const int32_t* weights = taps.weights + static_cast<int64_t>(i) * taps.stride;
    finish_pixel(source + int64_t{3} * taps.first[i], weights, taps.taps[i], half, half, half, out);
  }
}

void vertical_row_scalar(const uint8_t* const* rows, const int32_t* weights, int taps, int64_t bytes, uint8_t* out) {
  finish_row(rows, weights, taps, 0, bytes, out);
}

}  // namespace oag::image
