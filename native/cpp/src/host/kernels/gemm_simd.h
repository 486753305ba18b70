// Matrix product: a block of up to kRowsPerBlock rows times a panel of kVectors vectors of columns, all sums in registers.
//
// Rows are packed in words of 32 bits, one fp32, two bf16 or four int8, and a Format says how a word multiplies a vector of the panel; so there is one loop for all
// precisions. With two vectors, per word the processor loads both of the panel and one word per row, and does 2 · rows multiply-adds; so the loads (2 + rows, of 2 per cycle)
// hide behind the arithmetic (2 · rows, of 1 per cycle for 512 bits on Zen 4, 2 for 256) once rows ≥ 2. The whole k is one loop: sums go in order, and each output has
// its one accumulator. Included after simd_<isa>.h.
#pragma once

#include "host/kernels/kernels.h"
#include "host/kernels/math_simd.h"

namespace oag::host {
namespace {

constexpr int kColumnsPerPanel = kVectors * kLanes;
constexpr int kStep = 4;   // in words: what the loop is unrolled by
constexpr int kLine = 16;  // words of a row that lie together in packed rows: a cache line

// How the rows of a product lie in memory. Words of a row are consecutive within a line of kLine.
//   packed  [word / kLine][row][kLine]: a block's rows are read as one stream
//   scores  [row][kScoreStride]: where attention leaves its probabilities
enum class RowLayout { packed, scores };

constexpr int kScoreTile = 640;                 // keys whose scores are held at a time
constexpr int kScoreStride = kScoreTile + kLine;  // an odd number of cache lines: rows do not fall on the same sets of L1

inline int64_t round_up(int64_t x, int64_t step) { return (x + step - 1) / step * step; }

// A format of the numbers that are multiplied:
//
//   Product                         the format itself, or the one whose loop it shares
//   kRows                           the most rows of a block: with whatever registers the format needs beside, sums must not leave theirs
//   kRowInputs                      inputs in a word of a packed row
//   kPanelBytes                     bytes of a panel for the inputs of a row word
//   columns(step, word, v)          vector v of the panel for row word `word` of the kStep ones from `step` on: what multiply_add takes
//   multiply_add(x, w, sum)         sum + Σ x·w over the inputs of a word, by lanes; sums are fp32, or int32 in the lanes of a Vec
struct Fp32 {
  using Product = Fp32;
  static constexpr int kRows = kRowsPerBlock;
  static constexpr int kRowInputs = 1;
  static constexpr int kPanelBytes = kColumnsPerPanel * 4;
  static Vec columns(const char* step, int word, int v) { return load(reinterpret_cast<const float*>(step) + (word * kVectors + v) * kLanes); }
  static Vec multiply_add(Vec x, Vec w, Vec sum) { return fma(x, w, sum); }
};

// out[i, j] = Σ_k rows[i, k] · panel[k, j] for kRows rows; `words` of each, a multiple of kStep. As many bytes from `ahead` on as a quarter of the panel has come into L2.
template <class Format, RowLayout kLayout, int kRows>
[[gnu::noinline]] void multiply(int64_t words, const float* rows, const char* panel, const char* ahead, float* out, int64_t out_stride) {
  constexpr int kStride = kLayout == RowLayout::packed ? kLine : kScoreStride;
  constexpr int kBytes = Format::kPanelBytes, kCacheLine = 64;
  constexpr int kAhead = 16 * kBytes;  // the panel streams from L2 or memory; 16 words ahead is 16 · rows cycles
  constexpr int kFarLines = kStep * kBytes / 4 / kCacheLine;  // of a step
  Vec sums[kRows][kVectors];
  // Every loop over rows must unroll whole, or the accumulators live on the stack (43 % of peak).
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) sums[i][v] = set1(0.0f);
  }
  for (; words > 0; words -= kLine) {
    for (int64_t left = words < kLine ? words : kLine; left > 0; left -= kStep) {
#pragma GCC unroll 4
      for (int k = 0; k < kStep; ++k) {
        Vec columns[kVectors];
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) columns[v] = Format::columns(panel, k, v);
#pragma GCC unroll 4
        for (int line = (k * kBytes + kCacheLine - 1) / kCacheLine; line < ((k + 1) * kBytes + kCacheLine - 1) / kCacheLine; ++line) {
          __builtin_prefetch(panel + kAhead + line * kCacheLine);
        }
#pragma GCC unroll 16
        for (int i = 0; i < kRows; ++i) {
          const Vec x = set1(rows[i * kStride + k]);
#pragma GCC unroll 4
          for (int v = 0; v < kVectors; ++v) sums[i][v] = Format::multiply_add(x, columns[v], sums[i][v]);
        }
      }
#pragma GCC unroll 4
      for (int line = 0; line < kFarLines; ++line) __builtin_prefetch(ahead + line * kCacheLine, 0, 2);
      ahead += kFarLines * kCacheLine;
      panel += kStep * kBytes;
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

using Multiply = void (*)(int64_t words, const float* rows, const char* panel, const char* ahead, float* out, int64_t out_stride);
struct MultiplyTable {
  Multiply by_rows[kRowsPerBlock + 1];
};

template <class Format, RowLayout kLayout, int kRows = Format::kRows>
constexpr MultiplyTable multiply_table(MultiplyTable table = {}) {
  table.by_rows[kRows] = multiply<Format, kLayout, kRows>;
  if constexpr (kRows > 1) return multiply_table<Format, kLayout, kRows - 1>(table);
  return table;
}

template <class Format>
constexpr MultiplyTable kMultiplyPacked = multiply_table<Format, RowLayout::packed>();
template <class Format>
constexpr MultiplyTable kMultiplyScores = multiply_table<Format, RowLayout::scores>();

// Words of a row of `inputs`, up to whole steps: what `multiply` runs over. A panel has as many; a packed row has room for whole lines.
template <class Format>
inline int64_t words_of(int64_t inputs) {
  return round_up((inputs + Format::kRowInputs - 1) / Format::kRowInputs, kStep);
}

// ---- product and epilogue

// `scaled(i, column)` gives the sum of row i and the columns from `column` on as the number that it stands for.
template <Activation kActivation, class Math, class Scaled>
inline void finish(const GemmTile& tile, const Scaled& scaled) {
  const float *first = tile.residual_first ? tile.residual : nullptr, *last = tile.residual_first ? nullptr : tile.residual;
  for (int column = 0; column < tile.column_count; column += kLanes) {
    const int count = tile.column_count - column;
    const Vec bias = tile.bias ? load_first(tile.bias + column, count) : set1(0.0f);
    const auto columns = scaled.columns(column);
    for (int i = 0; i < tile.row_count; ++i) {
      Vec y = add(scaled.value(columns, i, column), bias);
      if (first) y = add(y, load_first(first + i * tile.residual_stride + column, count));
      y = activate<kActivation, Math>(y);
      if (last) y = add(y, load_first(last + i * tile.residual_stride + column, count));
      store_first(tile.out + i * tile.out_stride + column, y, count);
    }
  }
}

// Sums that are their numbers.
struct PlainSums {
  PlainSums(const GemmTile&, const float* all) : sums(all) {}
  struct Columns {};
  Columns columns(int) const { return {}; }
  Vec value(Columns, int i, int column) const { return load(sums + i * kColumnsPerPanel + column); }

  const float* sums;  // [row_count, kColumnsPerPanel]
};

template <class Math, class Sums>
inline void finish_tile(const GemmTile& tile, const Sums& scaled) {
  with_activation(tile.activation, [&]<Activation kActivation> { finish<kActivation, Math>(tile, scaled); });
}

template <class Format, class Math, class Sums = PlainSums>
inline void gemm(const GemmTile& tile) {
  // What the epilogue will touch comes closer while the product runs.
  for (int i = 0; i < tile.row_count; ++i) {
    for (int line = 0; line < tile.column_count; line += 16) {
      __builtin_prefetch(tile.out + i * tile.out_stride + line, 1);
      if (tile.residual) __builtin_prefetch(tile.residual + i * tile.residual_stride + line);
    }
  }
  alignas(64) float sums[kRowsPerBlock * kColumnsPerPanel];
  kMultiplyPacked<typename Format::Product>.by_rows[tile.row_count](words_of<Format>(tile.inputs), static_cast<const float*>(tile.rows),
                                                                    static_cast<const char*>(tile.panel),
                                                                    static_cast<const char*>(tile.ahead ? tile.ahead : tile.panel), sums, kColumnsPerPanel);
  finish_tile<Math>(tile, Sums(tile, sums));
}

}  // namespace
}  // namespace oag::host
