// What all products in int8 share: scales, packing of weights, and the way from an exact sum to the number. Included after simd_<isa>.h.
//
// A unit's format has, beside what gemm_simd.h asks for:
//
//   pack_line(x, left, inverse, zero_point, out)  a line of a packed row from `left` inputs (more than a line holds: the first): round(x · inverse) + zero_point, 0 … 255
//
// A panel has kRowInputs inputs of a column in consecutive bytes, then those of the next column; after the last input, for each column, Σ_k q (int32) and its scale. A row
// block has, after its lines, a RowQuanta for each row.
#pragma once

#include "host/kernels/gemm_simd.h"
#include "host/kernels/int8_quanta_simd.h"
#include "host/kernels/matrix_of.h"
#include "host/kernels/peak_simd.h"
#include "host/kernels/reduced_math_simd.h"

namespace oag::host {
namespace {

template <class Format>
inline int64_t int8_row_words(int64_t inputs) { return round_up(words_of<Format>(inputs), kLine); }
template <class Format>
inline int64_t int8_row_bytes(int64_t inputs) { return int8_row_words<Format>(inputs) * 4 + 64; }
template <class Format>
inline const RowQuanta* quanta_of(const void* rows, int row_count, int64_t inputs) {
  return reinterpret_cast<const RowQuanta*>(static_cast<const float*>(rows) + row_count * int8_row_words<Format>(inputs));
}

template <class Format>
inline int64_t int8_weight_bytes(int64_t inputs) { return words_of<Format>(inputs) * Format::kPanelBytes; }
template <class Format>
inline int64_t int8_panel_bytes(int64_t inputs) { return int8_weight_bytes<Format>(inputs) + 2 * 4 * kColumnsPerPanel; }
template <class Format>
inline const int32_t* column_sums(const void* panel, int64_t inputs) {
  return reinterpret_cast<const int32_t*>(static_cast<const char*>(panel) + int8_weight_bytes<Format>(inputs));
}
template <class Format>
inline const float* column_scales(const void* panel, int64_t inputs) {
  return reinterpret_cast<const float*>(column_sums<Format>(panel, inputs) + kColumnsPerPanel);
}
template <class Format>
inline int64_t panel_byte(int64_t k, int column) {
  return (k / Format::kRowInputs * kColumnsPerPanel + column) * Format::kRowInputs + k % Format::kRowInputs;
}

template <class Format>
inline void pack_int8_weights(const float* weights, int64_t stride, int column_count, int64_t inputs, void* panel) {
  __builtin_memset(panel, 0, static_cast<size_t>(int8_panel_bytes<Format>(inputs)));
  auto* bytes = static_cast<int8_t*>(panel);
  auto* sums = const_cast<int32_t*>(column_sums<Format>(panel, inputs));
  auto* scales = const_cast<float*>(column_scales<Format>(panel, inputs));
  for (int j = 0; j < column_count; ++j) {
    const float* column = weights + j * stride;
    Vec magnitudes = set1(0.0f);
    for (int64_t k = 0; k < inputs; k += kLanes) magnitudes = max(magnitudes, abs(load_first(column + k, inputs - k)));
    const float largest = maximum(magnitudes);
    if (largest < 1e-30f) continue;  // so small that they are nothing: zeros, and a scale of 0
    scales[j] = largest / 127.0f;
    const Vec inverse = set1(127.0f / largest);
    for (int64_t k = 0; k < inputs; k += kLanes) {
      alignas(64) int32_t quanta[kLanes];
      store(reinterpret_cast<float*>(quanta), to_ints(mul(load_first(column + k, inputs - k), inverse)));
      for (int64_t i = 0; i < kLanes && k + i < inputs; ++i) {
        bytes[panel_byte<Format>(k + i, j)] = static_cast<int8_t>(quanta[i]);
        sums[j] += quanta[i];
      }
    }
  }
}

template <class Format>
inline void unpack_int8_weights(const void* panel, int column_count, int64_t inputs, float* weights, int64_t stride) {
  const float* scales = column_scales<Format>(panel, inputs);
  for (int j = 0; j < column_count; ++j) {
    for (int64_t k = 0; k < inputs; ++k) weights[j * stride + k] = static_cast<float>(static_cast<const int8_t*>(panel)[panel_byte<Format>(k, j)]) * scales[j];
  }
}

template <class Format>
inline void pack_int8_rows(const float* x, int64_t stride, int row_count, int64_t inputs, void* packed) {
  constexpr int kLineInputs = kLine * Format::kRowInputs;
  auto* quanta = const_cast<RowQuanta*>(quanta_of<Format>(packed, row_count, inputs));
  for (int64_t i = 0; i < row_count; ++i) {
    const float* row = x + i * stride;
    quanta[i] = row_quanta(row, inputs);
    const Vec inverse = set1(quanta[i].scale != quanta[i].scale ? 0.0f : 1.0f / quanta[i].scale), zero_point = set1_int(quanta[i].zero_point);
    float* out = static_cast<float*>(packed) + i * kLine;
    for (int64_t k = 0; k < inputs; k += kLineInputs, out += row_count * kLine) Format::pack_line(row + k, inputs - k, inverse, zero_point, out);
  }
}

// s_row · s_column · (Σ q_row q_column − z · Σ q_column)
template <class Format>
struct QuantisedSums {
  QuantisedSums(const GemmTile& tile, const float* all)
      : sums(all), rows(quanta_of<Format>(tile.rows, tile.row_count, tile.inputs)), of_columns(column_sums<Format>(tile.panel, tile.inputs)),
        scales(column_scales<Format>(tile.panel, tile.inputs)) {}
  struct Columns {
    Vec sum, scale;
  };
  Columns columns(int column) const { return {load(reinterpret_cast<const float*>(of_columns) + column), load(scales + column)}; }
  Vec value(Columns c, int i, int column) const {
    const Vec products = load(sums + i * kColumnsPerPanel + column);
    return mul(from_ints(sub_ints(products, mul_ints(c.sum, set1_int(rows[i].zero_point)))), mul(set1(rows[i].scale), c.scale));
  }

  const float* sums;  // [row_count, kColumnsPerPanel] int32
  const RowQuanta* rows;
  const int32_t* of_columns;
  const float* scales;
};

template <class Format>
struct Int8Product {
  static constexpr int rows_per_block = Format::kRows, columns_per_panel = kColumnsPerPanel;
  static constexpr auto panel_bytes = int8_panel_bytes<Format>;
  static constexpr auto row_bytes = int8_row_bytes<Format>;
  static constexpr auto pack_weights = pack_int8_weights<Format>;
  static constexpr auto unpack_weights = unpack_int8_weights<Format>;
  static constexpr auto pack_rows = pack_int8_rows<Format>;
  static constexpr auto pack_columns = no_columns;
  static constexpr auto gemm = host::gemm<Format, ReducedMath, QuantisedSums<Format>>;
  static constexpr auto multiply_adds = host::multiply_adds<Format>;
};

}  // namespace
}  // namespace oag::host
