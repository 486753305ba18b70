#include "host/isa.h"
#include "host/kernels/tables.h"

namespace oag::host {

namespace {

// A table with what it lacks taken from the reference.
Kernels completed(const Kernels& table) {
  Kernels all = table;
  if (!all.bf16.gemm) all.bf16 = reference_kernels()->bf16;
  if (!all.int8.gemm) all.int8 = reference_kernels()->int8;
  if (!all.bf16_attention.attend) all.bf16_attention = reference_kernels()->bf16_attention;
  return all;
}

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
    case Isa::avx2: {
      static const Kernels table = completed(*avx2_kernels());
      return &table;
    }
    case Isa::avx512: {
      static const Kernels table = completed(*avx512_kernels());
      return &table;
    }
#elif defined(__aarch64__)
    case Isa::neon: {
      static const Kernels table = completed(neon_of_this_cpu());
      return &table;
    }
#endif
    default: return nullptr;
  }
}

}  // namespace oag::host
