// int8 and bf16 where the CPU multiplies two rows by two columns at once (Armv8.6 i8mm and bf16: SMMLA, BFMMLA): 32 and 16 products an instruction.
#include "host/kernels/simd_neon.h"
// (first: what follows is written in its terms)
#include "host/kernels/int8_neon.h"
#include "host/kernels/tables.h"

namespace oag::host {
namespace {

struct PairedInt8 : Int32Sums {
  static constexpr int kDepth = 8;
  static constexpr bool kPairs = true;
  static Sum multiply(Sum sum, uint8x16_t rows, uint8x16_t columns) { return vmmlaq_s32(sum, vreinterpretq_s8_u8(rows), vreinterpretq_s8_u8(columns)); }
};

// Products are exact, and sums are rounded to odd (Arm Architecture Reference Manual, BFMMLA): the error of a sum is at most twice that of rounding to the nearest.
struct PairedBf16 : FloatSums {
  static constexpr int kDepth = 4;
  static constexpr bool kPairs = true;
  static Sum multiply(Sum sum, uint8x16_t rows, uint8x16_t columns) { return vbfmmlaq_f32(sum, vreinterpretq_bf16_u8(rows), vreinterpretq_bf16_u8(columns)); }
};

inline uint16x4_t to_bf16(Vec v) { return vshrn_n_u32(vreinterpretq_u32_f32(round_to_bf16(v)), 16); }

// [k / 4][column or row][4]: cells_neon.h.
struct CellsOfBf16 {
  static constexpr int rows_per_block = kRowsPerBlock, columns_per_panel = kColumnsPerPanel;
  static constexpr auto multiply_adds = multiply_cells<PairedBf16>;

  static int64_t cells(int64_t inputs) { return cells_of<PairedBf16>(inputs); }
  static int64_t panel_bytes(int64_t inputs) { return cells(inputs) * kColumnsPerPanel * 8; }
  static int64_t row_bytes(int64_t inputs) { return round_up(cells(inputs) * 8, 64); }
  static uint16_t* column_cell(void* panel, int64_t cell, int column) { return static_cast<uint16_t*>(panel) + (cell * kColumnsPerPanel + column) * 4; }

  static void pack_weights(const float* weights, int64_t stride, int column_count, int64_t inputs, void* panel) {
    __builtin_memset(panel, 0, static_cast<size_t>(panel_bytes(inputs)));
    for (int j = 0; j < column_count; ++j) {
      for (int64_t k = 0; k < inputs; k += 4) vst1_u16(column_cell(panel, k / 4, j), to_bf16(load_first(weights + j * stride + k, inputs - k)));
    }
  }

  static void unpack_weights(const void* panel, int column_count, int64_t inputs, float* weights, int64_t stride) {
    for (int j = 0; j < column_count; ++j) {
      for (int64_t k = 0; k < inputs; k += 4) {
        const uint16x4_t cell = vld1_u16(column_cell(const_cast<void*>(panel), k / 4, j));
        store_first(weights + j * stride + k, vreinterpretq_f32_u32(vshll_n_u16(cell, 16)), inputs - k);
      }
    }
  }

  static void pack_rows(const float* x, int64_t stride, int row_count, int64_t inputs, void* packed) {
    for (int i = 0; i < row_count; ++i) {
      for (int64_t k = 0; k < inputs; k += 4) {
        vst1_u16(static_cast<uint16_t*>(packed) + (k / 4 * row_count + i) * 4, to_bf16(load_first(x + i * stride + k, inputs - k)));
      }
    }
  }

  static void pack_columns(const float* x, int64_t stride, int row_count, int64_t, int64_t first, int64_t count, void* packed) {
    pack_rows(x, stride, row_count, count, static_cast<uint16_t*>(packed) + first * row_count);
  }

  static void gemm(const GemmTile& tile) {
    alignas(64) float sums[kRowsPerBlock * kColumnsPerPanel];
    kMultiplyCells<PairedBf16>.by_rows[tile.row_count](cells(tile.inputs), static_cast<const uint8_t*>(tile.rows), static_cast<const uint8_t*>(tile.panel), sums);
    finish_tile<ReducedMath>(tile, PlainSums(tile, sums));
  }
};

constexpr MatrixKernels kInt8 = matrix_of<Int8Product<PairedInt8>>("smmla", true);
constexpr MatrixKernels kBf16 = matrix_of<CellsOfBf16>("bfmmla", true);

}  // namespace

const MatrixKernels* matmul_int_neon() { return &kInt8; }
const MatrixKernels* matmul_brain_neon() { return &kBf16; }

}  // namespace oag::host
