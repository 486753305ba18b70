// Exact search against a naive one: ties, filters, more asked for than there is, threads.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <thread>

#include "search/store.h"
#include "search/tables.h"
#include "support/refusal.h"

using namespace oag;
using namespace oag::search;
using namespace oag::search::tests;
using oag::test::wrong_refusal;

namespace {

// Scores one pair at a time, sorts all: nothing of the blockwise search in it.
std::vector<Hit> naive(const ScoreKernels& kernels, const StoreSettings& settings, const float* query, const std::vector<float>& rows, int64_t k,
                       const std::vector<uint64_t>* filter) {
  const int64_t width = settings.dimension, count = static_cast<int64_t>(rows.size()) / width;
  const PreparedQueries prepared(settings.row_type, settings.metric, query, 1, width);
  AlignedBuffer row(static_cast<size_t>(padded_width(settings.row_type, width) * element_bytes(settings.row_type)));
  std::memset(row.as(), 0, row.bytes());
  std::vector<Hit> hits;
  for (int64_t r = 0; r < count; ++r) {
    if (filter && !((*filter)[static_cast<size_t>(r / 64)] >> (r % 64) & 1)) continue;
    const RowFactors own = encode_row(settings.row_type, settings.metric, rows.data() + r * width, width, row.as());
    Hit hit{r, 0};
    prepared.score(kernels, 0, 1, {row.as(), &own.scale, &own.factor, 1}, &hit.score, 1);
    hits.push_back(hit);
  }
  std::stable_sort(hits.begin(), hits.end(), [](const Hit& a, const Hit& b) { return a.score > b.score; });
  if (static_cast<int64_t>(hits.size()) > k) hits.resize(static_cast<size_t>(k));
  return hits;
}

IdBatch numbered(std::vector<int64_t>& numbers, int64_t first, int64_t count) {
  numbers.clear();
  for (int64_t i = 0; i < count; ++i) numbers.push_back(first + i);
  return {numbers.data(), nullptr, nullptr, count};
}

void append_all(Store& store, const std::vector<float>& rows) {
  std::vector<int64_t> numbers;
  store.append(rows.data(), numbered(numbers, store.count(), static_cast<int64_t>(rows.size()) / store.settings().dimension));
}

}  // namespace

TEST_CASE("exact top k equals a naive search, ties included, on 120 random cases per instruction set") {
  ThreadPool one(1), three(3);
  for_each_table([&](const ScoreKernels& kernels) {
    std::minstd_rand random(17);
    const auto upto = [&](int64_t least, int64_t most) { return least + static_cast<int64_t>(random() % static_cast<unsigned>(most - least + 1)); };
    for (int i = 0; i < 120; ++i) {
      StoreSettings settings;
      settings.metric = static_cast<Metric>(i % 3);
      settings.row_type = static_cast<RowType>(i / 3 % 3);
      settings.dimension = i % 10 == 9 ? upto(512, 1025) : upto(1, 70);
      const int64_t count = i % 7 == 0 ? upto(1, 3) : i % 11 == 0 ? upto(4000, 6000) : upto(1, 700);
      const int64_t queries = upto(1, 11), k = i % 5 == 0 ? count + 10 : upto(1, std::min<int64_t>(count, 40));
      CAPTURE(i);
      std::vector<float> rows = random_floats(count * settings.dimension, static_cast<unsigned>(i) + 1);
      // Ties: whole numbers in a few values, and rows that are copies of others.
      if (i % 2) for (float& value : rows) value = std::round(value);
      for (int64_t r = 1; r < count; r += 2)
        if (random() % 2) std::copy_n(rows.begin() + (random() % static_cast<unsigned>(r)) * settings.dimension, settings.dimension, rows.begin() + r * settings.dimension);
      std::vector<float> asked = random_floats(queries * settings.dimension, static_cast<unsigned>(i) + 1000);
      if (i % 2) for (float& value : asked) value = std::round(value);
      std::vector<uint64_t> filter(static_cast<size_t>(count / 64 + 1));
      const int filtering = i % 4;  // none, all, some, few
      for (uint64_t& word : filter) word = filtering == 1 ? ~uint64_t{0} : filtering == 2 ? random() * uint64_t{0x9e3779b97f4a7c15} : random() % 3 ? 0 : 0x0400000000010000;
      Store store(settings);
      append_all(store, rows);
      const std::vector<uint64_t>* const used = filtering ? &filter : nullptr;
      for (ThreadPool* pool : {&one, &three}) {
        const auto found = store.search(asked.data(), queries, k, {used ? filter.data() : nullptr, count}, kernels, *pool);
        REQUIRE(found.size() == static_cast<size_t>(queries));
        for (int64_t q = 0; q < queries; ++q) {
          const std::vector<Hit> expected = naive(kernels, settings, asked.data() + q * settings.dimension, rows, k, used), &got = found[static_cast<size_t>(q)];
          REQUIRE(got.size() == expected.size());
          for (size_t h = 0; h < got.size(); ++h) {
            REQUIRE(got[h].row == expected[h].row);
            REQUIRE(std::memcmp(&got[h].score, &expected[h].score, sizeof(float)) == 0);
          }
        }
      }
    }
  });
}

TEST_CASE("a filter that nothing passes finds nothing, nor rows behind its end") {
  ThreadPool pool(2);
  StoreSettings settings;
  settings.dimension = 3;
  Store store(settings);
  const float query[3] = {1, 2, 3};
  const ScoreKernels& kernels = plain_kernels();
  CHECK(store.search(query, 1, 5, {}, kernels, pool)[0].empty());  // an empty store
  append_all(store, random_floats(3 * 200, 1));
  const std::vector<uint64_t> none(4, 0);
  CHECK(store.search(query, 1, 5, {none.data(), 200}, kernels, pool)[0].empty());
  const std::vector<uint64_t> all(4, ~uint64_t{0});
  for (const int64_t rows : {0, 1, 63, 64, 65, 127, 128, 200, 256}) {
    const auto hits = store.search(query, 1, 1000, {all.data(), rows}, kernels, pool)[0];
    CHECK(static_cast<int64_t>(hits.size()) == std::min<int64_t>(rows, 200));
    for (const Hit& hit : hits) CHECK(hit.row < rows);
  }
  CHECK(wrong_refusal(Status::invalid_argument, {"k is 0"}, [&] { store.search(query, 1, 0, {}, kernels, pool); }) == "");
  const float bad[3] = {1, NAN, 3};
  CHECK(wrong_refusal(Status::invalid_argument, {"queries[0]", "NaN", "element 1"}, [&] { store.search(bad, 1, 1, {}, kernels, pool); }) == "");
}

TEST_CASE("rows over several parts of memory are found by their number") {
  ThreadPool pool(2);
  StoreSettings settings;
  settings.dimension = 16384;  // 64 KiB a row: 512 rows to a part
  settings.metric = Metric::dot;
  Store store(settings);
  std::vector<float> row(static_cast<size_t>(settings.dimension), 0.0f);
  for (int64_t r = 0; r < 1100; ++r) {
    row[0] = static_cast<float>(r % 1050);
    const int64_t id = r * 10;
    store.append(row.data(), {&id, nullptr, nullptr, 1});
  }
  std::vector<float> query(row.size(), 0.0f);
  query[0] = 1;
  const auto hits = store.search(query.data(), 1, 3, {}, plain_kernels(), pool)[0];
  CHECK(hits[0].row == 1049);
  CHECK(hits[1].row == 1048);
  CHECK(store.with_ids([](const Ids& ids) { return ids.number(1048); }) == 10480);
}

TEST_CASE("threads that search while rows come find what was there, or more") {
  ThreadPool pool(2);
  StoreSettings settings;
  settings.dimension = 8;
  settings.metric = Metric::dot;
  Store store(settings);
  const std::vector<float> one(8, 1.0f);
  std::atomic<bool> done = false;
  std::vector<std::thread> searchers;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 2; ++t)
    searchers.emplace_back([&] {
      while (!done) {
        const int64_t before = store.count();
        const auto hits = store.search(one.data(), 1, 100000, {}, plain_kernels(), pool)[0];
        if (static_cast<int64_t>(hits.size()) < before) wrong++;
        for (size_t i = 1; i < hits.size(); ++i)
          if (!better(hits[i - 1], hits[i])) wrong++;
      }
    });
  for (int64_t r = 0; r < 500; ++r) store.append(random_floats(8, static_cast<unsigned>(r)).data(), {&r, nullptr, nullptr, 1});
  done = true;
  for (std::thread& thread : searchers) thread.join();
  CHECK(wrong == 0);
  CHECK(store.count() == 500);
}
