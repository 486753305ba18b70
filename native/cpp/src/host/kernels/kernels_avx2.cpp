#include "host/kernels/simd_avx2.h"
// (first: what follows is written in its terms)
#include "host/kernels/int8_avx2.h"
#include "host/kernels/table_simd.h"
#include "host/kernels/tables.h"

namespace oag::host {
namespace {

constexpr Kernels kTable = simd_table("avx2", Isa::avx2, matrix_of<Int8Product<WidenedInt8>>("vpmaddwd", true));

}  // namespace

const Kernels* avx2_kernels() { return &kTable; }

}  // namespace oag::host
