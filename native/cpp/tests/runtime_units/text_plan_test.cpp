#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <set>

#include "core/sequence_table.h"
#include "runtime/text_plan.h"
#include "support/refusal.h"
#include "support/texts.h"

using namespace oag;
using namespace oag::test;
using models::TextSpec;

namespace {

TextSpec spec(TextSpec::End end, int64_t end_id = 2) { return {.vocabulary = 100, .max_tokens = 12, .end = end, .end_id = end_id}; }
TextSpec causal(int64_t end_id) { return {.vocabulary = 100, .max_tokens = 12, .end = TextSpec::End::token, .end_id = end_id, .causal = true}; }

TextPlan plan(const TextSpec& text_spec, const Texts& texts, int64_t max_tokens = 1000) {
  std::vector<int32_t> ids;
  std::vector<int64_t> offsets{0};
  for (const auto& text : texts) {
    ids.insert(ids.end(), text.begin(), text.end());
    offsets.push_back(static_cast<int64_t>(ids.size()));
  }
  return plan_texts(text_spec, ids.data(), offsets.data(), static_cast<int64_t>(texts.size()), max_tokens);
}

// What is computed for each text of the call.
Texts rows_of(const TextPlan& made) {
  Texts distinct;
  for (const TextPlan::Pass& pass : made.passes) {
    const SequenceTable& rows = *pass.rows.table;
    CHECK(pass.first_distinct == static_cast<int64_t>(distinct.size()));
    CHECK(rows.rows() == static_cast<int64_t>(pass.ids.size()));
    const Sequences last = choose_rows(pass.rows, RowChoice::last);
    const KeyChains chains = key_chains(*last.table, rows);
    for (int64_t s = 0; s < rows.count(); s++) {
      distinct.emplace_back();
      for (int64_t c = chains.offsets[static_cast<size_t>(s)]; c < chains.offsets[static_cast<size_t>(s) + 1]; c++) {
        const int64_t run = chains.runs[static_cast<size_t>(c)];
        CHECK(rows.first_position(run) == static_cast<int32_t>(distinct.back().size()));
        distinct.back().insert(distinct.back().end(), pass.ids.begin() + rows.begin(run), pass.ids.begin() + rows.begin(run) + rows.length(run));
      }
      CHECK(last.table->first_position(s) == static_cast<int32_t>(distinct.back().size()) - 1);
    }
  }
  Texts all;
  for (int64_t d : made.distinct_of) all.push_back(distinct.at(static_cast<size_t>(d)));
  return all;
}

}  // namespace

TEST_CASE("a text that lacks the padding its tower was trained with is refused") {
  TextSpec padded = spec(TextSpec::End::none);
  padded.pad_to = 4;
  padded.pad_id = 7;
  CHECK(rows_of(plan(padded, {{1, 2, 7, 7}, {3, 2, 1, 0}})) == Texts{{1, 2, 7, 7}, {3, 2, 1, 0}});
  CHECK(wrong_refusal(Status::invalid_argument, {"text 1 has 2 tokens", "texts of 4", "the id 7"}, [&] { plan(padded, {{1, 2, 7, 7}, {1, 2}}); }) == "");
}

TEST_CASE("nothing behind the end is computed: the first highest id") {
  const TextSpec highest = spec(TextSpec::End::highest_id);
  CHECK(rows_of(plan(highest, {{1, 5, 99, 0, 0}, {99, 1}, {3}, {1, 7, 7, 2}, {4, 3, 2, 1}})) == Texts{{1, 5, 99}, {99}, {3}, {1, 7}, {4}});
}

TEST_CASE("nothing behind the end is computed: the first end token, and the first row alone without one") {
  const TextSpec token = spec(TextSpec::End::token, 9);
  CHECK(rows_of(plan(token, {{1, 5, 9, 9, 50}, {9}, {1, 99, 98}, {50, 9}})) == Texts{{1, 5, 9}, {9}, {1}, {50, 9}});
}

TEST_CASE("equal texts are computed once, also when they differ behind their end") {
  const TextPlan made = plan(spec(TextSpec::End::token, 9), {{1, 9}, {2, 9}, {1, 9, 7}, {2, 9}, {1, 2, 9}, {1, 9, 9}});
  CHECK(made.distinct_of == std::vector<int64_t>{0, 1, 0, 1, 2, 0});
  REQUIRE(made.passes.size() == 1);
  CHECK(made.passes[0].ids == std::vector<int32_t>{1, 9, 2, 9, 1, 2, 9});
}

TEST_CASE("a text that begins like another is another") {
  const TextPlan made = plan(spec(TextSpec::End::highest_id), {{1, 2}, {1, 2, 3}, {1}});
  CHECK(made.distinct_of == std::vector<int64_t>{0, 1, 2});
}

TEST_CASE("passes hold at most max_tokens rows, and each as many as fit") {
  std::mt19937 random(3);
  for (int round = 0; round < 100; round++) {
    Texts texts(1 + random() % 40);
    for (auto& text : texts) {
      text.resize(1 + random() % 12);
      for (int32_t& id : text) id = static_cast<int32_t>(random() % 5);
      text.back() = 9;
    }
    const int64_t max_tokens = 1 + static_cast<int64_t>(random() % 30);
    const TextPlan made = plan(spec(TextSpec::End::token, 9), texts, max_tokens);
    CHECK(rows_of(made) == texts);
    for (size_t p = 0; p < made.passes.size(); p++) {
      const SequenceTable& rows = *made.passes[p].rows.table;
      CHECK((rows.rows() <= max_tokens || rows.count() == 1));
      if (p + 1 < made.passes.size()) CHECK(rows.rows() + made.passes[p + 1].rows.table->length(0) > max_tokens);
    }
    std::vector<std::vector<int32_t>> distinct = texts;
    std::sort(distinct.begin(), distinct.end());
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    const TextPlan::Pass& last = made.passes.back();
    CHECK(last.first_distinct + last.rows.table->count() == static_cast<int64_t>(distinct.size()));
  }
}

TEST_CASE("what causal texts begin with in common is there once, and texts are found in the caller's order") {
  const Texts texts{{1, 4, 5, 9}, {1, 3, 9}, {1, 4, 6, 9}, {2, 9}, {1, 4, 5, 9}, {1, 4, 5, 7, 9}};
  const TextPlan made = plan(causal(9), texts);
  REQUIRE(made.passes.size() == 1);
  CHECK(made.passes[0].ids == std::vector<int32_t>{1, 3, 9, 4, 5, 7, 9, 9, 6, 9, 2, 9});
  CHECK(made.passes[0].rows.table->tree().parents == std::vector<int32_t>{-1, 0, 0, 2, 3, 3, 2, -1});
  CHECK(made.distinct_of == std::vector<int64_t>{2, 0, 3, 4, 2, 1});
  CHECK(rows_of(made) == texts);
}

TEST_CASE("a text that another begins with ends inside it") {
  TextSpec highest = causal(0);
  highest.end = TextSpec::End::highest_id;
  const Texts texts{{1, 2, 3}, {1}, {1, 2}, {1, 2, 3, 4, 5}};
  const TextPlan made = plan(highest, texts);
  REQUIRE(made.passes.size() == 1);
  CHECK(made.passes[0].ids == std::vector<int32_t>{1, 2, 3, 4, 5});
  CHECK(made.passes[0].rows.table->tree().ends == std::vector<int32_t>{0, 1, 2, 3});
  CHECK(rows_of(made) == texts);
}

TEST_CASE("texts with nothing in common, and a single one, have no tree") {
  CHECK_FALSE(plan(causal(9), {{1, 2, 9}, {2, 9}}).passes[0].rows.table->has_tree());
  CHECK_FALSE(plan(causal(9), {{1, 2, 9}}).passes[0].rows.table->has_tree());
  CHECK_FALSE(plan(spec(TextSpec::End::token, 9), {{1, 2, 9}, {1, 3, 9}}).passes[0].rows.table->has_tree());
}

TEST_CASE("texts that begin alike land in one pass, wherever they are in the call") {
  Texts texts;
  for (int32_t i = 0; i < 60; i++) texts.push_back({1, 10 + i % 3, 20, 21, 30 + i, 9});
  const TextPlan made = plan(causal(9), texts, 2 * 20 + 4);
  CHECK(made.passes.size() == 3);
  for (const TextPlan::Pass& pass : made.passes) CHECK(pass.rows.rows == Extent(44));
  CHECK(rows_of(made) == texts);
}

TEST_CASE("trees of random texts: each text is whole, no pass has too many rows, and no row is there twice") {
  std::mt19937 random(5);
  for (int round = 0; round < 100; round++) {
    Texts texts(1 + random() % 40);
    for (auto& text : texts) {
      text.resize(1 + random() % 12);
      for (int32_t& id : text) id = static_cast<int32_t>(random() % 3);
      text.back() = 9;
    }
    const int64_t max_tokens = 1 + static_cast<int64_t>(random() % 60);
    const TextPlan made = plan(causal(9), texts, max_tokens);
    CHECK(rows_of(made) == texts);
    for (const TextPlan::Pass& pass : made.passes) {
      CHECK((pass.rows.rows.value() <= max_tokens || pass.rows.count == Extent(1)));
      std::set<std::vector<int32_t>> beginnings;
      const KeyChains chains = key_chains(*choose_rows(pass.rows, RowChoice::last).table, *pass.rows.table);
      for (size_t s = 0; s + 1 < chains.offsets.size(); s++) {
        std::vector<int32_t> ids;
        for (int64_t c = chains.offsets[s]; c < chains.offsets[s + 1]; c++)
          for (int64_t i = 0; i < pass.rows.table->length(chains.runs[static_cast<size_t>(c)]); i++) {
            ids.push_back(pass.ids[static_cast<size_t>(pass.rows.table->begin(chains.runs[static_cast<size_t>(c)]) + i)]);
            beginnings.insert(ids);
          }
      }
      CHECK(static_cast<int64_t>(beginnings.size()) == pass.rows.rows.value());
    }
  }
}

TEST_CASE("a tree as deep as its texts are many is planned like any other") {
  const int64_t count = 3000;
  std::vector<int32_t> ids;
  std::vector<int64_t> offsets{0};
  for (int64_t i = 0; i < count; i++) {
    ids.insert(ids.end(), static_cast<size_t>(i), 1);
    ids.push_back(9);
    offsets.push_back(static_cast<int64_t>(ids.size()));
  }
  TextSpec deep = causal(9);
  deep.max_tokens = count;
  const TextPlan made = plan_texts(deep, ids.data(), offsets.data(), count, 1 << 20);
  REQUIRE(made.passes.size() == 1);
  CHECK(made.passes[0].rows.rows == Extent(2 * count - 1));
}

TEST_CASE("texts the model cannot take are named") {
  const TextSpec token = spec(TextSpec::End::token);
  const auto refused = [&](const Texts& texts, std::initializer_list<std::string> parts) {
    return wrong_refusal(Status::invalid_argument, parts, [&] { plan(token, texts); });
  };
  CHECK(refused({{1}, {}}, {"text 1 has no tokens"}) == "");
  CHECK(refused({{1}, {1}, std::vector<int32_t>(13, 1)}, {"text 2 has 13 tokens and the model takes 12: truncate"}) == "");
  CHECK(refused({{1, 100}}, {"text 0 has the token id 100", "0 … 99", "another model's"}) == "");
  CHECK(refused({{2}, {2, -1}}, {"text 1 has the token id -1"}) == "");
  CHECK(refused({{INT32_MIN}}, {"token id -2147483648"}) == "");
  CHECK(rows_of(plan(token, {std::vector<int32_t>(12, 99), {0}})).size() == 2);
}

TEST_CASE("a call without texts has no passes") { CHECK(plan(spec(TextSpec::End::token), {}).passes.empty()); }
