#include "host/kernels/simd_neon.h"
// (first: what follows is written in its terms)
#include "host/kernels/int8_neon.h"
#include "host/kernels/table_simd.h"
#include "host/kernels/tables.h"

namespace oag::host {
namespace {

// SMULL, ADDP and SADALP for 16 products. Two of −128 · ±127 fit 16 bits, and no more: so pairs are added in 16 and what follows in 32.
struct WideningInt8 : Int32Sums {
  static constexpr int kDepth = 4;
  static constexpr bool kPairs = false;
  static Sum multiply(Sum sum, uint8x16_t rows, uint8x16_t columns) {
    const int8x16_t x = vreinterpretq_s8_u8(rows), w = vreinterpretq_s8_u8(columns);
    return vpadalq_s16(sum, vpaddq_s16(vmull_s8(vget_low_s8(x), vget_low_s8(w)), vmull_high_s8(x, w)));
  }
};

constexpr Kernels kTable = simd_table("neon", Isa::neon, matrix_of<Int8Product<WideningInt8>>("smull", true));

}  // namespace

const Kernels* neon_kernels() { return &kTable; }

}  // namespace oag::host
