#include "host/kernels/simd_avx2.h"
// (first: what follows is written in its terms)
#include "host/kernels/table_simd.h"
#include "host/kernels/tables.h"

namespace oag::host {
namespace {
constexpr Kernels kTable = simd_table("avx2", Isa::avx2);
}

const Kernels* avx2_kernels() { return &kTable; }

}  // namespace oag::host
