// int8 and bf16 where the CPU multiplies two rows by two columns at once (Armv8.6 i8mm and bf16: SMMLA, BFMMLA): 32 and 16 products an instruction.
#include "host/kernels/simd_neon.h"
// (first: what follows is written in its terms)
#include "host/kernels/bf16_neon.h"
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

// [k / 4][column or row][4]: cells_neon.h.
struct CellsOfBf16 {
  static int64_t panel_bytes(int64_t inputs) { return cells_of<PairedBf16>(inputs) * kColumnsPerPanel * 8; }
  static int64_t row_bytes(int64_t inputs) { return round_up(cells_of<PairedBf16>(inputs) * 8, 64); }
  static uint16_t& number(void* panel, int64_t k, int column) { return static_cast<uint16_t*>(panel)[(k / 4 * kColumnsPerPanel + column) * 4 + k % 4]; }
  static void put_row(void* packed, int64_t k, int64_t, int row, int row_count, uint16x4_t four) {
    vst1_u16(static_cast<uint16_t*>(packed) + (k / 4 * row_count + row) * 4, four);
  }
  static void multiply(int64_t inputs, const void* packed, int row_count, const void* panel, float* out) {
    kMultiplyCells<PairedBf16>.by_rows[row_count](cells_of<PairedBf16>(inputs), static_cast<const uint8_t*>(packed), static_cast<const uint8_t*>(panel), out);
  }
};

constexpr MatrixKernels kInt8 = int8_matrix<PairedInt8>("smmla", true);
constexpr MatrixKernels kBf16 = bf16_matrix<CellsOfBf16>("bfmmla", true, multiply_cells<PairedBf16>);

}  // namespace

const MatrixKernels* matmul_int_neon() { return &kInt8; }
const MatrixKernels* matmul_brain_neon() { return &kBf16; }

}  // namespace oag::host
