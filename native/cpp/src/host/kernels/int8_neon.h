// int8 on 64-bit Arm: MatrixKernels says what is computed. Included with a Format of cells_neon.h whose numbers are int8 on both sides.
//
// There is no instruction for unsigned by signed before i8mm, so rows lie as q − 128, and
//   Σ (q − z) w = Σ (q − 128) w + (128 − z) Σ w,
// where Σ w of each column lies behind the panel.
#pragma once

#include "host/kernels/cells_neon.h"
#include "host/kernels/int8_quanta_simd.h"
#include "host/kernels/matrix_of.h"

namespace oag::host {
namespace {

struct Int8Columns {  // behind the cells of a panel
  float scales[kColumnsPerPanel];
  int32_t sums[kColumnsPerPanel];
};

template <class Format>
struct Int8Product {
  static constexpr int rows_per_block = kRowsPerBlock, columns_per_panel = kColumnsPerPanel;
  static constexpr auto pack_columns = no_columns;
  static constexpr auto multiply_adds = multiply_cells<Format>;
  static constexpr int kCell = kCellBytes<Format>;

  static int64_t cell_bytes(int64_t inputs) { return cells_of<Format>(inputs) * kCell; }
  static int64_t panel_bytes(int64_t inputs) { return cell_bytes(inputs) * kColumnsPerPanel + int64_t{sizeof(Int8Columns)}; }
  static int64_t row_bytes(int64_t inputs) { return round_up(cell_bytes(inputs), 64) + 64; }

  static const Int8Columns& columns_of(const void* panel, int64_t inputs) {
    return *reinterpret_cast<const Int8Columns*>(static_cast<const uint8_t*>(panel) + cell_bytes(inputs) * kColumnsPerPanel);
  }
  static const RowQuanta* rows_of(const void* packed, int64_t inputs, int row_count) {
    return reinterpret_cast<const RowQuanta*>(static_cast<const uint8_t*>(packed) + round_up(cell_bytes(inputs) * row_count, 64));
  }

  static void pack_weights(const float* weights, int64_t stride, int column_count, int64_t inputs, void* panel) {
    auto& columns = const_cast<Int8Columns&>(columns_of(panel, inputs));
    for (int j = 0; j < kColumnsPerPanel; ++j) {
      const int64_t count = j < column_count ? inputs : 0;
      const float* column = weights + (count > 0 ? j * stride : 0);
      Vec largest = set1(0.0f);
      for (int64_t k = 0; k < count; k += kLanes) largest = max(largest, abs(load_first(column + k, count - k)));
      const float magnitude = maximum(largest);
      columns.scales[j] = magnitude < 1e-30f ? 0.0f : magnitude / 127.0f;
      const Vec factor = set1(magnitude < 1e-30f ? 0.0f : 127.0f / magnitude);
      int32x4_t sums = vdupq_n_s32(0);
      for (int64_t k = 0; k < cells_of<Format>(inputs) * Format::kDepth; k += kLanes) {
        const int32x4_t quanta = vcvtnq_s32_f32(mul(load_first(column + k, count - k), factor));
        sums = vaddq_s32(sums, quanta);
        int32_t lanes[kLanes];
        vst1q_s32(lanes, quanta);
        int8_t* cell = static_cast<int8_t*>(panel) + (k / Format::kDepth * kColumnsPerPanel + j) * kCell + k % Format::kDepth;
        for (int i = 0; i < kLanes; ++i) cell[i] = static_cast<int8_t>(lanes[i]);  // a cell holds 4 or 8
      }
      columns.sums[j] = vaddvq_s32(sums);
    }
  }

  static void unpack_weights(const void* panel, int column_count, int64_t inputs, float* weights, int64_t stride) {
    const Int8Columns& columns = columns_of(panel, inputs);
    for (int j = 0; j < column_count; ++j) {
      for (int64_t k = 0; k < inputs; ++k) {
        const int8_t quantum = static_cast<const int8_t*>(panel)[(k / Format::kDepth * kColumnsPerPanel + j) * kCell + k % Format::kDepth];
        weights[j * stride + k] = static_cast<float>(quantum) * columns.scales[j];
      }
    }
  }

  static void pack_rows(const float* x, int64_t stride, int row_count, int64_t inputs, void* packed) {
    auto* rows = const_cast<RowQuanta*>(rows_of(packed, inputs, row_count));
    const int64_t cells = cells_of<Format>(inputs);
    for (int i = 0; i < row_count; ++i) {
      const float* row = x + i * stride;
      rows[i] = row_quanta(row, inputs);
      const Vec factor = set1(1.0f / rows[i].scale);
      const int32x4_t zero_point = vdupq_n_s32(rows[i].zero_point);
      const auto quanta = [&](int64_t k) { return vaddq_s32(vcvtnq_s32_f32(mul(load_first(row + k, inputs - k), factor)), zero_point); };
      for (int64_t k = 0; k < inputs; k += 16) {
        const uint16x8_t low = vcombine_u16(vqmovun_s32(quanta(k)), vqmovun_s32(quanta(k + 4)));
        const uint16x8_t high = vcombine_u16(vqmovun_s32(quanta(k + 8)), vqmovun_s32(quanta(k + 12)));
        const uint8x16_t bytes = vcombine_u8(vqmovn_u16(low), vqmovn_u16(high));  // 0 … 255
        store_cells<Format>(veorq_u8(bytes, vdupq_n_u8(0x80)), k / Format::kDepth, cells, i, row_count, static_cast<uint8_t*>(packed));
      }
    }
  }

  static void gemm(const GemmTile& tile) {
    alignas(64) int32_t integers[kRowsPerBlock * kColumnsPerPanel];
    alignas(64) float sums[kRowsPerBlock * kColumnsPerPanel];
    kMultiplyCells<Format>.by_rows[tile.row_count](cells_of<Format>(tile.inputs), static_cast<const uint8_t*>(tile.rows), static_cast<const uint8_t*>(tile.panel), integers);
    const Int8Columns& columns = columns_of(tile.panel, tile.inputs);
    const RowQuanta* rows = rows_of(tile.rows, tile.inputs, tile.row_count);
    for (int i = 0; i < tile.row_count; ++i) {
      const Vec scale = set1(rows[i].scale);
      for (int j = 0; j < kColumnsPerPanel; j += kLanes) {
        const int32x4_t exact = vmlaq_n_s32(vld1q_s32(integers + i * kColumnsPerPanel + j), vld1q_s32(columns.sums + j), 128 - rows[i].zero_point);
        store(sums + i * kColumnsPerPanel + j, mul(vcvtq_f32_s32(exact), mul(scale, load(columns.scales + j))));
      }
    }
    finish_tile<ReducedMath>(tile, PlainSums(tile, sums));
  }
};

}  // namespace
}  // namespace oag::host
