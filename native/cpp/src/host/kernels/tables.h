// The tables there are, one per translation unit. find_kernels chooses among them; nothing else names them.
#pragma once

#include "host/kernels/kernels.h"

namespace oag::host {

const Kernels* reference_kernels();
#if defined(__x86_64__)
const Kernels* avx2_kernels();    // needs AVX2, FMA
const Kernels* avx512_kernels();  // needs AVX-512 F, BW, VL, DQ
#elif defined(__aarch64__)
const Kernels* neon_kernels();  // every CPU of the family has it
#endif

}  // namespace oag::host
