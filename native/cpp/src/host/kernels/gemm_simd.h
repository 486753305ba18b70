// Matrix product: a block of up to kRowsPerBlock rows times a panel of kVectors vectors of columns, all sums in registers.
//
// With two vectors, per step in k the processor loads both vectors of the panel and one float per row, and does 2 · rows fused multiply-adds; so the
// loads (2 + rows, of 2 per cycle) hide behind the arithmetic (2 · rows, of 1 per cycle for 512 bits on Zen 4, 2 for 256) once rows ≥ 2.
// The whole k is one loop: sums go in order, and each output has its one accumulator. Included after simd_<isa>.h.
#pragma once

#include "host/kernels/kernels.h"
#include "host/kernels/math_simd.h"

namespace oag::host {
namespace {

constexpr int kColumnsPerPanel = kVectors * kLanes;
constexpr int kStep = 4;   // in k: what the loop is unrolled by
constexpr int kLine = 16;  // floats of a row that lie together in packed rows: a cache line

// How the rows of a product lie in memory. Floats of a row are consecutive within a line of kLine.
//   packed  [k / kLine][row][kLine]: a block's rows are read as one stream
//   scores  [row][kScoreStride]: where attention leaves its probabilities
enum class RowLayout { packed, scores };

constexpr int kScoreTile = 640;                 // keys whose scores are held at a time
constexpr int kScoreStride = kScoreTile + kLine;  // an odd number of cache lines: rows do not fall on the same sets of L1

inline int64_t round_up(int64_t x, int64_t step) { return (x + step - 1) / step * step; }

// out[i, j] = Σ_k rows[i, k] · panel[k, j] for kRows rows, k from 0 to `count`, a multiple of kStep.
template <RowLayout kLayout, int kRows>
[[gnu::noinline]] void multiply(int64_t count, const float* rows, const float* panel, float* out, int64_t out_stride) {
  constexpr int kStride = kLayout == RowLayout::packed ? kLine : kScoreStride;
  constexpr int kPrefetchSteps = 16;  // the panel streams from L2 or memory; 16 steps ahead is 16 · rows cycles
  Vec sums[kRows][kVectors];
  // Every loop over rows must unroll whole, or the accumulators live on the stack (43 % of peak).
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) sums[i][v] = set1(0.0f);
  }
  for (; count > 0; count -= kLine) {
    for (int64_t left = count < kLine ? count : kLine; left > 0; left -= kStep) {
#pragma GCC unroll 4
      for (int k = 0; k < kStep; ++k) {
        Vec columns[kVectors];
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) columns[v] = load(panel + v * kLanes);
#pragma GCC unroll 4
        for (int line = 0; line < kColumnsPerPanel; line += kLine) {
          __builtin_prefetch(panel + kPrefetchSteps * kColumnsPerPanel + line);
        }
#pragma GCC unroll 16
        for (int i = 0; i < kRows; ++i) {
          const Vec x = set1(rows[i * kStride + k]);
#pragma GCC unroll 4
          for (int v = 0; v < kVectors; ++v) sums[i][v] = fma(x, columns[v], sums[i][v]);
        }
        panel += kColumnsPerPanel;
      }
      rows += kStep;
    }
    if constexpr (kLayout == RowLayout::packed) rows += (kRows - 1) * kLine;
  }
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) store(out + i * out_stride + v * kLanes, sums[i][v]);
  }
}

using Multiply = void (*)(int64_t count, const float* rows, const float* panel, float* out, int64_t out_stride);
struct MultiplyTable {
  Multiply by_rows[kRowsPerBlock + 1];
};

template <RowLayout kLayout, int kRows = kRowsPerBlock>
constexpr MultiplyTable multiply_table(MultiplyTable table = {}) {
  table.by_rows[kRows] = multiply<kLayout, kRows>;
  if constexpr (kRows > 1) return multiply_table<kLayout, kRows - 1>(table);
  return table;
}

constexpr MultiplyTable kMultiplyPacked = multiply_table<RowLayout::packed>();
constexpr MultiplyTable kMultiplyScores = multiply_table<RowLayout::scores>();

// ---- packing

inline int64_t panel_floats(int64_t inputs) { return round_up(inputs, kStep) * kColumnsPerPanel; }
inline int64_t row_floats(int64_t inputs) { return round_up(inputs, kLine); }
inline int64_t panel_bytes(int64_t inputs) { return panel_floats(inputs) * int64_t{sizeof(float)}; }
inline int64_t row_bytes(int64_t inputs) { return row_floats(inputs) * int64_t{sizeof(float)}; }

// columns[j] points to `width` floats that become column j of the panel; `count` of them exist.
inline void pack_columns(const float* const* columns, int64_t count, int64_t width, float* panel) {
  const int64_t padded = round_up(width, kStep);
  for (int group = 0; group < kColumnsPerPanel; group += kLanes) {
    for (int64_t k = 0; k < padded; k += kLanes) {
      Vec block[kLanes];
#pragma GCC unroll 16
      for (int j = 0; j < kLanes; ++j) {
        block[j] = group + j < count && k < width ? load_first(columns[group + j] + k, width - k) : set1(0.0f);
      }
      transpose(block);
      float* out = panel + k * kColumnsPerPanel + group;
#pragma GCC unroll 16
      for (int j = 0; j < kLanes; ++j) {
        if (k + j < padded) store(out + j * kColumnsPerPanel, block[j]);
      }
    }
  }
}

inline void pack_weights(const float* weights, int64_t stride, int column_count, int64_t inputs, void* panel) {
  const float* columns[kColumnsPerPanel];
  for (int j = 0; j < column_count; ++j) columns[j] = weights + j * stride;
  pack_columns(columns, column_count, inputs, static_cast<float*>(panel));
}

inline void unpack_weights(const void* packed, int column_count, int64_t inputs, float* weights, int64_t stride) {
  const auto* panel = static_cast<const float*>(packed);
  for (int j = 0; j < column_count; ++j) {
    for (int64_t k = 0; k < inputs; ++k) weights[j * stride + k] = panel[k * kColumnsPerPanel + j];
  }
}

inline void pack_rows_scaled(const float* x, int64_t stride, int64_t row_count, int64_t inputs, float scale, float* packed) {
  for (int64_t i = 0; i < row_count; ++i) {
    const float* row = x + i * stride;
    float* out = packed + i * kLine;
    for (int64_t line = 0; line < inputs; line += kLine, out += row_count * kLine) {
      for (int64_t k = 0; k < kLine; k += kLanes) {
        const int64_t left = inputs - line - k;
        store(out + k, left > 0 ? mul(load_first(row + line + k, left), set1(scale)) : set1(0.0f));
      }
    }
  }
}

inline void pack_rows(const float* x, int64_t stride, int row_count, int64_t inputs, void* packed) {
  pack_rows_scaled(x, stride, row_count, inputs, 1.0f, static_cast<float*>(packed));
}

// ---- product and epilogue

template <Activation kActivation>
inline void finish(const GemmTile& tile, const float* sums) {  // sums: [row_count, kColumnsPerPanel]
  for (int column = 0; column < tile.column_count; column += kLanes) {
    const int count = tile.column_count - column;
    const Vec bias = tile.bias ? load_first(tile.bias + column, count) : set1(0.0f);
    for (int i = 0; i < tile.row_count; ++i) {
      Vec y = activate<kActivation>(add(load(sums + i * kColumnsPerPanel + column), bias));
      if (tile.residual) y = add(y, load_first(tile.residual + i * tile.residual_stride + column, count));
      store_first(tile.out + i * tile.out_stride + column, y, count);
    }
  }
}

inline void finish(const GemmTile& tile, const float* sums) {
  switch (tile.activation) {
    case Activation::none: return finish<Activation::none>(tile, sums);
    case Activation::quick_gelu: return finish<Activation::quick_gelu>(tile, sums);
    case Activation::gelu: return finish<Activation::gelu>(tile, sums);
    case Activation::gelu_tanh: return finish<Activation::gelu_tanh>(tile, sums);
    case Activation::relu: return finish<Activation::relu>(tile, sums);
    case Activation::tanh: return finish<Activation::tanh>(tile, sums);
  }
}

inline void gemm(const GemmTile& tile) {
  // What the epilogue will touch comes closer while the product runs.
  for (int i = 0; i < tile.row_count; ++i) {
    for (int line = 0; line < tile.column_count; line += kLine) {
      __builtin_prefetch(tile.out + i * tile.out_stride + line, 1);
      if (tile.residual) __builtin_prefetch(tile.residual + i * tile.residual_stride + line);
    }
  }
  alignas(64) float sums[kRowsPerBlock * kColumnsPerPanel];
  kMultiplyPacked.by_rows[tile.row_count](round_up(tile.inputs, kStep), static_cast<const float*>(tile.rows), static_cast<const float*>(tile.panel), sums, kColumnsPerPanel);
  finish(tile, sums);
}

}  // namespace
}  // namespace oag::host
