#include "host/isa.h"
#include "host/kernels/tables.h"

namespace oag::host {
namespace {

#if defined(__x86_64__)
// What the CPU has beyond the instruction set that names the table. Tiles of AMX, for bf16 and int8, would take their place here too: another unit, with rows and columns of its own.
Kernels avx512_of_this_cpu() {
  Kernels table = *avx512_kernels();
  if (cpu_has("avx512vnni")) table.int8 = *avx512vnni_int8();
  if (cpu_has("avx512bf16")) {
    table.bf16 = *avx512bf16_matrix();
    table.bf16_attention = *avx512bf16_attention();
  }
  return table;
}
#endif

#if defined(__aarch64__)
Kernels neon_of_this_cpu() {
  Kernels table = *neon_kernels();
  if (cpu_has("i8mm") && cpu_has("bf16")) {
    table.int8 = *matmul_int_neon();
    table.bf16 = *matmul_brain_neon();
  } else if (cpu_has("asimddp")) {
    table.int8 = *dotprod_neon();
  }
  return table;
}
#endif

}  // namespace

const Kernels* find_kernels(Isa isa) {
  switch (isa) {
    case Isa::reference: return reference_kernels();
#if defined(__x86_64__)
    case Isa::avx2: return avx2_kernels();
    case Isa::avx512: {
      static const Kernels table = avx512_of_this_cpu();
      return &table;
    }
#elif defined(__aarch64__)
    case Isa::neon: {
      static const Kernels table = neon_of_this_cpu();
      return &table;
    }
#endif
    default: return nullptr;
  }
}

}  // namespace oag::host
