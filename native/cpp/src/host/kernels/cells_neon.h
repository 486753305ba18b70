// Matrix products in bf16 and int8 on 64-bit Arm. Included after gemm_simd.h by the units that multiply so; each brings the instruction that does it as a Format:
//
//   kDepth       numbers of one row or column, consecutive in k, that lie together: a cell
//   kPairs       whether the instruction multiplies two rows by two columns at once (SMMLA, BFMMLA) or one row's cell by each of four columns' (SDOT)
//   Sum          four sums: int32x4_t or float32x4_t
//   multiply     sum + rows · columns on 16 bytes of each. With kPairs, {row 0, row 1} · {column 0, column 1} gives {00, 01, 10, 11}; else every cell of `rows` is
//                the same one
//
// A panel is [k / kDepth][kColumnsPerPanel][kDepth] and packed rows are [k / kDepth][row][kDepth]: both are read as one stream, and two cells of 8 bytes are a pair.
#pragma once

#include "host/kernels/gemm_simd.h"
#include "host/kernels/peak_simd.h"
#include "host/kernels/reduced_math_simd.h"

namespace oag::host {
namespace {

template <class Format>
constexpr int kCellBytes = Format::kPairs ? 8 : 4;

template <class Format>
inline int64_t cells_of(int64_t inputs) {
  return (inputs + Format::kDepth - 1) / Format::kDepth;
}

// ---- the product: sums[i, j] of kRows packed rows and a panel

template <class Format, int kRows>
[[gnu::noinline]] void multiply_dots(int64_t cells, const uint8_t* rows, const uint8_t* panel, typename Format::Number* out) {
  typename Format::Sum sums[kRows][kVectors];
#pragma GCC unroll 8
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) sums[i][v] = Format::all(0);
  }
  for (; cells > 0; --cells, rows += kRows * 4, panel += kColumnsPerPanel * 4) {
    uint8x16_t columns[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) columns[v] = vld1q_u8(panel + v * 16);
    __builtin_prefetch(panel + 1024);
#pragma GCC unroll 8
    for (int i = 0; i < kRows; ++i) {
      const uint8x16_t row = vreinterpretq_u8_u32(vld1q_dup_u32(reinterpret_cast<const uint32_t*>(rows + i * 4)));
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) sums[i][v] = Format::multiply(sums[i][v], row, columns[v]);
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) Format::store(out + i * kColumnsPerPanel + v * 4, sums[i][v]);
  }
}

// 3 pairs of rows × 8 pairs of columns: 24 registers of sums, 3 of rows, 1 of columns at a time.
template <class Format, int kRows>
[[gnu::noinline]] void multiply_pairs(int64_t cells, const uint8_t* rows, const uint8_t* panel, typename Format::Number* out) {
  constexpr int kRowPairs = (kRows + 1) / 2, kColumnPairs = kColumnsPerPanel / 2;
  typename Format::Sum sums[kRowPairs][kColumnPairs];
#pragma GCC unroll 4
  for (int i = 0; i < kRowPairs; ++i) {
#pragma GCC unroll 8
    for (int j = 0; j < kColumnPairs; ++j) sums[i][j] = Format::all(0);
  }
  for (; cells > 0; --cells, rows += kRows * 8, panel += kColumnsPerPanel * 8) {
    uint8x16_t pairs[kRowPairs];
#pragma GCC unroll 4
    for (int i = 0; i < kRowPairs; ++i) {
      // The last of an odd number of rows is alone.
      pairs[i] = 2 * i + 1 < kRows ? vld1q_u8(rows + i * 16) : vcombine_u8(vld1_u8(rows + i * 16), vdup_n_u8(0));
    }
    __builtin_prefetch(panel + 1024);
    __builtin_prefetch(panel + 1088);
#pragma GCC unroll 8
    for (int j = 0; j < kColumnPairs; ++j) {
      const uint8x16_t columns = vld1q_u8(panel + j * 16);
#pragma GCC unroll 4
      for (int i = 0; i < kRowPairs; ++i) sums[i][j] = Format::multiply(sums[i][j], pairs[i], columns);
    }
  }
#pragma GCC unroll 4
  for (int i = 0; i < kRowPairs; ++i) {
#pragma GCC unroll 8
    for (int j = 0; j < kColumnPairs; ++j) {
      Format::store_low(out + 2 * i * kColumnsPerPanel + 2 * j, sums[i][j]);
      if (2 * i + 1 < kRows) Format::store_high(out + (2 * i + 1) * kColumnsPerPanel + 2 * j, sums[i][j]);
    }
  }
}

template <class Format>
using MultiplyCells = void (*)(int64_t cells, const uint8_t* rows, const uint8_t* panel, typename Format::Number* out);
template <class Format>
struct MultiplyCellsTable {
  MultiplyCells<Format> by_rows[kRowsPerBlock + 1];
};

template <class Format, int kRows = kRowsPerBlock>
constexpr MultiplyCellsTable<Format> multiply_cells_table(MultiplyCellsTable<Format> table = {}) {
  if constexpr (Format::kPairs) {
    table.by_rows[kRows] = multiply_pairs<Format, kRows>;
  } else {
    table.by_rows[kRows] = multiply_dots<Format, kRows>;
  }
  if constexpr (kRows > 1) return multiply_cells_table<Format, kRows - 1>(table);
  return table;
}

template <class Format>
constexpr MultiplyCellsTable<Format> kMultiplyCells = multiply_cells_table<Format>();

// 16 bytes of a row, from cell `first` on, to where its cells are; there are `cells`.
template <class Format>
inline void store_cells(uint8x16_t bytes, int64_t first, int64_t cells, int row, int row_count, uint8_t* packed) {
  constexpr int kCell = kCellBytes<Format>;
  alignas(16) uint8_t block[16];
  vst1q_u8(block, bytes);
#pragma GCC unroll 4
  for (int c = 0; c < 16 / kCell; ++c) {
    if (first + c < cells) __builtin_memcpy(packed + ((first + c) * row_count + row) * kCell, block + c * kCell, kCell);
  }
}

// The peak: as many chains as fill every multiplier, with nothing to load.
template <class Format>
inline int64_t multiply_cells(int64_t rounds, float* result) {
  typename Format::Sum sums[kChains];
#pragma GCC unroll 18
  for (int c = 0; c < kChains; ++c) sums[c] = Format::all(1 + c);  // equal ones the compiler would make one
  // As bf16, a small number that is not subnormal; as int8, 3 and 60.
  const uint8x16_t x = vreinterpretq_u8_u16(vdupq_n_u16(0x3c03)), y = vreinterpretq_u8_u16(vdupq_n_u16(0x3c05));
  for (int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 18
    for (int c = 0; c < kChains; ++c) sums[c] = Format::multiply(sums[c], x, y);
  }
  *result = 0;
  for (int c = 0; c < kChains; ++c) {
    typename Format::Number four[4];
    Format::store(four, sums[c]);
    for (const auto number : four) *result += static_cast<float>(number);
  }
  return rounds * kChains * 4 * Format::kDepth * 2;
}

// What formats with the same sums have in common.
struct Int32Sums {
  using Number = int32_t;
  using Sum = int32x4_t;
  static Sum all(int x) { return vdupq_n_s32(x); }
  static void store(int32_t* out, Sum sum) { vst1q_s32(out, sum); }
  static void store_low(int32_t* out, Sum sum) { vst1_s32(out, vget_low_s32(sum)); }
  static void store_high(int32_t* out, Sum sum) { vst1_s32(out, vget_high_s32(sum)); }
};
struct FloatSums {
  using Number = float;
  using Sum = float32x4_t;
  static Sum all(int x) { return vdupq_n_f32(static_cast<float>(x)); }
  static void store(float* out, Sum sum) { vst1q_f32(out, sum); }
  static void store_low(float* out, Sum sum) { vst1_f32(out, vget_low_f32(sum)); }
  static void store_high(float* out, Sum sum) { vst1_f32(out, vget_high_f32(sum)); }
};

}  // namespace
}  // namespace oag::host
