// int8 where the CPU has SDOT (Armv8.2 dotprod): sixteen products an instruction.
#include "host/kernels/simd_neon.h"
// (first: what follows is written in its terms)
#include "host/kernels/int8_neon.h"
#include "host/kernels/tables.h"

namespace oag::host {
namespace {

struct DotInt8 : Int32Sums {
  static constexpr int kDepth = 4;
  static constexpr bool kPairs = false;
  static Sum multiply(Sum sum, uint8x16_t rows, uint8x16_t columns) { return vdotq_s32(sum, vreinterpretq_s8_u8(columns), vreinterpretq_s8_u8(rows)); }
};

constexpr MatrixKernels kInt8 = matrix_of<Int8Product<DotInt8>>("sdot", true);

}  // namespace

const MatrixKernels* dotprod_neon() { return &kInt8; }

}  // namespace oag::host
