// What is done together gives the bits of the operations one by one, in less memory.
#include <doctest/doctest.h>

#include "host/host_bench.h"
#include "host/tensor_forms.h"
#include "support/machine.h"
#include "support/refusal.h"

using namespace oag;
using namespace oag::test;

namespace {

constexpr int64_t inputs = 45, hidden = 101, parted = 64;  // the first two are no multiple of any panel or vector

struct Model {
  ParameterList list;
  Parameter gain = list.add({"gain", ParameterKind::vector, {"g"}, {inputs}});
  Parameter shift = list.add({"shift", ParameterKind::vector, {"s"}, {inputs}});
  Parameter into = list.add({"into", ParameterKind::matrix, {"a"}, {hidden, inputs}});
  Parameter bias = list.add({"bias", ParameterKind::vector, {"b"}, {hidden}});
  Parameter back = list.add({"back", ParameterKind::matrix, {"c"}, {inputs, hidden}});
  Parameter parts = list.add({"parts", ParameterKind::matrix, {"d", "e"}, {parted, inputs}});
  Parameter behind_parts = list.add({"behind_parts", ParameterKind::matrix, {"f"}, {inputs, 2 * parted}});
  MemorySource source{list};
};

// What is read besides the result lies as floats, so that nothing is done together.
enum class Steps { together, one_by_one };

struct Block {
  const Model& model;
  int64_t rows;
  const std::vector<float>& x;
  std::vector<float>* out;

  void operator()(Pass& pass, Steps steps) const {
    std::vector<float> between(static_cast<size_t>(rows * std::max(hidden, 2 * parted)));
    const auto seen = [&](const Tensor& tensor) {
      if (steps == Steps::one_by_one) pass.read(tensor, between.data());
      return tensor;
    };
    const Tensor in = input(pass, {rows, inputs}, x);
    const Tensor normal = seen(pass.layer_norm(in, model.gain, model.shift, 1e-5f));
    const Tensor middle = seen(pass.linear(normal, model.into, {.bias = model.bias, .activation = Activation::quick_gelu}));
    const Tensor y = pass.linear(middle, model.back, {.residual = in});
    const Tensor side = seen(pass.linear(seen(pass.layer_norm(y, model.gain, model.shift, 1e-5f)), model.parts));
    pass.read(pass.linear(side, model.behind_parts, {.residual = y}), out->data());
  }
};

std::vector<float> run(HostBench& bench, const Model& model, int64_t rows, Steps steps) {
  const std::vector<float> x = random_floats(static_cast<size_t>(rows * inputs), 5);
  std::vector<float> out = room(rows, inputs);
  bench.run([&](Pass& pass) { Block{model, rows, x, &out}(pass, steps); });
  return out;
}

PrecisionPlan in(Precision precision) { return {.precision = precision, .kept = {}}; }

}  // namespace

TEST_CASE("what is handed on packed or made in passing has the bits of the operations one by one") {
  const Model model;
  for_each_isa([&](host::Isa isa) {
    for (Precision precision : {Precision::fp32, Precision::bf16, Precision::int8}) {
      CAPTURE(std::string(name_of(precision)));
      for (int threads : {1, 3}) {
        HostBench bench(isa, threads, model.list, model.source, Pages::small, in(precision));
        for (int64_t rows : on_slow_machine<std::vector<int64_t>>({1, 13, 481}, {1, 2, 13, 50, 479, 481, 1000})) {
          CAPTURE(rows);
          const std::vector<float> expected = run(bench, model, rows, Steps::one_by_one), got = run(bench, model, rows, Steps::together);
          CHECK(same_bits(got.data(), expected.data(), rows * inputs));
          CHECK(std::isfinite(got.back()));
        }
      }
    }
  });
}

TEST_CASE("a matrix that is kept in another format ends what is handed on packed") {
  const Model model;
  for_each_isa([&](host::Isa isa) {
    HostBench bench(isa, 2, model.list, model.source, Pages::small, {.precision = Precision::int8, .kept = {model.back}, .kept_precision = Precision::bf16});
    CHECK(same_bits(run(bench, model, 50, Steps::together).data(), run(bench, model, 50, Steps::one_by_one).data(), 50 * inputs));
  });
}

TEST_CASE("what is normalised in passing stays where it is until the product has read it") {
  constexpr int64_t rows = 1000;  // more than are packed at a time
  const Model model;
  const std::vector<float> x = random_floats(rows * inputs, 6);
  for_each_isa([&](host::Isa isa) {
    HostBench bench(isa, 2, model.list, model.source);
    std::vector<float> out[2] = {room(rows, hidden), room(rows, hidden)}, normal(rows * inputs);
    for (int apart = 0; apart < 2; apart++)
      bench.run([&](Pass& pass) {
        const Tensor n = pass.layer_norm(input(pass, {rows, inputs}, x), model.gain, model.shift, 1e-5f);
        if (apart) pass.read(n, normal.data());
        pass.read(pass.linear(n, model.into), out[apart].data());
      });
    CHECK(same_bits(out[0].data(), out[1].data(), rows * hidden));
  });
}

TEST_CASE("which tensors are handed on, and what that saves") {
  const Model model;
  std::vector<float> x(50 * inputs), out(50 * inputs);
  HostBench fp32(host::Isa::reference, 1, model.list, model.source), bf16(host::Isa::reference, 1, model.list, model.source, Pages::small, in(Precision::bf16)),
      int8(host::Isa::reference, 1, model.list, model.source, Pages::small, in(Precision::int8));
  const auto recorded = [&](Steps steps) { return record(model.list, [&](Pass& pass) { Block{model, 50, x, &out}(pass, steps); }); };
  const auto forms = [](const Recording& recording, const HostBench& bench) {
    const host::TensorForms all(recording, bench.weights());
    std::string text;
    for (const auto& born : recording.tensors()) text += "dpi"[static_cast<int>(all[born.tensor])];
    return text;
  };
  const Recording together = recorded(Steps::together), apart = recorded(Steps::one_by_one);
  CHECK(forms(together, fp32) == "dipdipd");  // input, normal, middle, y, its normal, side, result
  CHECK(forms(together, bf16) == "dipdipd");
  CHECK(forms(together, int8) == "diddidd");  // a row's scale is known when all of it is
  for (const HostBench* bench : {&fp32, &bf16, &int8}) CHECK(forms(apart, *bench) == "ddddddd");

  // At the end there are the block's input, what is packed, and the result.
  constexpr int64_t rows = 50, line = 64;
  const auto padded = [](int64_t bytes) { return (bytes + line - 1) / line * line; };
  const auto bytes = [](const Recording& recording, const HostBench& bench) { return host::TensorForms(recording, bench.weights()).plan({1, 1, 1, 1}).bytes; };
  CHECK(bytes(together, bf16) < bytes(together, int8));
  CHECK(bytes(together, bf16) <= 2 * padded(rows * inputs * 4) + rows * padded(2 * parted * 2));
  CHECK(bytes(together, int8) <= bytes(apart, int8));
  run(bf16, model, rows, Steps::together);
  const int64_t workspace = bf16.workspace_bytes();
  run(bf16, model, rows, Steps::one_by_one);
  CHECK(workspace < bf16.workspace_bytes());
}

TEST_CASE("what has a second reader, or is a residual, or is read, or has parts that do not fill panels, lies as floats") {
  const Model model;
  HostBench bench(host::Isa::reference, 1, model.list, model.source);
  std::vector<float> x(2 * inputs), out(2 * hidden);
  const auto forms = [&](const std::function<Tensor(Pass&, const Tensor&)>& program) {
    const Recording recording = record(model.list, [&](Pass& pass) { pass.read(program(pass, input(pass, {2, inputs}, x)), out.data()); });
    const host::TensorForms all(recording, bench.weights());
    std::string text;
    for (const auto& born : recording.tensors()) text += "dpi"[static_cast<int>(all[born.tensor])];
    return text;
  };
  const auto norm = [&](Pass& pass, const Tensor& t) { return pass.layer_norm(t, model.gain, model.shift, 1e-5f); };
  CHECK(forms([&](Pass& pass, const Tensor& t) { return pass.linear(norm(pass, t), model.into); }) == "did");
  CHECK(forms([&](Pass& pass, const Tensor& t) { return norm(pass, t); }) == "dd");
  CHECK(forms([&](Pass& pass, const Tensor& t) { return pass.softmax(norm(pass, t)); }) == "ddd");
  CHECK(forms([&](Pass& pass, const Tensor& t) { return pass.linear(pass.linear(t, model.into), model.back); }) == "dpd");
  CHECK(forms([&](Pass& pass, const Tensor& t) {
          const Tensor n = norm(pass, t);
          return pass.linear(pass.linear(t, model.into), model.back, {.residual = n});
        }) == "ddpd");
  CHECK(forms([&](Pass& pass, const Tensor& t) {
          const Tensor n = norm(pass, t);
          return pass.linear(pass.linear(n, model.into), model.back, {.residual = n});
        }) == "ddpd");
  CHECK(forms([&](Pass& pass, const Tensor& t) {
          const Tensor middle = pass.linear(t, model.into);
          pass.linear(middle, model.back);
          return pass.linear(middle, model.back);
        }) == "dddd");
  const auto read_before = [&](Pass& pass) {
    const Tensor middle = pass.linear(input(pass, {2, inputs}, x), model.into);
    pass.read(middle, out.data());
    pass.linear(middle, model.back);
  };
  const Recording recording = record(model.list, read_before);
  CHECK(host::TensorForms(recording, bench.weights())[recording.tensors()[1].tensor] == host::Form::dense);
  // Who reads what was not recorded as read is told so, for it does not lie there.
  CHECK(wrong_refusal(Status::internal, {"reads %1", "was not recorded"}, [&] {
          bench.run([&](Pass& pass) { pass.linear(pass.linear(input(pass, {2, inputs}, x), model.into), model.back); }, read_before);
        }) == "");
}
