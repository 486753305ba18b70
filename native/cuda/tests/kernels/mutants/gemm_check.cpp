// As attention_check.cpp, for products.
#include <cstdio>

#include "kernels/gemm/product.h"
#include "kernels/gemm_case.h"

SIMT_KERNEL(gemm_f16_128x128, oag::cuda::gemm::Params, 256, 2) { oag::cuda::gemm::product<simt::half_t, 128, 128, 64, 32>(p); }
SIMT_KERNEL(gemm_f16_64x64, oag::cuda::gemm::Params, 128, 3) { oag::cuda::gemm::product<simt::half_t, 64, 64, 32, 32>(p); }

namespace {

using namespace oag::cuda::test;

std::string fault_of_any(unsigned seed) {
  simt::emulator::options.seed = seed;
  for (const int multiprocessors : {1, 1000}) {
    Product<simt::half_t> product({77, 72, 168}, seed);
    product.epilogue(oag::cuda::gemm::Activation::gelu, true, true);
    const std::string text = fault_of([&] { product.launch(multiprocessors); });
    if (!text.empty()) return text;
    if (simt::emulator::counts.ldmatrix_conflicts) return "bank conflicts";
    const RowErrors e = product.errors(oag::cuda::gemm::reference<simt::half_t, double>(product.p), oag::cuda::gemm::reference<simt::half_t, float>(product.p));
    if (!e.relative_is_right() || !e.largest_is_right()) return "wrong result";
    if (!e.kept) return "wrote between its columns";
  }
  return "";
}

}  // namespace

int main(int argc, char**) {
  const bool mutant = argc > 1;
  bool as_wanted = true;
  for (unsigned seed = 1; seed <= 3; seed++) {
    const std::string text = fault_of_any(seed);
    std::printf("seed %u: %s\n", seed, text.empty() ? "nothing found" : text.c_str());
    as_wanted = as_wanted && mutant == !text.empty();
  }
  return as_wanted ? 0 : 1;
}
