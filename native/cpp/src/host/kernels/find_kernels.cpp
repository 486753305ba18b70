#include "host/kernels/tables.h"

namespace oag::host {

const Kernels* find_kernels(Isa isa) {
  switch (isa) {
    case Isa::reference: return reference_kernels();
#if defined(__x86_64__)
    case Isa::avx2: return avx2_kernels();
    case Isa::avx512: return avx512_kernels();
#elif defined(__aarch64__)
    case Isa::neon: return neon_kernels();
#endif
    default: return nullptr;
  }
}

}  // namespace oag::host
