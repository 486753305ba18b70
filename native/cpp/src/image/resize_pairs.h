// The inner loops of resizing on instructions that multiply pairs of 16-bit numbers and add the two products (vpmaddwd): a weight is cut into two halves of 16
// bits, so that two instructions serve two positions, where a 32-bit product (vpmulld, two micro-operations) serves one. And the rows of a picture share
// their weights: those of a result are spread over a vector's lanes once for four rows.
//
// All has internal linkage, for each unit is compiled for its own instruction set; no standard library code is in here. `V` is that set: see resize_avx2.cpp.
#pragma once

#include "image/resize_sums.h"

namespace oag::image {
namespace {

// One result of `Rows` rows. V::pixels(p) spreads V::step RGB pixels over 128-bit lanes of two each: [r0 r1 g0 g1 b0 b1 0 0] as 16-bit numbers.
template <class V, int Rows>
void finish_pixels(const uint8_t* first, int64_t stride, const int32_t* high, const int32_t* low, int padded, uint8_t* out, int64_t out_stride) {
  typename V::Ints high_sums[Rows], low_sums[Rows];
  for (int r = 0; r < Rows; ++r) high_sums[r] = low_sums[r] = V::all(0);
  for (int k = 0; k < padded; k += V::step) {
    const typename V::Ints high_weights = V::spread(high + k / 2), low_weights = V::spread(low + k / 2);
    for (int r = 0; r < Rows; ++r) {
      const typename V::Ints pixels = V::pixels(first + r * stride + 3 * k);
      high_sums[r] = V::add(high_sums[r], V::products(pixels, high_weights));
      low_sums[r] = V::add(low_sums[r], V::products(pixels, low_weights));
    }
  }
  for (int r = 0; r < Rows; ++r) V::store_pixel(V::add(V::template shifted_left<low_bits>(high_sums[r]), low_sums[r]), out + r * out_stride);
}

template <class V>
void horizontal_rows(const uint8_t* source, int64_t stride, int rows, const PairedTaps& taps, uint8_t* out, int64_t out_stride) {
  int y = 0;
  for (; y + 4 <= rows; y += 4) {
    for (int i = 0; i < taps.count; ++i) {
      const int32_t* pairs = taps.pairs + static_cast<int64_t>(i) * taps.padded;
      finish_pixels<V, 4>(source + y * stride + int64_t{3} * taps.first[i], stride, pairs, pairs + taps.padded / 2, taps.padded, out + y * out_stride + 3 * i,
                          out_stride);
    }
  }
  for (; y < rows; ++y) {
    for (int i = 0; i < taps.count; ++i) {
      const int32_t* pairs = taps.pairs + static_cast<int64_t>(i) * taps.padded;
      finish_pixels<V, 1>(source + y * stride + int64_t{3} * taps.first[i], stride, pairs, pairs + taps.padded / 2, taps.padded, out + y * out_stride + 3 * i,
                          out_stride);
    }
  }
}

// V::bytes bytes of a row at a time. Bytes become 16-bit pairs and sums become bytes again within 128-bit lanes: they end up where they came from.
template <class V>
void vertical_row(const uint8_t* const* rows, const int32_t* weights, const int32_t* pairs, int taps, int64_t bytes, uint8_t* out) {
  if (bytes < V::bytes) return finish_row(rows, weights, taps, 0, bytes, out);
  const int count = (taps + 1) / 2;
  for (int64_t x = 0; x < bytes; x += V::bytes) {
    if (x > bytes - V::bytes) x = bytes - V::bytes;  // the last ones, some of them for the second time
    typename V::Ints high_sums[4], low_sums[4];
    for (int q = 0; q < 4; ++q) {
      high_sums[q] = V::all(0);
      low_sums[q] = V::all(half);
    }
    for (int k = 0; k < count; ++k) {
      const typename V::Ints high_weights = V::all(pairs[k]), low_weights = V::all(pairs[count + k]), zero = V::all(0);
      const typename V::Ints a = V::load(rows[2 * k] + x), b = V::load(rows[2 * k + 1 < taps ? 2 * k + 1 : 2 * k] + x);
      const typename V::Ints lower = V::unpack_low(a, b), upper = V::unpack_high(a, b);
      const typename V::Ints quarters[4] = {V::unpack_low(lower, zero), V::unpack_high(lower, zero), V::unpack_low(upper, zero), V::unpack_high(upper, zero)};
      for (int q = 0; q < 4; ++q) {
        high_sums[q] = V::add(high_sums[q], V::products(quarters[q], high_weights));
        low_sums[q] = V::add(low_sums[q], V::products(quarters[q], low_weights));
      }
    }
    for (int q = 0; q < 4; ++q) {
      high_sums[q] = V::template shifted_right<weight_bits>(V::add(V::template shifted_left<low_bits>(high_sums[q]), low_sums[q]));
    }
    V::store(V::packed(high_sums[0], high_sums[1], high_sums[2], high_sums[3]), out + x);
  }
}

}  // namespace
}  // namespace oag::image
