// Texts that begin alike: each has the bits it has alone, in any company, order and number of passes.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

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

// Whether the weights are accurate in it or not, and leaving nothing behind.
PrecisionRequest request(Precision precision) {
  PrecisionRequest wanted(precision);
  wanted.allow_inaccurate = true;
  wanted.cache_folder = "";
  return wanted;
}

}  // namespace

TEST_CASE("texts of random trees have the bits they have alone, in every precision") {
  for_each_isa([](host::Isa isa) {
    const std::string folder = load_golden("modern-eos").folder;
    for (const Precision precision : {Precision::fp32, Precision::bf16, Precision::int8}) {
      CAPTURE(std::string(name_of(precision)));
      std::mt19937 random(17);
      const Model alone(std::make_shared<Runtime>(options(isa, 1)), folder, request(precision));
      const Model together(std::make_shared<Runtime>(options(isa, 3)), folder, request(precision));
      const Model cut(std::make_shared<Runtime>(options(isa, 2, 50)), folder, request(precision));
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

namespace {

// Calls of one model whose texts begin with one of three templates.
std::vector<Texts> template_calls(std::mt19937& random, int calls, size_t texts_of_each) {
  const Texts templates{{1, 20, 21, 22, 23}, {1, 20, 21, 30, 31, 32, 33, 34}, {1, 40, 41, 42}};
  std::vector<Texts> all;
  for (int c = 0; c < calls; c++) {
    Texts texts;
    for (size_t t = 0; t < texts_of_each; t++)
      for (const auto& beginning : templates) {
        texts.push_back(beginning);
        for (size_t more = 1 + random() % 3; more > 0; more--) texts.back().push_back(static_cast<int32_t>(100 + random() % 400));
        texts.back().push_back(599);
      }
    std::shuffle(texts.begin(), texts.end(), random);
    all.push_back(std::move(texts));
  }
  return all;
}

}  // namespace

TEST_CASE("a cache of prefixes, a tight one and none give the same bits, hit or miss, in every precision") {
  for_each_isa([](host::Isa isa) {
    const std::string folder = load_golden("modern-eos").folder;
    for (const Precision precision : {Precision::fp32, Precision::bf16, Precision::int8}) {
      CAPTURE(std::string(name_of(precision)));
      std::mt19937 random(23);
      const auto runtime = std::make_shared<Runtime>(options(isa, 2)), small = std::make_shared<Runtime>(options(isa, 2, 60));
      const Model off(runtime, folder, request(precision), {}, {.share = true, .cache_bytes = 0}), on(runtime, folder, request(precision)), cut(small, folder, request(precision)), whole(runtime, folder, request(precision), {}, {.share = false});
      const models::Tower& tower = *off.definition().text_tower();
      const Model tight(runtime, folder, request(precision), {}, {.share = true, .cache_bytes = PrefixCache::bytes_of(9, tower.blocks() * tower.keys_values_width())});
      for (const Texts& texts : template_calls(random, 6, 9)) {
        const std::vector<float> expected = encode_each(off, texts);
        CHECK(encode(off, texts) == expected);
        CHECK(encode(whole, texts) == expected);
        CHECK(encode(on, texts) == expected);
        CHECK(encode(tight, texts) == expected);
        CHECK(encode(cut, texts) == expected);
      }
      CHECK(off.prefix_statistics().lookups == 0);
      CHECK(whole.prefix_statistics().lookups == 0);
      const PrefixStatistics used = on.prefix_statistics();
      CHECK(used.entries == 3);
      CHECK(used.hits > 0);
      CHECK(used.rows_saved > 0);
      CHECK(used.evictions == 0);
      CHECK(cut.prefix_statistics().rows_saved > used.rows_saved);
      CHECK(tight.prefix_statistics().evictions > 0);
    }
  });
}

TEST_CASE("many threads share a tight cache of prefixes, with the bits of none") {
  const std::string folder = load_golden("modern-eos").folder;
  const auto runtime = std::make_shared<Runtime>(RuntimeOptions{.device = Device::host, .threads = 2, .plugin_folder = {}});
  const Model off(runtime, folder, Precision::fp32, {}, {.share = true, .cache_bytes = 0});
  const models::Tower& tower = *off.definition().text_tower();
  const Model tight(runtime, folder, Precision::fp32, {}, {.share = true, .cache_bytes = PrefixCache::bytes_of(9, tower.blocks() * tower.keys_values_width())});
  std::mt19937 random(29);
  const std::vector<Texts> calls = template_calls(random, on_slow_machine(3, 6), 4);
  std::vector<std::vector<float>> expected;
  for (const Texts& texts : calls) expected.push_back(encode(off, texts));
  std::atomic<int> wrong{0};
  std::vector<std::thread> callers;
  for (size_t caller = 0; caller < 6; caller++)
    callers.emplace_back([&, caller] {
      for (size_t round = 0; round < on_slow_machine<size_t>(3, 12); round++) {
        const size_t c = (caller + round) % calls.size();
        wrong += encode(tight, calls[c]) != expected[c];
      }
    });
  for (std::thread& caller : callers) caller.join();
  CHECK(wrong == 0);
  CHECK(tight.prefix_statistics().hits > 0);
}

TEST_CASE("a pass that continues kept rows stops after any block and goes on from bytes, with equal bits") {
  TowerBench bench("tiny-clip");
  const models::Tower& tower = *bench.definition->text_tower();
  const int64_t width = tower.keys_values_width(), row_floats = tower.blocks() * width;
  const std::vector<int32_t> ids{1, 20, 21, 22, 599}, first(ids.begin(), ids.begin() + 3), rest(ids.begin() + 3, ids.end());
  const Sequences whole_rows = make_sequences(SequenceTable({0, 5})), first_rows = make_sequences(SequenceTable({0, 3}));
  const Sequences kept_rows = make_sequences(SequenceTable({0, 3}, {0}, {{-1, 0}, {0}, {1}})), rest_rows = make_sequences(SequenceTable({0, 2}, {3}, {{-1, 0}, {1}, {1}}));
  std::vector<float> whole(static_cast<size_t>(bench.definition->embedding_size())), resumed(whole.size()), kept(static_cast<size_t>(3 * row_floats));
  bench.run([&](Pass& pass) { pass.read(tower.forward(pass, pass.input(DType::i32, {5, 1}, filled_from(ids)), whole_rows), whole.data()); });
  bench.run([&](Pass& pass) {
    State state = tower.begin(pass, pass.input(DType::i32, {3, 1}, filled_from(first)), first_rows);
    std::vector<float> block(static_cast<size_t>(3 * width));
    while (true) {
      pass.read(tower.keys_values(pass, state), block.data());
      for (int64_t row = 0; row < 3; row++) std::copy_n(block.data() + row * width, width, kept.data() + row * row_floats + state.next_block * width);
      if (state.next_block + 1 == tower.blocks()) return;
      state = tower.block(pass, state);
    }
  });
  const auto begin = [&](Pass& pass) {
    State state = tower.begin(pass, pass.input(DType::i32, {2, 1}, filled_from(rest)), rest_rows);
    state.tensors["prefix"] = pass.input(DType::f32, {3, row_floats}, filled_from(kept));
    state.sequences["prefix"] = kept_rows;
    return state;
  };
  for (int stop = 0; stop <= tower.blocks(); stop++) {
    std::vector<uint8_t> bytes;
    bench.run([&](Pass& pass) {
      State state = begin(pass);
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
  CHECK(bench.definition->image_tower()->keys_values_width() == 0);
}
