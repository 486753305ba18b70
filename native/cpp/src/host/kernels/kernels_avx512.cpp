#include "host/kernels/simd_avx512.h"
// (first: what follows is written in its terms)
#include "host/kernels/bf16_simd.h"
#include "host/kernels/int8_avx512.h"
#include "host/kernels/table_simd.h"
#include "host/kernels/tables.h"

namespace oag::host {
namespace {

constexpr Kernels make_table() {
  Kernels table = simd_table("avx512", Isa::avx512);
  table.bf16 = widened_bf16();
  table.bf16_attention = attention_kernels<RoundedToBf16>();
  table.int8 = matrix_of<Int8Product<WidenedInt8>>("vpmaddwd", true);
  return table;
}
constexpr Kernels kTable = make_table();

}  // namespace

const Kernels* avx512_kernels() { return &kTable; }

}  // namespace oag::host
