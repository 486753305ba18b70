// The tables there are, one per translation unit. find_score_kernels chooses among them; nothing else names them.
#pragma once

#include "search/kernels/scores.h"

namespace oag::search {

const ScoreKernels* reference_scores();
#if defined(__x86_64__)
const ScoreKernels* avx2_scores();    // needs AVX2, FMA
const ScoreKernels* avx512_scores();  // needs AVX-512 F, BW
#elif defined(__aarch64__)
const ScoreKernels* neon_scores();  // every CPU of the family has it
#endif

}  // namespace oag::search
