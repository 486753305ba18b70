// Kernels over rows of 16-bit numbers, a warp a row, the row in registers: gathered or summed, then normalised (Ba et al. 2016) where there is a gain.
#pragma once

#include <cstdint>

namespace oag::cuda::rows {

constexpr int widest = 2048;

struct Norm {
  const float* gain;    // [width], or null: no normalisation
  const float* offset;  // [width]
  float epsilon;
};

// sum = x + bias + residual; out = normalised sum. The sum is normalised before it is rounded.
struct AddParams {
  const void* x;         // [rows, width]; tensors begin at multiples of 16 bytes, strides are in elements and multiples of 8
  const float* bias;     // [width], or null
  const void* residual;  // [rows, width], or null
  void* sum;             // [rows, width], or null; may be the memory of x or residual
  void* out;             // [rows, width], or null; may be the memory of x
  int64_t x_stride, residual_stride, sum_stride, out_stride;
  Norm norm;
  int32_t rows;
  int32_t width;         // a multiple of 8, at most widest
};

constexpr int most_tables = 3;

// One addend of each row of a gather: row index[r] of `table`, or none where that is negative; without an index row r.
struct Table {
  const void* rows;      // [any, width], or null: no such table
  const int32_t* index;  // [rows of the result]
  int64_t stride;
};

// out = normalised Σ of the tables' rows: tokens + positions + types; prefix or patch + positions; the rows that are pooled.
struct GatherParams {
  Table tables[most_tables];
  void* out;             // [rows, width]; not the memory of a table
  int64_t out_stride;
  Norm norm;
  int32_t rows;
  int32_t width;
};

// Pictures as bytes → the rows of a patch embedding's product (Dosovitskiy et al. 2020): row (image · grid rows + y) · grid columns + x, columns channel by channel, each a
// patch line by line; a byte stands for its channel's level. Columns behind channels · patch² are zero.
struct PatchParams {
  const uint8_t* pixels;  // [images, height, width, channels]
  const float* levels;    // [channels, 256]
  void* out;              // [images · grid rows · grid columns, columns]
  int64_t out_stride;     // a multiple of 8
  int32_t images, height, width, channels, patch;
  int32_t columns;        // channels · patch² rounded up to a multiple of 8
};

// out [runs, width] fp32: the mean of each run's rows, divided by its length (L2) when `normalize`; a zero row stays zero.
struct PoolParams {
  const void* x;
  const int32_t* first;   // [runs]
  const int32_t* count;   // [runs], at least 1
  float* out;             // [runs, width]
  int64_t x_stride;
  int32_t runs, width, normalize;
};

}  // namespace oag::cuda::rows
