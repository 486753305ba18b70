// The tables there are, one per translation unit. find_kernels chooses among them; nothing else names them.
#pragma once

#include "host/kernels/kernels.h"

namespace oag::host {

const Kernels* reference_kernels();
#if defined(__x86_64__)
const Kernels* avx2_kernels();    // needs AVX2, FMA
const Kernels* avx512_kernels();  // needs AVX-512 F, BW, VL, DQ
// What takes the place of a part of that table on a CPU with more.
const MatrixKernels* avx512vnni_int8();          // needs AVX-512 VNNI beside
const MatrixKernels* avx512bf16_matrix();        // needs AVX-512 BF16 beside
const AttentionKernels* avx512bf16_attention();  // the same
#elif defined(__aarch64__)
const Kernels* neon_kernels();  // every CPU of the family has it
// What takes the place of some of it on a later CPU.
const MatrixKernels* dotprod_neon();       // int8; needs asimddp
const MatrixKernels* matmul_int_neon();    // int8; needs i8mm and bf16, as the next: no CPU has one alone
const MatrixKernels* matmul_brain_neon();  // bf16
#endif

}  // namespace oag::host
