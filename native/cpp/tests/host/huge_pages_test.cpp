#include <doctest/doctest.h>

#include "host/host_bench.h"

using namespace oag;
using namespace oag::test;

TEST_CASE("huge pages change where weights and workspaces lie, and nothing else") {
  constexpr int64_t inputs = 520, outputs = 700, rows = 900;  // 1.4 MiB of weights twice, and an arena of 6 MiB
  ParameterList list;
  const Parameter into = list.add({"into", ParameterKind::matrix, {"a"}, {outputs, inputs}});
  const Parameter bias = list.add({"bias", ParameterKind::vector, {"b"}, {outputs}});
  const Parameter back = list.add({"back", ParameterKind::matrix, {"c"}, {inputs, outputs}});
  const MemorySource source(list);
  const std::vector<float> x = random_floats(rows * inputs, 3);
  const auto run = [&](HostBench& bench) {
    std::vector<float> out = room(rows, inputs);
    bench.run([&](Pass& pass) {
      const Tensor in = input(pass, {rows, inputs}, x);
      const Tensor between = pass.linear(in, into, {.bias = bias, .activation = Activation::gelu});
      pass.read(pass.linear(between, back, {.residual = in}), out.data());
    });
    return out;
  };
  for_each_isa([&](host::Isa isa) {
    HostBench small(isa, 2, list, source), huge(isa, 2, list, source, Pages::huge);
    const std::vector<float> expected = run(small);
    for (int again = 0; again < 2; again++) CHECK(same_bits(run(huge).data(), expected.data(), rows * inputs));
    CHECK(huge.weights().bytes() == small.weights().bytes());
    CHECK(small.weights().bytes_on_huge_pages() <= small.weights().bytes());
    if (huge_page_refusal().empty()) CHECK(huge.weights().bytes_on_huge_pages() > 0);
    std::vector<float> weight(outputs * inputs), same(weight.size());
    small.weights().read_back(into, 0, weight.data());
    huge.weights().read_back(into, 0, same.data());
    CHECK(same_bits(weight.data(), same.data(), static_cast<int64_t>(weight.size())));
  });
}
