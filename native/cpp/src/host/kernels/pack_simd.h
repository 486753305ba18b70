// Packing of fp32 and bf16 operands. Included after simd_<isa>.h.
//
// A format that packs has, beside what gemm_simd.h asks for:
//
//   pack_line(x, left, factor, out)  a line of a packed row from `left` inputs (more than a line holds: the first), zeros beyond, each times the factor
//   kColumnInputs                    inputs in a word of a panel, of 32 bits
//   column_words(x, left)            kLanes words of a column of a panel from `left` inputs, zeros beyond
//   unpacked(panel, k, column)       what a panel has for input k of a column
#pragma once

#include "host/kernels/gemm_simd.h"
#include "host/kernels/matrix_of.h"
#include "host/kernels/peak_simd.h"

namespace oag::host {
namespace {

template <class Format>
inline int64_t panel_bytes(int64_t inputs) { return words_of<Format>(inputs) * Format::kPanelBytes; }
template <class Format>
inline int64_t row_bytes(int64_t inputs) { return round_up(words_of<Format>(inputs), kLine) * 4; }

// columns[j] points to `width` floats that become column j of the panel; `count` of them exist.
template <class Format>
inline void pack_columns(const float* const* columns, int64_t count, int64_t width, float* panel) {
  constexpr int kWordInputs = Format::kColumnInputs;
  const int64_t words = words_of<Format>(width) * Format::kRowInputs / kWordInputs;
  for (int group = 0; group < kColumnsPerPanel; group += kLanes) {
    for (int64_t word = 0; word < words; word += kLanes) {
      const int64_t k = word * kWordInputs;
      Vec block[kLanes];
#pragma GCC unroll 16
      for (int j = 0; j < kLanes; ++j) {
        block[j] = group + j < count && k < width ? Format::column_words(columns[group + j] + k, width - k) : set1(0.0f);
      }
      transpose(block);
      float* out = panel + word * kColumnsPerPanel + group;
#pragma GCC unroll 16
      for (int j = 0; j < kLanes; ++j) {
        if (word + j < words) store(out + j * kColumnsPerPanel, block[j]);
      }
    }
  }
}

template <class Format>
inline void pack_weights(const float* weights, int64_t stride, int column_count, int64_t inputs, void* panel) {
  const float* columns[kColumnsPerPanel];
  for (int j = 0; j < column_count; ++j) columns[j] = weights + j * stride;
  pack_columns<Format>(columns, column_count, inputs, static_cast<float*>(panel));
}

template <class Format>
inline void unpack_weights(const void* panel, int column_count, int64_t inputs, float* weights, int64_t stride) {
  for (int j = 0; j < column_count; ++j) {
    for (int64_t k = 0; k < inputs; ++k) weights[j * stride + k] = Format::unpacked(panel, k, j);
  }
}

template <class Format>
inline void pack_rows_scaled(const float* x, int64_t stride, int64_t row_count, int64_t inputs, float scale, float* packed) {
  constexpr int kLineInputs = kLine * Format::kRowInputs;
  for (int64_t i = 0; i < row_count; ++i) {
    const float* row = x + i * stride;
    float* out = packed + i * kLine;
    for (int64_t line = 0; line < inputs; line += kLineInputs, out += row_count * kLine) Format::pack_line(row + line, inputs - line, set1(scale), out);
  }
}

template <class Format>
inline void pack_rows(const float* x, int64_t stride, int row_count, int64_t inputs, void* packed) {
  pack_rows_scaled<Format>(x, stride, row_count, inputs, 1.0f, static_cast<float*>(packed));
}

// A line's inputs divide a panel's columns, so a panel's results are whole lines of the rows that they become.
template <class Format>
inline void pack_row_columns(const float* x, int64_t stride, int row_count, int64_t, int64_t first, int64_t count, void* packed) {
  constexpr int kLineInputs = kLine * Format::kRowInputs;
  static_assert(kColumnsPerPanel % kLineInputs == 0);
  pack_rows_scaled<Format>(x, stride, row_count, count, 1.0f, static_cast<float*>(packed) + first / kLineInputs * row_count * kLine);
}

inline Vec load_or_zero(const float* x, int64_t left) { return left > 0 ? load_first(x, left) : set1(0.0f); }

// What a panel of words of two bf16 has for input k of a column.
inline float unpacked_bf16(const void* panel, int64_t k, int column) {
  uint32_t bits = static_cast<const uint32_t*>(panel)[k / 2 * kColumnsPerPanel + column];
  bits = k % 2 == 0 ? bits << 16 : bits & 0xffff0000u;
  float value;
  __builtin_memcpy(&value, &bits, sizeof value);
  return value;
}

struct PackedFp32 : Fp32 {
  static constexpr int kColumnInputs = 1;
  static void pack_line(const float* x, int64_t left, Vec factor, float* out) {
    for (int k = 0; k < kLine; k += kLanes) store(out + k, mul(load_or_zero(x + k, left - k), factor));
  }
  static Vec column_words(const float* x, int64_t left) { return load_first(x, left); }
  static float unpacked(const void* panel, int64_t k, int column) { return static_cast<const float*>(panel)[k * kColumnsPerPanel + column]; }
};

template <class Format, class Math>
struct PackedProduct {
  static constexpr int rows_per_block = Format::kRows, columns_per_panel = kColumnsPerPanel;
  static constexpr auto panel_bytes = host::panel_bytes<Format>;
  static constexpr auto row_bytes = host::row_bytes<Format>;
  static constexpr auto pack_weights = host::pack_weights<Format>;
  static constexpr auto unpack_weights = host::unpack_weights<Format>;
  static constexpr auto pack_rows = host::pack_rows<Format>;
  static constexpr auto pack_columns = host::pack_row_columns<Format>;
  static constexpr auto gemm = host::gemm<Format, Math>;
  static constexpr auto multiply_adds = host::multiply_adds<Format>;
};

}  // namespace
}  // namespace oag::host
