// The sums of resizing, one at a time: the whole of the scalar unit, and what is left over in the others. All has internal linkage, so that each unit has its
// own copy, compiled for its own instruction set; and no standard library code is in here.
#pragma once

#include "image/resize_rows.h"

namespace oag::image {
namespace {

constexpr int32_t half = 1 << (weight_bits - 1);

[[maybe_unused]] uint8_t clipped(int32_t sum) {
  sum >>= weight_bits;
  return static_cast<uint8_t>(sum < 0 ? 0 : sum > 255 ? 255 : sum);
}

// Adds `count` more RGB pixels, weighed, to what red, green and blue hold, and writes the pixel that comes of it.
[[maybe_unused]] void finish_pixel(const uint8_t* pixel, const int32_t* weights, int count, int32_t red, int32_t green, int32_t blue, uint8_t* out) {
  for (int k = 0; k < count; ++k, pixel += 3) {
    red += pixel[0] * weights[k];
    green += pixel[1] * weights[k];
    blue += pixel[2] * weights[k];
  }
  out[0] = clipped(red);
  out[1] = clipped(green);
  out[2] = clipped(blue);
}

// Bytes first … bytes of a vertical_row.
void finish_row(const uint8_t* const* rows, const int32_t* weights, int taps, int64_t first, int64_t bytes, uint8_t* out) {
  for (int64_t x = first; x < bytes; ++x) {
    int32_t sum = half;
    for (int k = 0; k < taps; ++k) sum += rows[k][x] * weights[k];
    out[x] = clipped(sum);
  }
}

}  // namespace
}  // namespace oag::image
