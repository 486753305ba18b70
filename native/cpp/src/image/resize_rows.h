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

// Defined in resize_avx2.cpp, on x86-64 alone.
void horizontal_row_avx2(const uint8_t* source, const uint8_t* row_end, const Taps& taps, uint8_t* out);
void vertical_row_avx2(const uint8_t* const* rows, const int32_t* weights, int taps, int64_t bytes, uint8_t* out);

// Defined in resize_neon.cpp, on 64-bit Arm alone.
void horizontal_row_neon(const uint8_t* source, const uint8_t* row_end, const Taps& taps, uint8_t* out);
void vertical_row_neon(const uint8_t* const* rows, const int32_t* weights, int taps, int64_t bytes, uint8_t* out);

}  // namespace oag::image
