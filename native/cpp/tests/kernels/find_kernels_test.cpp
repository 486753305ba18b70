#include "kernels/tables.h"

using namespace oag::host;
using namespace oag::host::tests;

TEST_CASE("find_kernels: each table says what it is, and the reference is always there") {
  REQUIRE(find_kernels(Isa::reference) != nullptr);
  const char* names[] = {"", "reference", "avx2", "avx512", "neon"};
  for (const Isa isa : {Isa::reference, Isa::avx2, Isa::avx512, Isa::neon}) {
    const Kernels* kernels = find_kernels(isa);
    if (!kernels) continue;
    CHECK(kernels->isa == isa);
    CHECK(std::string(kernels->name) == names[static_cast<int>(isa)]);
    for (const oag::Precision precision : {oag::Precision::fp32, oag::Precision::bf16, oag::Precision::int8}) {
      CHECK(kernels->matrix(precision).rows_per_block >= 1);
      CHECK(kernels->matrix(precision).columns_per_panel >= 1);
      CHECK(kernels->matrix(precision).instruction != nullptr);
    }
  }
#if defined(__x86_64__)
  CHECK(find_kernels(Isa::avx2) != nullptr);
  CHECK(find_kernels(Isa::avx512) != nullptr);
#elif defined(__aarch64__)
  CHECK(find_kernels(Isa::neon) != nullptr);
#endif
}
