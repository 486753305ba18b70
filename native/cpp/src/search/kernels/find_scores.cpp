#include "search/kernels/tables.h"

namespace oag::search {

const ScoreKernels* find_score_kernels(host::Isa isa) {
  switch (isa) {
    case host::Isa::reference: return reference_scores();
#if defined(__x86_64__)
    case host::Isa::avx2: return avx2_scores();
    case host::Isa::avx512: return avx512_scores();
#elif defined(__aarch64__)
    case host::Isa::neon: return neon_scores();
#endif
    default: return nullptr;
  }
}

const ScoreKernels& score_kernels(host::Isa isa) {
  const ScoreKernels* const own = find_score_kernels(isa);
  return own ? *own : *reference_scores();
}

}  // namespace oag::search
