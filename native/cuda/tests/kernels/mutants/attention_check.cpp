// Compiled once with attention's kernels as they are, when all must be well, and once for each mistake of mutants.cmake, with the argument `mutant`, when a fault must
// be found under every seed.
#include <cstdio>

#include "kernels/attention/instances.h"
#include "kernels/attention_case.h"

SIMT_KERNEL(attention_tiled_f16_64, oag::cuda::attention::Params, oag::cuda::attention::tiled_threads, 1) { oag::cuda::attention::tiled<simt::half_t, 64>(p); }
OAG_ATTENTION_SHORT(f16, simt::half_t, 64, 64)
OAG_ATTENTION_SHORT(f16, simt::half_t, 64, 80)

namespace {

using namespace oag::cuda::test;
using Case = AttentionCase<simt::half_t>;

std::string fault(Case& c) {
  simt::emulator::counts = {};
  const std::string text = fault_of([&] { c.run(); });
  if (!text.empty()) return text;
  if (simt::emulator::counts.ldmatrix_conflicts) return "bank conflicts";
  const auto exact = oag::cuda::attention::reference<simt::half_t, double>(c.p, c.query_rows);
  const Errors plain = c.errors_of(oag::cuda::attention::reference<simt::half_t, float>(c.p, c.query_rows), exact), ours = c.errors_of(c.result(), exact);
  if (!(ours.log_sum_exp <= 1e-5)) return "wrong log-sum-exp";
  if (!(ours.relative <= 2 * plain.relative + 1e-6)) return "wrong result";
  return c.kept_to_its_columns() ? "" : "wrote between its columns";
}

std::string fault_of_any(unsigned seed) {
  simt::emulator::options.seed = seed;
  std::string found;
  const auto self = [&](int heads, int head_size, const std::vector<int>& lengths, bool causal, bool biased) {
    if (!found.empty()) return;
    Case c(heads, head_size, seed);
    c.self_attention(lengths);
    c.p.causal = causal;
    if (biased) c.position_bias(20);
    found = fault(c);
  };
  self(2, 64, {50}, true, false);
  self(1, 40, {77, 66}, false, true);
  self(1, 64, {140}, true, false);
  self(1, 64, {197, 5}, false, false);
  if (found.empty()) {  // pages, and poison behind the head's 40 elements
    Case c(1, 40, seed);
    c.queries(3);
    c.key_source(0, 96);
    c.query_runs = {{0, 3, 93, 0, 3, 96}};
    c.key_runs = {{0, 64, 32, 0}, {0, 0, 32, 32}, {0, 32, 32, 64}};
    found = fault(c);
  }
  return found;
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
