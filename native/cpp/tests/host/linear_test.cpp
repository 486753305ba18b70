#include <doctest/doctest.h>

#include "host/host_bench.h"
#include "support/machine.h"

using namespace oag;
using namespace oag::test;

namespace {

constexpr int64_t inputs = 45, outputs = 37;  // no multiple of any panel or vector
constexpr double unit = 0x1p-24;              // half a unit in the last place of 1

struct Model {
  ParameterList list;
  Parameter matrix = list.add({"matrix", ParameterKind::matrix, {"m0", "m1", "m2"}, {outputs, inputs}});
  Parameter bias = list.add({"bias", ParameterKind::vector, {"b0", "b1", "b2"}, {outputs}});
  MemorySource source{list};
};

double activate(Activation activation, double x) {
  switch (activation) {
    case Activation::none: return x;
    case Activation::quick_gelu: return x / (1 + std::exp(-1.702 * x));
    case Activation::gelu: return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
    case Activation::gelu_tanh: return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
    case Activation::silu: return x / (1 + std::exp(-x));
    case Activation::tanh: return std::tanh(x);
    case Activation::sigmoid: return 1 / (1 + std::exp(-x));
    case Activation::relu: return x > 0 ? x : 0;
  }
  return NAN;
}

struct Case {
  int64_t rows;
  int first_part = 0, parts = 3;
  bool bias = true, residual = false;
  Activation activation = Activation::none;
};

std::vector<float> residual_of(const Case& c) { return random_floats(c.rows * outputs * c.parts, 99); }

std::vector<float> run(HostBench& bench, const Model& model, const Case& c, const std::vector<float>& x, const std::vector<float>& residual) {
  std::vector<float> out = room(c.rows, outputs * c.parts);
  bench.run([&](Pass& pass) {
    LinearOptions options;
    if (c.bias) options.bias = model.bias;
    options.first_part = c.first_part;
    options.parts = c.parts;
    options.activation = c.activation;
    const Tensor rows = input(pass, {c.rows, inputs}, x);
    if (c.residual) options.residual = input(pass, {c.rows, outputs * c.parts}, residual);
    pass.read(pass.linear(rows, model.matrix, options), out.data());
  });
  return out;
}

// Sums in any order of fp32 differ from the exact one by at most (inputs + 1) units of the sum of magnitudes (Higham 2002, 3.1); the activation's slope is below
// 1.13, and its own error is a few units of its argument.
double worst(const Model& model, const Case& c, const std::vector<float>& x, const std::vector<float>& residual, const std::vector<float>& out) {
  std::vector<double> exact, bounds;
  for (int64_t r = 0; r < c.rows; r++)
    for (int64_t column = 0; column < outputs * c.parts; column++) {
      const std::string part = std::to_string(c.first_part + column / outputs);
      const float* w = model.source.tensors.at("m" + part).data() + column % outputs * inputs;
      double sum = c.bias ? model.source.tensors.at("b" + part)[static_cast<size_t>(column % outputs)] : 0, magnitude = std::abs(sum);
      for (int64_t k = 0; k < inputs; k++) {
        const double product = static_cast<double>(x[static_cast<size_t>(r * inputs + k)]) * w[k];
        sum += product;
        magnitude += std::abs(product);
      }
      const double added = c.residual ? residual[static_cast<size_t>(r * outputs * c.parts + column)] : 0;
      exact.push_back(activate(c.activation, sum) + added);
      bounds.push_back(unit * (1.13 * (inputs + 2) * magnitude + (c.activation == Activation::none ? 0 : 16) * (1 + std::abs(sum)) + 2 * std::abs(exact.back())));
    }
  return worst_over(out, exact, bounds);
}

}  // namespace

TEST_CASE("a product of any number of rows is within the rounding of its sums") {
  const Model model;
  for_each_isa([&](host::Isa isa) {
    HostBench bench(isa, 2, model.list, model.source);
    for (int64_t rows : on_slow_machine<std::vector<int64_t>>({1, 13, 481}, {1, 2, 13, 160, 479, 480, 481, 1000})) {
      CAPTURE(rows);
      const Case c{.rows = rows, .residual = rows % 2 == 1};
      const std::vector<float> x = random_floats(rows * inputs, 5), residual = residual_of(c);
      CHECK(worst(model, c, x, residual, run(bench, model, c, x, residual)) <= 1);
    }
  });
}

TEST_CASE("every activation, with and without bias and residual, on every choice of parts") {
  const Model model;
  for_each_isa([&](host::Isa isa) {
    HostBench bench(isa, 2, model.list, model.source);
    for (Activation activation : {Activation::none, Activation::quick_gelu, Activation::gelu, Activation::gelu_tanh})
      for (const auto& [first, parts] : {std::pair{0, 3}, {1, 2}, {0, 1}, {2, 1}, {1, 1}})
        for (bool bias : {false, true})
          for (bool residual : {false, true}) {
            const Case c{33, first, parts, bias, residual, activation};
            CAPTURE(static_cast<int>(activation));
            CAPTURE(first);
            CAPTURE(parts);
            CAPTURE(bias);
            CAPTURE(residual);
            const std::vector<float> x = random_floats(c.rows * inputs, 6), added = residual_of(c);
            CHECK(worst(model, c, x, added, run(bench, model, c, x, added)) <= 1);
          }
  });
}

TEST_CASE("few rows make tasks for many threads") {
  // As many threads as it says, one after the other; counts the tasks of each call.
  struct Counting final : Parallel {
    int threads() const override { return 16; }
    void run(int64_t tasks, FunctionRef<void(int64_t, int)> body) override {
      calls.push_back(tasks);
      for (int64_t task = 0; task < tasks; task++) body(task, static_cast<int>(task % 16));
    }
    std::vector<int64_t> calls;
  } parallel;
  ParameterList list;
  const Parameter matrix = list.add({"matrix", ParameterKind::matrix, {"m"}, {768, 64}});
  const MemorySource source(list);
  for_each_isa([&](host::Isa isa) {
    const host::Kernels& kernels = host::choose_kernels(&isa);
    host::HostExecutor executor(kernels, parallel);
    const auto weights = executor.prepare(list, source);
    const auto workspace = executor.create_workspace();
    std::vector<float> x(50 * 64), out(50 * 768);
    const Program program = [&](Pass& pass) { pass.read(pass.linear(input(pass, {50, 64}, x), matrix), out.data()); };
    const Recording recording = record(list, program);
    parallel.calls.clear();
    program(*executor.begin(list, *weights, recording, {1, 1, 1, 1}, *workspace));
    REQUIRE(parallel.calls.size() == 2);  // packing and multiplying
    CHECK(parallel.calls[0] == (50 + kernels.fp32.rows_per_block - 1) / kernels.fp32.rows_per_block);
    CHECK(parallel.calls[1] >= 768 / kernels.fp32.columns_per_panel);
  });
}

TEST_CASE("the comparison sees a wrong bias, a wrong activation and a forgotten residual") {
  const Model model;
  HostBench bench(host::Isa::reference, 1, model.list, model.source);
  const Case c{.rows = 5, .residual = true, .activation = Activation::gelu};
  const std::vector<float> x = random_floats(c.rows * inputs, 6), residual = residual_of(c);
  const std::vector<float> out = run(bench, model, c, x, residual);
  Case other = c;
  other.activation = Activation::gelu_tanh;
  CHECK(worst(model, other, x, residual, out) > 1);
  other = c;
  other.bias = false;
  CHECK(worst(model, other, x, residual, out) > 1);
  other = c;
  other.residual = false;
  CHECK(worst(model, other, x, residual, out) > 1);
  CHECK(std::isnan(worst(model, c, x, residual, std::vector<float>(out.size(), NAN))));
}

TEST_CASE("a row's bits depend on nothing but the row: not on its mates, not on the threads") {
  const Model model;
  for_each_isa([&](host::Isa isa) {
    const Case many{.rows = 1000, .residual = true, .activation = Activation::quick_gelu};
    const std::vector<float> x = random_floats(many.rows * inputs, 8), residual = residual_of(many);
    const int64_t width = outputs * many.parts;
    HostBench one(isa, 1, model.list, model.source);
    const std::vector<float> expected = run(one, model, many, x, residual);
    for (int threads : {2, 3}) {
      HostBench bench(isa, threads, model.list, model.source);
      CAPTURE(threads);
      CHECK(same_bits(run(bench, model, many, x, residual).data(), expected.data(), many.rows * width));
    }
    for (int64_t count : {1, 7, 50, 481})
      for (int64_t first : {int64_t{0}, int64_t{333}, 1000 - count}) {
        Case few = many;
        few.rows = count;
        const std::vector<float> part(x.begin() + first * inputs, x.begin() + (first + count) * inputs);
        const std::vector<float> added(residual.begin() + first * width, residual.begin() + (first + count) * width);
        CAPTURE(count);
        CAPTURE(first);
        CHECK(same_bits(run(one, model, few, part, added).data(), expected.data() + first * width, count * width));
      }
  });
}

TEST_CASE("weights come back bit for bit, whatever the panels") {
  ParameterList list;
  for (int64_t rows : {1, 5, 16, 33, 100})
    for (int64_t width : {1, 7, 64, 129})
      list.add({"m", ParameterKind::matrix, {std::to_string(rows) + "x" + std::to_string(width) + "a", std::to_string(rows) + "x" + std::to_string(width) + "b"}, {rows, width}});
  list.add({"table", ParameterKind::table, {"t"}, {11, 3}});
  list.add({"vector", ParameterKind::vector, {"v0", "v1"}, {9}});
  list.add({"scalar", ParameterKind::scalar, {"s"}, {}});
  MemorySource source(list);
  source.tensors["t"][5] = -0.0f;
  for_each_isa([&](host::Isa isa) {
    HostBench bench(isa, 2, list, source);
    CHECK(bench.weights().bytes() >= 4 * list.numbers());
    for (uint32_t p = 0; p < list.size(); p++)
      for (int part = 0; part < list[{p}].parts(); part++) {
        std::vector<float> back = room(1, list[{p}].part_numbers());
        bench.weights().read_back({p}, part, back.data());
        CAPTURE(list[{p}].tensors[0]);
        CHECK(same_bits(back.data(), source.tensors.at(list[{p}].tensors[static_cast<size_t>(part)]).data(), list[{p}].part_numbers()));
      }
  });
}
