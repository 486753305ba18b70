// The seam between models/ and executors: recorded with symbols, run without changing an input, stopped and gone on, and with every parameter counting.
#include <doctest/doctest.h>

#include <cstring>
#include <set>

#include "core/error.h"
#include "models/tower_bench.h"
#include "ops/state_bytes.h"
#include "support/machine.h"

using namespace oag;
using namespace oag::test;

namespace {

struct Outputs {
  std::vector<float> images, texts, logits;
};

// Both towers and the logits, from pixels and whole texts.
Outputs run_all(TowerBench& bench, const std::vector<uint8_t>& pixels) {
  const auto width = bench.definition->embedding_size();
  const Sequences image_rows = bench.image_rows(), text_rows = bench.text_rows();
  const std::vector<int32_t> ids = bench.golden.packed_ids();
  Outputs out;
  out.images.resize(bench.golden.pictures.size() * static_cast<size_t>(width));
  out.texts.resize(bench.golden.ids.size() * static_cast<size_t>(width));
  out.logits.resize(bench.golden.pictures.size() * bench.golden.ids.size());
  bench.run([&](Pass& pass) {
    const Tensor images = bench.definition->image_tower()->forward(pass, bench.image_input(pass, image_rows, filled_from(pixels)), image_rows);
    const Tensor id_input = pass.input(DType::i32, {text_rows.rows, 1}, filled_from(ids));
    const Tensor texts = bench.definition->text_tower()->forward(pass, id_input, text_rows);
    pass.read(images, out.images.data());
    pass.read(texts, out.texts.data());
    pass.read(bench.definition->logits(pass, images, texts), out.logits.data());
  });
  return out;
}

// Fails when an operation changed the bits of an input: compares them before and after.
class GuardedPass final : public Pass {
 public:
  GuardedPass(const ParameterList& parameters, Pass& inner) : Pass(parameters), inner_(inner) {}
  void read(const Tensor& tensor, void* values) override { inner_.read(tensor, values); }
  std::vector<std::string> changed;
  int operations = 0;

 protected:
  void execute(const Operation& operation) override {
    const auto before = contents(operation);
    inner_.repeat(operation);
    if (contents(operation) != before) changed.push_back(operation.text(parameters()));
    operations++;
  }
  void write(const Tensor& tensor, FunctionRef<void(void*)> fill) override { inner_.repeat(tensor, fill); }

 private:
  std::vector<std::vector<char>> contents(const Operation& operation) {
    std::vector<std::vector<char>> all;
    for (const Tensor& input : operation.inputs()) {
      all.emplace_back(static_cast<size_t>(input.shape.rows.value() * input.shape.width.value()) * size_of(input.dtype));
      inner_.read(input, all.back().data());
    }
    return all;
  }
  Pass& inner_;
};

// A pass whose layer_norm and conv2d have also written their input, for all that its reader can tell: what the guard is there to see.
class FaultyPass final : public Pass {
 public:
  FaultyPass(const ParameterList& parameters, Pass& inner) : Pass(parameters), inner_(inner) {}
  void read(const Tensor& tensor, void* values) override {
    inner_.read(tensor, values);
    if (written_.count(tensor.id)) *static_cast<float*>(values) += 1;
  }

 protected:
  void execute(const Operation& operation) override {
    inner_.repeat(operation);
    if (const auto* norm = std::get_if<op::LayerNorm>(&operation.what)) written_.insert(norm->x.id);
    if (const auto* convolution = std::get_if<op::Conv2d>(&operation.what)) written_.insert(convolution->x.id);
  }
  void write(const Tensor& tensor, FunctionRef<void(void*)> fill) override { inner_.repeat(tensor, fill); }

 private:
  Pass& inner_;
  std::set<uint32_t> written_;
};

Program image_program(TowerBench& bench, const std::vector<uint8_t>& pixels, const Sequences& rows, float* out) {
  return [&bench, &pixels, rows, out](Pass& pass) {
    pass.read(bench.definition->image_tower()->forward(pass, bench.image_input(pass, rows, filled_from(pixels)), rows), out);
  };
}

Program text_program(TowerBench& bench, const std::vector<int32_t>& ids, const Sequences& rows, float* out) {
  return [&bench, &ids, rows, out](Pass& pass) {
    const Tensor input = pass.input(DType::i32, {rows.rows, 1}, filled_from(ids));
    pass.read(bench.definition->text_tower()->forward(pass, input, rows), out);
  };
}

}  // namespace

TEST_CASE("no operation changes an input, and the guard would see it") {
  for (const char* name : {"tiny-clip", "dinov2-swiglu", "siglip", "open-clip-resnet"}) {
    TowerBench bench(name);
    const std::vector<uint8_t> pixels = bench.pixels();
    const std::vector<int32_t> ids = bench.golden.packed_ids();
    std::vector<float> out(1 << 16);
    std::vector<Program> programs{image_program(bench, pixels, bench.image_rows(), out.data())};
    if (bench.definition->text_tower()) programs.push_back(text_program(bench, ids, bench.text_rows(), out.data()));
    for (const Program& program : programs) {
      bench.run(program, [&](Pass& pass, const Program& inner) {
        GuardedPass guard(bench.parameters(), pass);
        inner(guard);
        CHECK(guard.operations >= 12);
        CHECK(guard.changed.empty());
      });
      bench.run(program, [&](Pass& pass, const Program& inner) {
        FaultyPass faulty(bench.parameters(), pass);
        GuardedPass guard(bench.parameters(), faulty);
        inner(guard);
        CHECK_FALSE(guard.changed.empty());
      });
    }
  }
}

TEST_CASE("no operation of a sentence encoder changes an input") {
  for (const char* name : {"sentence-bert-cls", "sentence-mpnet", "sentence-roberta", "sentence-xlm-roberta"}) {
    CAPTURE(name);
    TowerBench bench(name);
    const std::vector<int32_t> ids = bench.golden.packed_ids();
    std::vector<float> out(1 << 16);
    bench.run(text_program(bench, ids, bench.text_rows(), out.data()), [&](Pass& pass, const Program& inner) {
      GuardedPass guard(bench.parameters(), pass);
      inner(guard);
      CHECK(guard.operations >= 16);
      CHECK(guard.changed.empty());
    });
  }
}

TEST_CASE("a model is recorded with symbolic rows, and its operations can be read") {
  TowerBench bench("tiny-clip");
  const int64_t per_image = bench.definition->image_spec()->rows_per_image;
  const auto nothing = [](void*) {};
  const Recording recording = record(bench.parameters(), [&](Pass& pass) {
    const Sequences rows{{per_image, Symbol::images}, {1, Symbol::images}, nullptr};
    pass.read(bench.definition->image_tower()->forward(pass, bench.image_input(pass, rows, nothing), rows), nullptr);
  });
  const std::string text = recording.text(bench.parameters());
  CAPTURE(text);
  CHECK(text.find("patches      %2 [" + std::to_string(per_image) + "·images, ") == 0);
  CHECK(text.find("image.block.0.qkv") != std::string::npos);
  CHECK(text.find("linear       %" + std::to_string(recording.tensors().back().tensor.id) + " [images, ") != std::string::npos);

  // An arena for n pictures is nearly n times that of one, but for the levels, and much smaller than all tensors side by side.
  const int64_t one = recording.plan({1, 1, 0, 0}).bytes, ten = recording.plan({1, 10, 0, 0}).bytes;
  CHECK(ten <= 10 * one);
  CHECK(ten >= 9 * (one - 3 * 256 * 4));
  int64_t all = 0;
  for (const auto& born : recording.tensors())
    all += born.tensor.shape.rows.value({1, 10, 0, 0}) * born.tensor.shape.width.value({1, 10, 0, 0}) * static_cast<int64_t>(size_of(born.tensor.dtype));
  CHECK(ten * 2 < all);

  // The last block computes pooled rows only: nothing behind its keys and values has all rows.
  bool behind_last_keys = false;
  for (const Operation& operation : recording.operations()) {
    if (behind_last_keys) CHECK(operation.out.shape.rows == Extent(1, Symbol::images));
    if (const auto* linear = std::get_if<op::Linear>(&operation.what)) behind_last_keys |= linear->parts == 2;
  }
  CHECK(behind_last_keys);
}

TEST_CASE("a pass stops after any block and goes on from bytes, in another pass, with equal bits") {
  for (const char* name : {"tiny-clip", "mixed-dtypes", "sentence-bert-cls", "sentence-mpnet", "vit-pooler", "dinov2-swiglu", "siglip", "open-clip-resnet"}) {
    CAPTURE(std::string(name));
    TowerBench bench(name);
    const std::vector<uint8_t> pixels = bench.golden.pictures.empty() ? std::vector<uint8_t>() : bench.pixels();
    const std::vector<int32_t> ids = bench.golden.packed_ids();
    const auto width = static_cast<size_t>(bench.definition->embedding_size());
    for (const models::Tower* tower : {bench.definition->image_tower(), bench.definition->text_tower()}) {
      if (!tower) continue;
      const bool is_image = tower == bench.definition->image_tower(), is_causal = bench.definition->image_tower() && !is_image;
      const Sequences rows = is_image ? bench.image_rows() : bench.text_rows();
      auto begin = [&](Pass& pass) {
        const models::TowerInput input = is_image ? bench.image_input(pass, rows, filled_from(pixels)) : pass.input(DType::i32, {rows.rows, 1}, filled_from(ids));
        return tower->begin(pass, input, rows);
      };
      std::vector<float> whole(static_cast<size_t>(rows.count.value()) * width), resumed(whole.size());
      bench.run([&](Pass& pass) {
        State state = begin(pass);
        while (state.next_block < tower->blocks()) state = tower->block(pass, state);
        pass.read(tower->finish(pass, state), whole.data());
      });
      CHECK(least_cosine(whole, is_image ? bench.golden.image_embeddings : bench.golden.text_embeddings) > (is_causal ? 0.0 : 0.999999));
      for (int stop = 0; stop <= tower->blocks(); stop++) {
        CAPTURE(stop);
        CAPTURE(is_image);
        std::vector<uint8_t> bytes;
        bench.run([&](Pass& pass) {
          State state = begin(pass);
          while (state.next_block < stop) state = tower->block(pass, state);
          bytes = save_state(pass, state);
        });
        const SavedState saved(bytes);
        std::fill(resumed.begin(), resumed.end(), -1.0f);
        bench.run([&](Pass& pass) {
          State state = saved.load(pass);
          CHECK(state.next_block == stop);
          while (state.next_block < tower->blocks()) state = tower->block(pass, state);
          pass.read(tower->finish(pass, state), resumed.data());
        });
        CHECK(std::memcmp(whole.data(), resumed.data(), whole.size() * sizeof(float)) == 0);
      }
    }
  }
}

TEST_CASE("blocks agree with the hidden states of transformers") {
  TowerBench bench("tiny-clip");
  const auto expected = bench.golden.json.at("hidden_text").get<std::vector<Matrix>>();  // of the first text, before the first block and after each
  const models::Tower& tower = *bench.definition->text_tower();
  const std::vector<int32_t> ids = bench.golden.ids.front();
  const Sequences rows = make_sequences(SequenceTable::uniform(1, static_cast<int64_t>(ids.size())));
  for (int stop = 0; stop < tower.blocks(); stop++) {
    std::vector<float> hidden;
    bench.run([&](Pass& pass) {
      State state = tower.begin(pass, pass.input(DType::i32, {rows.rows, 1}, filled_from(ids)), rows);
      while (state.next_block < stop) state = tower.block(pass, state);
      const Tensor& x = state.tensors.at("x");
      hidden.resize(static_cast<size_t>(x.shape.rows.value() * x.shape.width.value()));
      pass.read(x, hidden.data());
    });
    REQUIRE(hidden.size() == expected.at(static_cast<size_t>(stop)).size() * expected[static_cast<size_t>(stop)][0].size());
    CHECK(largest_difference(hidden, expected[static_cast<size_t>(stop)]) < 2e-5);
  }
}

TEST_CASE("dropping any parameter group is seen in the logits, and weights can be read back") {
  for (const std::string name : {"modern-eos", "tiny-clip"}) {
    if (name == on_slow_machine("tiny-clip", "")) continue;
    TowerBench sound(name);
    const std::vector<uint8_t> pixels = sound.pixels();
    const Outputs expected = run_all(sound, pixels);
    std::set<std::string> groups;  // a role without its block's number
    for (const ParameterSpec& spec : sound.parameters())
      for (int part = 0; part < spec.parts(); part++) {
        std::string group = spec.role + (spec.parts() > 1 ? "." + std::to_string(part) : "");
        if (const size_t block = group.find(".block."); block != std::string::npos) group.erase(block + 7, group.find('.', block + 7) - block - 7);
        if (!groups.insert(group).second) continue;
        const std::string dropped = spec.tensors[static_cast<size_t>(part)];
        const bool is_gain = group.find("gain") != std::string::npos;
        TowerBench broken(name, host::Isa::reference, [&](const std::string& tensor, float* values, int64_t count) {
          if (tensor == dropped) std::fill(values, values + count, is_gain ? 1.0f : 0.0f);
        });
        const Outputs got = run_all(broken, pixels);
        double moved = 0;
        for (size_t i = 0; i < got.logits.size(); i++) moved = std::max(moved, static_cast<double>(std::fabs(got.logits[i] - expected.logits[i])));
        CAPTURE(name);
        CAPTURE(dropped);
        // A bias of the keys adds the same to every score of a query, and softmax takes it away.
        if (group.ends_with("qkv.bias.1")) CHECK(moved < 1e-3);
        else CHECK(moved > 1e-2);
      }
    CHECK(groups.size() > 35);
  }
  for (host::Isa isa : {host::Isa::reference, host::Isa::avx2, host::Isa::avx512, host::Isa::neon}) {
    if (!host::isa_refusal(isa).empty()) continue;
    for (const char* name : {"mixed-dtypes", "open-clip-resnet"}) {
      TowerBench bench(name, isa);
      for (uint32_t p = 0; p < bench.parameters().size(); p++) {
        const ParameterSpec& spec = bench.parameters()[{p}];
        for (int part = 0; part < spec.parts(); part++) {
          std::vector<float> there(static_cast<size_t>(spec.part_numbers())), back(there.size(), -1.0f);
          bench.source->read(spec.tensors[static_cast<size_t>(part)], 0, spec.part_rows(), spec.width(), there.data());
          bench.weights->read_back({p}, part, back.data());
          CHECK(std::memcmp(there.data(), back.data(), there.size() * sizeof(float)) == 0);
        }
      }
    }
  }
}

TEST_CASE("dropping any parameter group of a sentence encoder is seen in the embeddings") {
  for (const std::string& name : golden_models()) {
    if (!load_golden(name).pictures.empty()) continue;
    CAPTURE(name);
    const auto embeddings = [&](Edit edit) {
      TowerBench bench(name, host::Isa::reference, std::move(edit));
      const std::vector<int32_t> ids = bench.golden.packed_ids();
      std::vector<float> out(bench.golden.ids.size() * static_cast<size_t>(bench.definition->embedding_size()));
      bench.run(text_program(bench, ids, bench.text_rows(), out.data()));
      return out;
    };
    const std::vector<float> expected = embeddings({});
    CHECK(least_cosine(expected, load_golden(name).text_embeddings) > 0.999999);
    std::set<std::string> tensors;
    const TowerBench sound(name);
    for (const auto& [tensor, shape] : sound.parameters().tensors()) tensors.insert(tensor);
    CHECK(tensors.size() > 30);
    for (const std::string& dropped : tensors) {
      const bool is_gain = (dropped.find("Norm") != std::string::npos || dropped.find("norm") != std::string::npos) && dropped.ends_with("weight");
      const std::vector<float> got = embeddings([&](const std::string& tensor, float* values, int64_t count) {
        if (tensor == dropped) std::fill(values, values + count, is_gain ? 1.0f : 0.0f);
      });
      double moved = 0;
      for (size_t i = 0; i < got.size(); i++) moved = std::max(moved, static_cast<double>(std::fabs(got[i] - expected[i])));
      CAPTURE(dropped);
      // A bias of the keys adds the same to every score of a query, and softmax takes it away.
      const bool cancels = dropped.ends_with("key.bias") || dropped.ends_with("k_lin.bias") || dropped.ends_with("attn.k.bias");
      if (cancels) CHECK(moved < 1e-4);
      else CHECK(moved > 1e-2);
    }
  }
}

TEST_CASE("one definition runs with two weight sets at once") {
  TowerBench bench("tiny-clip");
  const auto half = bench.executor.prepare(bench.parameters(), EditedSource(*bench.source, [](const std::string&, float* values, int64_t count) {
                                             for (int64_t i = 0; i < count; i++) values[i] *= 0.5f;
                                           }));
  const std::vector<uint8_t> pixels = bench.pixels();
  std::vector<float> first(bench.golden.pictures.size() * static_cast<size_t>(bench.definition->embedding_size())), second(first.size());
  const Program whole = image_program(bench, pixels, bench.image_rows(), first.data()), halved = image_program(bench, pixels, bench.image_rows(), second.data());
  const Recording recording = record(bench.parameters(), whole);
  halved(*bench.executor.begin(bench.parameters(), *half, recording, {1, 1, 1, 1}, *bench.workspace));
  whole(*bench.executor.begin(bench.parameters(), *bench.weights, recording, {1, 1, 1, 1}, *bench.workspace));
  CHECK(least_cosine(first, bench.golden.image_embeddings) > 0.999999);
  CHECK(least_cosine(second, bench.golden.image_embeddings) < 0.999);
}
