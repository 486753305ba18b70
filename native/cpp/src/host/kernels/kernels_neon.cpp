#include "host/kernels/simd_neon.h"
// (first: what follows is written in its terms)
#include "host/kernels/table_simd.h"
#include "host/kernels/tables.h"

namespace oag::host {
namespace {
constexpr Kernels kTable = simd_table("neon", Isa::neon);
}

const Kernels* neon_kernels() { return &kTable; }

}  // namespace oag::host
