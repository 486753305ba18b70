#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "runtime/prefix_cache.h"
#include "support/texts.h"

using namespace oag;
using namespace oag::test;

namespace {

constexpr int64_t row_floats = 4;

std::vector<TextRows> sorted_rows(const Texts& texts) {
  std::vector<TextRows> rows;
  for (const auto& text : texts) rows.push_back({text.data(), static_cast<int64_t>(text.size())});
  std::sort(rows.begin(), rows.end(), before);
  return rows;
}

// `count` texts that begin with `beginning` and go on differently.
Texts like(const std::vector<int32_t>& beginning, int32_t count, int32_t from = 100) {
  Texts texts;
  for (int32_t i = 0; i < count; i++) {
    texts.push_back(beginning);
    texts.back().insert(texts.back().end(), {from + i, 9});
  }
  return texts;
}

// A call: what is missing is filled, kept, and then found.
std::vector<PrefixCache::Found> call(PrefixCache& cache, const Texts& texts, int64_t most_rows = 512) {
  const auto rows = sorted_rows(texts);
  for (const auto& prefix : cache.missing(rows, most_rows)) {
    for (int64_t i = 0; i < prefix->rows().length; i++) prefix->keys_values.at(static_cast<size_t>(i * row_floats)) = static_cast<float>(prefix->rows().ids[i]);
    cache.keep(prefix);
  }
  return cache.find(rows);
}

}  // namespace

TEST_CASE("a beginning is kept when a later call has it again, once eight texts began so") {
  PrefixCache cache(1 << 20, row_floats);
  for (const auto& found : call(cache, like({1, 2, 3}, 8))) CHECK(found.rows == 0);
  CHECK(cache.statistics().entries == 0);
  const auto found = call(cache, like({1, 2, 3}, 2, 200));
  REQUIRE(found.size() == 2);
  for (const auto& of : found) {
    CHECK(of.rows == 3);
    CHECK(of.prefix->keys_values[row_floats] == 2);
  }
  cache.count_saved(3);
  const PrefixStatistics now = cache.statistics();
  CHECK(now.lookups == 10);
  CHECK(now.hits == 2);
  CHECK(now.rows_saved == 3);
  CHECK(now.entries == 1);
  CHECK(now.bytes == PrefixCache::bytes_of(3, row_floats));
  CHECK(now.evictions == 0);
}

TEST_CASE("single texts of many calls make a template too, and the same text again and again does not") {
  PrefixCache same(1 << 20, row_floats), different(1 << 20, row_floats);
  for (int32_t i = 0; i < 30; i++) {
    call(same, {{1, 2, 3, 4, 9}});
    CHECK(call(different, {{1, 2, 3, 100 + i, 9}})[0].rows == (i < 8 ? 0 : 3));
  }
  CHECK(same.statistics().entries == 0);
  CHECK(different.statistics().hits == 22);
}

TEST_CASE("a text uses as many kept rows as it begins with, and never all of its own") {
  PrefixCache cache(1 << 20, row_floats);
  call(cache, like({1, 2, 3, 4}, 8));
  call(cache, like({1, 2, 3, 4}, 1, 200));
  const auto found = call(cache, {{1, 2}, {1, 2, 3}, {1, 2, 3, 4, 5}, {1, 2, 8}, {1, 7}, {6}});
  const std::vector<int64_t> wanted{1, 2, 4, 2, 1, 0};  // sorted
  for (size_t i = 0; i < wanted.size(); i++) CHECK(found[i].rows == wanted[i]);
}

TEST_CASE("a start token alone, or a row more than is there, is not worth an entry; a longer beginning replaces the shorter") {
  PrefixCache cache(1 << 20, row_floats);
  for (int round = 0; round < 3; round++) call(cache, like({1}, 20, 100 + 20 * round));
  CHECK(cache.statistics().entries == 0);
  for (int round = 0; round < 2; round++) call(cache, like({1, 2, 3, 4}, 8, 300 + 20 * round));
  CHECK(cache.statistics().entries == 1);
  for (int round = 0; round < 2; round++) call(cache, like({1, 2, 3, 4, 5}, 8, 300 + 20 * round));
  CHECK(call(cache, like({1, 2, 3, 4, 5}, 1))[0].rows == 4);
  for (int round = 0; round < 2; round++) call(cache, like({1, 2, 3, 4, 5, 6, 7}, 8, 300 + 20 * round));
  CHECK(call(cache, like({1, 2, 3, 4, 5, 6, 7}, 1))[0].rows == 7);
  CHECK(cache.statistics().entries == 1);
  CHECK(cache.statistics().bytes == PrefixCache::bytes_of(7, row_floats));
}

TEST_CASE("in a long call a beginning is that of a good part of it") {
  PrefixCache cache(1 << 20, row_floats);
  Texts many = like({1, 2, 3}, 900);
  call(cache, many);
  const Texts rare = like({1, 2, 3, 500, 501, 502}, 8), more = like({1, 2, 3, 500, 501, 502}, 8, 300);
  call(cache, rare);
  many.insert(many.end(), more.begin(), more.end());
  call(cache, many);
  CHECK(cache.statistics().bytes == PrefixCache::bytes_of(3, row_floats));
  for (const auto& found : call(cache, more)) CHECK(found.rows == 6);  // of that call they are all
}

TEST_CASE("the limit holds, the entry used longest ago goes first, and what a call holds counts until it lets go") {
  const int64_t entry = PrefixCache::bytes_of(3, row_floats);
  PrefixCache cache(2 * entry, row_floats);
  for (int32_t t = 1; t <= 3; t++) call(cache, like({t, 2, 3}, 8));
  call(cache, like({1, 2, 3}, 1, 200));
  call(cache, like({2, 2, 3}, 1, 200));
  auto held = call(cache, like({1, 2, 3}, 1, 300));
  CHECK(held[0].rows == 3);
  call(cache, like({3, 2, 3}, 1, 200));  // in place of the second
  CHECK(cache.statistics().evictions == 1);
  CHECK(cache.statistics().bytes == 2 * entry);
  CHECK(cache.find(sorted_rows({{2, 2, 3, 4}}))[0].rows == 0);
  CHECK(cache.find(sorted_rows({{3, 2, 3, 4}}))[0].rows == 3);
  // The first goes from the cache and stays in the call: there is room for one of the others only.
  call(cache, like({2, 2, 3}, 1, 400));
  CHECK(cache.statistics().evictions >= 2);
  CHECK(cache.statistics().bytes <= 2 * entry);
  CHECK(held[0].prefix->keys_values[row_floats] == 2);
  held.clear();
  CHECK(cache.statistics().bytes <= 2 * entry);

  PrefixCache tiny(entry - 1, row_floats);
  for (int round = 0; round < 3; round++) CHECK(call(tiny, like({1, 2, 3}, 8, 100 * round))[0].rows == 0);
  CHECK(tiny.statistics().bytes == 0);
}

TEST_CASE("as many rows as may be computed at once") {
  PrefixCache cache(1 << 20, row_floats);
  Texts texts;
  for (int32_t t = 1; t <= 3; t++)
    for (const auto& text : like({t, 2, 3}, 9)) texts.push_back(text);
  call(cache, texts, 7);
  call(cache, texts, 7);
  CHECK(cache.statistics().entries == 2);
  call(cache, texts, 7);
  CHECK(cache.statistics().entries == 3);
  PrefixCache none(1 << 20, row_floats);
  for (int round = 0; round < 2; round++) call(none, like({1, 2, 3}, 8, 100 * round), 2);
  CHECK(none.statistics().entries == 0);
}

TEST_CASE("a prefix outlives its cache where a call holds it") {
  std::vector<PrefixCache::Found> held;
  {
    PrefixCache cache(1 << 20, row_floats);
    call(cache, like({1, 2, 3}, 8));
    held = call(cache, like({1, 2, 3}, 1, 200));
  }
  CHECK(held.at(0).prefix->keys_values[0] == 1);
}

TEST_CASE("many threads share a tight cache") {
  PrefixCache cache(3 * PrefixCache::bytes_of(3, row_floats), row_floats);
  std::atomic<int> wrong{0};
  std::vector<std::thread> callers;
  for (int32_t c = 0; c < 6; c++)
    callers.emplace_back([&, c] {
      for (int32_t round = 0; round < 60; round++) {
        const int32_t first = 1 + (c + round) % 5;
        for (const auto& found : call(cache, like({first, 2, 3}, 8, 100 + round)))
          wrong += found.rows != 0 && (found.rows != 3 || found.prefix->keys_values[0] != static_cast<float>(first));
        wrong += cache.statistics().bytes > 3 * PrefixCache::bytes_of(3, row_floats);
      }
    });
  for (std::thread& caller : callers) caller.join();
  CHECK(wrong == 0);
  CHECK(cache.statistics().evictions > 0);
}
