// The two inner loops of resizing, one implementation per instruction set. Integer sums: every order gives the same bits.
// This header is included by units that are compiled for one instruction set: it holds no inline code.
#pragma once

#include <cstdint>

namespace oag::image {

// Weights have 22 fractional bits: 8 for the byte they multiply and 2 for what overshoots leave 22 of 32.
constexpr int weight_bits = 32 - 8 - 2;

// For `count` results: result i is the sum over `taps[i]` source positions from `first[i]`, weighed by weights + i * stride.
struct Taps {
  const int* first;
  const int* taps;
  const int32_t* weights;
  int stride;
  int count;
};

// source: one row of RGB pixels, row_end one behind its last byte. out: taps.count RGB pixels.
using HorizontalRow = void (*)(const uint8_t* source, const uint8_t* row_end, const Taps& taps, uint8_t* out);

// rows: `taps` row pointers. out: `bytes` sums of the same byte of all rows, weighed by weights.
using VerticalRow = void (*)(const uint8_t* const* rows, const int32_t* weights, int taps, int64_t bytes, uint8_t* out);

void horizontal_row_scalar(const uint8_t* source, const uint8_t* row_end, const Taps& taps, uint8_t* out);
void vertical_row_scalar(const uint8_t* const* rows, const int32_t* weights, int taps, int64_t bytes, uint8_t* out);

// Weights as halves of 16 bits: weight = high · 2^11 + low, with low in [0, 2^11). Modulo 2^32 the sums of both give the sum.
constexpr int low_bits = 11;

// The weights of `Taps` two and two: every result reads `padded` positions from first[i], a multiple of what the instruction set takes at a time; those
// that it does not need have the weight 0. Entry k of the padded / 2 high pairs is high[2k] in its lower 16 bits and high[2k + 1] in its upper ones; the low
// pairs follow.
struct PairedTaps {
  const int* first;
  const int32_t* pairs;  // [count, 2, padded / 2]
  int padded;
  int count;
};

// `rows` rows of RGB pixels. Four bytes behind what the last result of a row reads are loaded too.
using HorizontalRows = void (*)(const uint8_t* source, int64_t stride, int rows, const PairedTaps& taps, uint8_t* out, int64_t out_stride);

// As VerticalRow; the weights as pairs, too: (taps + 1) / 2 high ones, then the low ones.
using VerticalPairsRow = void (*)(const uint8_t* const* rows, const int32_t* weights, const int32_t* pairs, int taps, int64_t bytes, uint8_t* out);

// The loops of one path.
struct ResizeLoops {
  HorizontalRow horizontal;
  VerticalRow vertical;
  // Where the instruction set multiplies pairs, instead of these two; null elsewhere:
  HorizontalRows horizontal_pairs;
  VerticalPairsRow vertical_pairs;
  int positions;  // that horizontal_pairs takes at a time
};

// Defined in resize_avx2.cpp, on x86-64 alone; four positions at a time.
void horizontal_rows_avx2(const uint8_t* source, int64_t stride, int rows, const PairedTaps& taps, uint8_t* out, int64_t out_stride);
void vertical_row_avx2(const uint8_t* const* rows, const int32_t* weights, const int32_t* pairs, int taps, int64_t bytes, uint8_t* out);

// Defined in resize_avx512.cpp, on x86-64 alone; eight positions at a time.
void horizontal_rows_avx512(const uint8_t* source, int64_t stride, int rows, const PairedTaps& taps, uint8_t* out, int64_t out_stride);
void vertical_row_avx512(const uint8_t* const* rows, const int32_t* weights, const int32_t* pairs, int taps, int64_t bytes, uint8_t* out);

// Defined in resize_neon.cpp, on 64-bit Arm alone.
void horizontal_row_neon(const uint8_t* source, const uint8_t* row_end, const Taps& taps, uint8_t* out);
void vertical_row_neon(const uint8_t* const* rows, const int32_t* weights, int taps, int64_t bytes, uint8_t* out);

}  // namespace oag::image
