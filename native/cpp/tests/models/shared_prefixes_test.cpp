// Texts that begin alike: each has the bits it has alone, in any company, order and number of passes.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <random>

#include "models/tower_bench.h"
#include "ops/state_bytes.h"
#include "runtime/model.h"
#include "runtime/text_plan.h"
#include "support/each_isa.h"
#include "support/golden.h"
#include "support/machine.h"
#include "support/texts.h"

using namespace oag;
using namespace oag::test;

namespace {

RuntimeOptions options(host::Isa isa, int threads, int64_t max_tokens = 0) {
  return {.device = Device::host, .isa = static_cast<int>(isa), .threads = threads, .max_tokens = max_tokens, .plugin_folder = {}};
}

}  // namespace

TEST_CASE("texts of random trees have the bits they have alone, in every precision") {
  for_each_isa([](host::Isa isa) {
    const std::string folder = load_golden("modern-eos").folder;
    for (const Precision precision : {Precision::fp32, Precision::bf16, Precision::int8}) {
      CAPTURE(std::string(name_of(precision)));
      std::mt19937 random(17);
      const Model alone(std::make_shared<Runtime>(options(isa, 1)), folder, precision);
      const Model together(std::make_shared<Runtime>(options(isa, 3)), folder, precision);
      const Model cut(std::make_shared<Runtime>(options(isa, 2, 50)), folder, precision);
      for (int round = 0; round < on_slow_machine(1, 3); round++) {
        const Texts texts = random_texts(random, on_slow_machine<size_t>(6, 40), alone.definition().text_spec()->max_tokens);
        const std::vector<float> expected = encode_each(alone, texts);
        CHECK(encode(together, texts) == expected);
        CHECK(encode(cut, texts) == expected);
      }
    }
  });
}

TEST_CASE("one text, the same text twice, texts out of order, and a text that another begins with") {
  const Model model(std::make_shared<Runtime>(RuntimeOptions{.device = Device::host, .threads = 2, .plugin_folder = {}}), load_golden("tiny-clip").folder, Precision::fp32);
  // Of this folder's models a text ends at its first highest id.
  const std::vector<Texts> calls{{{5, 6, 7, 599}}, {{5, 6, 599}, {5, 6, 599}}, {{5, 9, 599}, {1, 2, 599}, {5, 8, 599}, {1, 599}}, {{5, 6, 7, 8}, {5, 6}, {5}, {5, 6, 7}}};
  for (const Texts& texts : calls) CHECK(encode(model, texts) == encode_each(model, texts));
}

TEST_CASE("golden texts share the rows they begin with, and embeddings are those of transformers") {
  for_each_isa([](host::Isa isa) {
    const Golden golden = load_golden("tiny-clip");
    const Model model(std::make_shared<Runtime>(options(isa, 2)), golden.folder, Precision::fp32);
    const TextPlan plan = plan_texts(*model.definition().text_spec(), golden.packed_ids().data(), golden.offsets().data(), static_cast<int64_t>(golden.ids.size()), 2048);
    REQUIRE(plan.passes.size() == 1);
    CHECK(plan.passes[0].rows.table->has_tree());
    CHECK(least_cosine(encode(model, golden.ids), golden.text_embeddings) >= 0.999999);
  });
}

TEST_CASE("a pass over a tree stops after any block and goes on from bytes, with equal bits") {
  TowerBench bench("tiny-clip");
  const models::Tower& tower = *bench.definition->text_tower();
  const TextPlan plan = plan_texts(*bench.definition->text_spec(), bench.golden.packed_ids().data(), bench.golden.offsets().data(),
                                   static_cast<int64_t>(bench.golden.ids.size()), 2048);
  const TextPlan::Pass& texts = plan.passes.at(0);
  const size_t numbers = static_cast<size_t>(texts.rows.count.value() * bench.definition->embedding_size());
  std::vector<float> whole(numbers), resumed(numbers);
  bench.run([&](Pass& pass) { pass.read(tower.forward(pass, pass.input(DType::i32, {texts.rows.rows, 1}, filled_from(texts.ids)), texts.rows), whole.data()); });
  for (int stop = 0; stop <= tower.blocks(); stop++) {
    std::vector<uint8_t> bytes;
    bench.run([&](Pass& pass) {
      State state = tower.begin(pass, pass.input(DType::i32, {texts.rows.rows, 1}, filled_from(texts.ids)), texts.rows);
      while (state.next_block < stop) state = tower.block(pass, state);
      bytes = save_state(pass, state);
    });
    const SavedState saved(bytes);
    bench.run([&](Pass& pass) {
      State state = saved.load(pass);
      while (state.next_block < tower.blocks()) state = tower.block(pass, state);
      pass.read(tower.finish(pass, state), resumed.data());
    });
    CHECK(resumed == whole);
  }
}
