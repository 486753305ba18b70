#include "host/kernels/tables.h"

namespace oag::host {

const Kernels* find_kernels(Isa isa) {
  switch (isa) {
    case Isa::reference: return reference_kernels();
    default: return nullptr;
  }
}

}  // namespace oag::host
