// A pass does what was recorded, or it is refused: the arena was planned for nothing else.
#include <doctest/doctest.h>

#include "host/host_bench.h"
#include "host/workspace.h"
#include "support/refusal.h"

using namespace oag;
using namespace oag::test;

namespace {

constexpr int64_t width = 8;

const ParameterList no_parameters;
const MemorySource no_source{no_parameters};
const std::vector<float> x(4 * width, 1.0f);
float out[64 * width];

void recorded(Pass& pass) {
  const Tensor a = input(pass, {4, width}, x);
  const Tensor b = pass.softmax(a);
  const Tensor c = pass.l2_normalize(b);
  const Tensor d = input(pass, {4, width}, x);
  pass.read(pass.softmax(c), out);
  pass.read(pass.softmax(d), out);
}

std::string refused(const char* part, const Program& different) {
  HostBench bench(host::Isa::reference, 1, no_parameters, no_source);
  return wrong_refusal(Status::internal, {part}, [&] { bench.run(recorded, different); });
}

}  // namespace

TEST_CASE("what was recorded runs") { HostBench(host::Isa::reference, 1, no_parameters, no_source).run(recorded); }

TEST_CASE("another operation, other inputs, other sizes, more or other steps are refused") {
  CHECK(refused("softmax was recorded", [](Pass& pass) { pass.l2_normalize(input(pass, {4, width}, x)); }) == "");
  CHECK(refused("[3, 8] and was recorded as f32 [4, 8]", [](Pass& pass) { pass.softmax(input(pass, {3, width}, x)); }) == "");
  CHECK(refused("was recorded as f32 [4, 8]", [](Pass& pass) { pass.softmax(input(pass, {4, width - 1}, x)); }) == "");
  CHECK(refused("i32 [4, 8] and was recorded as f32", [](Pass& pass) { input(pass, {4, width}, std::vector<int32_t>(4 * width)); }) == "");
  CHECK(refused("an input where the operation softmax was recorded", [](Pass& pass) {
          input(pass, {4, width}, x);
          input(pass, {4, width}, x);
        }) == "");
  CHECK(refused("where an input was recorded", [](Pass& pass) {
          const Tensor a = input(pass, {4, width}, x);
          pass.softmax(pass.l2_normalize(pass.softmax(a)));
        }) == "");
  CHECK(refused("other inputs", [](Pass& pass) {
          const Tensor a = input(pass, {4, width}, x);
          pass.softmax(a);
          pass.l2_normalize(a);
        }) == "");
  CHECK(refused("more operations", [](Pass& pass) {
          recorded(pass);
          pass.softmax({.id = 0, .dtype = DType::f32, .shape = {4, width}});
        }) == "");
  CHECK(refused("a tensor that was not recorded", [](Pass& pass) {
          recorded(pass);
          input(pass, {4, width}, x);
        }) == "");
}

TEST_CASE("a tensor is not read when its memory may hold another, nor before it is made") {
  CHECK(refused("later than was recorded", [](Pass& pass) {
          const Tensor a = input(pass, {4, width}, x);
          pass.l2_normalize(pass.softmax(a));
          pass.read(a, out);
          FAIL_CHECK("the first input was read two operations after its last use");
        }) == "");
  CHECK(refused("before it is made", [](Pass& pass) {
          input(pass, {4, width}, x);
          pass.read({.id = 3, .dtype = DType::f32, .shape = {4, width}}, out);
        }) == "");
}

TEST_CASE("poisoned memory is NaN until it is written") {
  host::HostWorkspace workspace(true);
  const auto* floats = reinterpret_cast<const float*>(workspace.arena(1000));
  for (int i = 0; i < 250; i++) CHECK(std::isnan(floats[i]));
  workspace.arena(500)[0] = 0;
  CHECK(std::isnan(reinterpret_cast<const float*>(workspace.arena(800))[0]));
  workspace.reserve_scratch(100, 60, 3);
  CHECK(std::isnan(workspace.shared<float>()[24]));
  CHECK(workspace.slot<char>(1) - workspace.slot<char>(0) == 64);
  CHECK(workspace.slot<char>(0) - workspace.shared<char>() == 128);
  CHECK(std::isnan(workspace.slot<float>(2)[14]));
  CHECK(workspace.bytes() == 1000 + 128 + 3 * 64);
}
