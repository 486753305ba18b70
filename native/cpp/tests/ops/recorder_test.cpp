#include <doctest/doctest.h>

#include <set>

#include "core/sequence_table.h"
#include "ops/recorder.h"
#include "ops/tiny_model.h"

using namespace oag;
using namespace oag::test;

namespace {

const auto nothing = [](void*) {};

// ids → embed → norm → two linears with a residual → pool → similarity with vectors → softmax.
Recording record_tiny(const TinyModel& model) {
  return record(model.list, [&](Pass& pass) {
    const Sequences rows{{1, Symbol::tokens}, {1, Symbol::texts}, nullptr};
    const Tensor ids = pass.input(DType::i32, {rows.rows, 1}, nothing);
    const Tensor vectors = pass.input(DType::f32, {{2, Symbol::images}, tiny_width}, nothing);
    const Tensor x = pass.embed(ids, rows, model.tokens, model.positions);
    const Tensor normed = pass.layer_norm(x, model.gain, model.bias, 1e-5f);
    const Tensor fused = pass.linear(normed, model.matrix, {.bias = model.matrix_bias, .first_part = 1});
    const Tensor mixed = pass.attention({normed, 0, 8}, rows, {{{fused, 0, 8}, {fused, 8, 8}, rows}}, {.heads = 2, .causal = true});
    const Tensor y = pass.linear(mixed, model.matrix, {.bias = model.matrix_bias, .residual = x, .parts = 1});
    const Tensor scores = pass.similarity(vectors, pass.l2_normalize(pass.pool(y, rows, RowChoice::last)), model.log_scale);
    float out;
    pass.read(scores, &out);
    pass.read(pass.softmax(scores), &out);
  });
}

}  // namespace

TEST_CASE("a recording lists operations with symbolic rows and the parameters they use") {
  const TinyModel model;
  const Recording recording = record_tiny(model);
  CHECK(recording.text(model.list) ==
        "embed        %2 [tokens, 8] ← %0  tiny.tokens  tiny.positions\n"
        "layer_norm   %3 [tokens, 8] ← %2  tiny.gain  tiny.bias\n"
        "linear       %4 [tokens, 16] ← %3  tiny.matrix  tiny.matrix.bias\n"
        "attention    %5 [tokens, 8] ← %3 %4 %4\n"
        "linear       %6 [tokens, 8] ← %5 %2  tiny.matrix  tiny.matrix.bias\n"
        "pool         %7 [texts, 8] ← %6\n"
        "l2_normalize %8 [texts, 8] ← %7\n"
        "similarity   %9 [2·images, texts] ← %1 %8  tiny.log_scale\n"
        "softmax      %10 [2·images, texts] ← %9\n");
}

TEST_CASE("tensors live from the operation that makes them to the last that reads them") {
  const TinyModel model;
  const Recording recording = record_tiny(model);
  const std::vector<std::pair<int64_t, int64_t>> lives{{0, 0}, {0, 7}, {0, 4}, {1, 3}, {2, 3}, {3, 4}, {4, 5}, {5, 6}, {6, 7}, {7, 8}, {8, 9}};
  REQUIRE(recording.tensors().size() == lives.size());
  for (size_t t = 0; t < lives.size(); t++) {
    CAPTURE(t);
    CHECK(recording.tensors()[t].tensor.id == t);
    CHECK(recording.tensors()[t].born == lives[t].first);
    CHECK(recording.tensors()[t].dies == lives[t].second);
  }
  CHECK(recording.tensors()[0].tensor.dtype == DType::i32);
}

TEST_CASE("the arena is sized when the symbols have values") {
  const TinyModel model;
  const Recording recording = record_tiny(model);
  int64_t before = 0;
  for (int64_t tokens : {1, 7, 64, 1000}) {
    const Bindings bindings{1, 3, tokens, 2 * tokens};
    const ArenaPlan plan = recording.plan(bindings);
    // At the attention: vectors, x, normed, fused (two wide) and its result live, of 2·images and 2·tokens rows of 8 floats.
    const int64_t row = 8 * 4;
    CHECK(plan.bytes >= 6 * row + 5 * 2 * tokens * row);
    CHECK(plan.bytes <= 6 * row + 5 * 2 * tokens * row + 11 * arena_alignment);
    CHECK(plan.bytes > before);
    before = plan.bytes;
  }
}

TEST_CASE("a tensor that nothing reads lives to the end") {
  const TinyModel model;
  const Recording recording = record(model.list, [&](Pass& pass) {
    const Tensor x = pass.input(DType::f32, {2, tiny_width}, nothing);
    pass.l2_normalize(x);
    pass.softmax(pass.softmax(x));
  });
  CHECK(recording.tensors()[1].dies == 3);
  CHECK(recording.tensors()[3].dies == 3);
  CHECK(recording.tensors()[2].dies == 2);
}

TEST_CASE("an operation tells its inputs and its name, whatever it is") {
  const TinyModel model;
  const Recording recording = record_tiny(model);
  std::set<std::string> names;
  for (const Operation& operation : recording.operations()) {
    names.insert(operation.name());
    CHECK_FALSE(operation.inputs().empty());
    for (const Tensor& input : operation.inputs()) CHECK(input.id < operation.out.id);
  }
  CHECK(names.size() == 8);
}
