// Attention over runs of keys, on every instruction set.
#include <algorithm>
#include <cmath>
#include <memory>

#include "kernels/comparison.h"
#include "kernels/guarded.h"
#include "kernels/tables.h"

using namespace oag::host;
using oag::test::on_slow_machine;
using namespace oag::host::tests;
using oag::Precision;

namespace {

struct Problem {
  Problem(int64_t queries_, int64_t keys_, int64_t head_size_) : queries(queries_), keys(keys_), head_size(head_size_) {}

  int64_t queries, keys, head_size;
  bool causal = false;
  int64_t first_query_position = 0;
  int64_t first_key_position = 0;
  std::vector<int64_t> cuts;  // where the keys are cut into runs
  float scale = 0.125f;
  std::vector<float> q;  // [queries, head_size]
  std::vector<float> k;  // [keys, head_size]
  std::vector<float> v;  // [keys, head_size]
  std::vector<float> bias;  // of the distances −(bias.size() − 1) / 2 … (bias.size() − 1) / 2, or empty
  int64_t distance(int64_t query, int64_t key) const { return first_key_position + key - first_query_position - query; }
  float bias_of(int64_t query, int64_t key) const { return bias.empty() ? 0 : bias[static_cast<size_t>(distance(query, key) + static_cast<int64_t>(bias.size()) / 2)]; }
};

Problem make_problem(int64_t queries, int64_t keys, int64_t head_size, unsigned seed) {
  Problem p(queries, keys, head_size);
  p.q = random_floats(static_cast<size_t>(queries * head_size), seed);
  p.k = random_floats(static_cast<size_t>(keys * head_size), seed + 1);
  p.v = random_floats(static_cast<size_t>(keys * head_size), seed + 2);
  p.scale = 2.0f / std::sqrt(static_cast<float>(head_size));
  return p;
}

int64_t visible(const Problem& p, int64_t query) {
  if (!p.causal) return p.keys;
  return std::clamp<int64_t>(p.first_query_position + query - p.first_key_position + 1, 0, p.keys);
}

std::vector<double> exact_attention(const Problem& p) {
  std::vector<double> out(static_cast<size_t>(p.queries * p.head_size), 0.0);
  for (int64_t i = 0; i < p.queries; ++i) {
    const int64_t count = visible(p, i);
    std::vector<double> scores;
    double largest = -INFINITY, sum = 0;
    for (int64_t j = 0; j < count; ++j) {
      double score = 0;
      for (int64_t d = 0; d < p.head_size; ++d) score += double{p.q[i * p.head_size + d]} * p.k[j * p.head_size + d];
      scores.push_back(score * p.scale + p.bias_of(i, j));
      largest = std::fmax(largest, scores.back());
    }
    for (double& score : scores) sum += score = std::exp(score - largest);
    for (int64_t j = 0; j < count; ++j) {
      for (int64_t d = 0; d < p.head_size; ++d) out[i * p.head_size + d] += scores[j] / sum * p.v[j * p.head_size + d];
    }
  }
  return out;
}

// One implementation of attention, and the plain one of the same precision.
struct Attention {
  std::string name;
  Isa isa;
  Precision precision;
  const AttentionKernels& kernels;
  const AttentionKernels& plain;
};

template <typename Test>
void for_each_attention(Test test) {
  for_each_table([&](const Kernels& table) {
    const Kernels& plain = plain_kernels();
    INFO("fp32");
    test(Attention{std::string(table.name) + " fp32", table.isa, Precision::fp32, table.attention, plain.attention});
    INFO("bf16");
    test(Attention{std::string(table.name) + " bf16", table.isa, Precision::bf16, table.bf16_attention, plain.bf16_attention});
  });
}

// One call, in guarded memory: each run its own, strides of their own, queries first … first + count − 1.
std::vector<float> attend(const AttentionKernels& kernels, const Problem& p, int64_t first = 0, int64_t count = -1) {
  count = count < 0 ? p.queries : count;
  GuardedRows q(p.queries, p.head_size, p.head_size + 3, p.q), out(count, p.head_size, p.head_size + 1);
  std::vector<int64_t> cuts = p.cuts;
  cuts.push_back(p.keys);
  std::vector<std::unique_ptr<GuardedRows>> memory;
  std::vector<KeyRun> runs;
  int64_t begin = 0;
  for (const int64_t end : cuts) {
    const auto slice = [&](const std::vector<float>& rows, int64_t gap) {
      memory.push_back(std::make_unique<GuardedRows>(
          end - begin, p.head_size, p.head_size + gap,
          std::vector<float>(rows.begin() + begin * p.head_size, rows.begin() + end * p.head_size)));
      return memory.back().get();
    };
    GuardedRows* keys = slice(p.k, 5);
    GuardedRows* values = slice(p.v, 2);
    runs.push_back({keys->row(0), values->row(0), keys->stride(), values->stride(), end - begin, p.first_key_position + begin});
    begin = end;
  }
  const size_t scratch_bytes = kernels.scratch(p.keys, p.head_size);
  Guarded scratch((scratch_bytes + 3) / 4, 64);
  AttentionTask task{};
  task.queries = q.row(first);
  task.query_stride = q.stride();
  task.query_count = count;
  task.first_query_position = p.first_query_position + first;
  task.runs = runs.data();
  task.run_count = static_cast<int>(runs.size());
  task.head_size = p.head_size;
  task.scale = p.scale;
  task.causal = p.causal;
  Guarded bias(p.bias.size(), 4);
  std::copy(p.bias.begin(), p.bias.end(), bias.data());
  task.position_bias = p.bias.empty() ? nullptr : bias.data() + p.bias.size() / 2;
  task.out = out.row(0);
  task.out_stride = out.stride();
  task.scratch = scratch.data();
  kernels.attend(task);
  REQUIRE(out.surroundings_intact());
  REQUIRE(scratch.surroundings_intact());
  return out.values();
}

std::vector<float> row_of(const std::vector<float>& rows, int64_t width, int64_t row) {
  return {rows.begin() + row * width, rows.begin() + (row + 1) * width};
}

void take(Samples& samples, const Attention& attention, const Problem& p) {
  samples.take(attend(attention.kernels, p), attend(attention.plain, p), exact_attention(p));
}

}  // namespace

TEST_CASE("attention: error against fp64, over sizes that straddle vectors and blocks") {
  for_each_attention([](const Attention& attention) {
    Summary summary;
    unsigned seed = 0;
    for (const int64_t head_size : {1, 3, 7, 8, 15, 16, 17, 32, 33, 64, 72, 80, 96, 128, 256}) {
      Samples samples;
      for (const int64_t keys : {1, 2, 7, 15, 16, 17, 31, 33, 50, 77, 130}) {
        for (const int64_t queries : {1, 5, 6, 7, 13, 14, 15, 50}) {
          ++seed;
          if (head_size > 96 && seed % 3 != 0) continue;  // enough of the long ones
          if (seed % on_slow_machine(5u, 1u) != 0) continue;
          Problem p = make_problem(queries, keys, head_size, seed);
          p.causal = seed % 2 == 0;
          p.first_query_position = 4 + (seed % 3 == 0 ? keys : 0);
          p.first_key_position = 4;
          if (keys > 3 && seed % 3 != 1) p.cuts = {keys / 3, keys / 3, keys - 1};  // an empty run among them
          take(samples, attention, p);
        }
      }
      CAPTURE(head_size);
      const Comparison c = samples.judge();
      CHECK_MESSAGE(c.fault.empty(), c.text());
      summary.take(c);
    }
    MESSAGE(attention.name << " attention: " << summary.text());
  });
}

TEST_CASE("attention: a bias of the distance between key and query, read for the distances that occur and no others") {
  for_each_attention([](const Attention& attention) {
    Samples samples;
    unsigned seed = 0;
    for (const int64_t keys : {1, 7, 16, 17, 50, 130, 641, 1300}) {
      for (const int64_t queries : {1, 5, 13, 50}) {
        ++seed;
        if (keys > 600 && queries < 13) continue;
        Problem p = make_problem(queries, keys, 20, seed);
        p.causal = seed % 2 == 0;
        p.first_query_position = seed % 3 * 10;
        if (keys > 3) p.cuts = {keys / 3, keys / 3, keys - 1};
        // The largest distance is that of the last key from the first query, or of the first key from the last query.
        const int64_t span = std::max({keys - 1 - p.first_query_position, p.first_query_position + queries - 1, int64_t{0}});
        p.bias = random_floats(static_cast<size_t>(2 * span + 1), seed + 9, 2.0f);
        take(samples, attention, p);
        const std::vector<float> all = attend(attention.kernels, p);
        REQUIRE(same_bits(attend(attention.kernels, p, queries / 2, 1), row_of(all, 20, queries / 2)));
      }
    }
    const Comparison c = samples.judge();
    CHECK_MESSAGE(c.fault.empty(), c.text());
    MESSAGE(attention.name << " attention with a bias: " << c.text());
  });
}

TEST_CASE("attention: more keys and more queries than are held at a time") {
  for_each_attention([](const Attention& attention) {
    Summary summary;
    for (const int64_t keys : on_slow_machine<std::vector<int64_t>>({641, 1300}, {639, 640, 641, 700, 1300, 2000})) {
      Samples samples;
      for (const int64_t queries : on_slow_machine<std::vector<int64_t>>({13, 193}, {1, 13, 192, 193})) {
        for (const bool causal : {false, true}) {
          Problem p = make_problem(queries, keys, 8, static_cast<unsigned>(keys + queries));
          p.causal = causal;
          p.first_query_position = keys / 2;
          p.cuts = {keys / 2, keys - 5};
          take(samples, attention, p);
        }
      }
      CAPTURE(keys);
      const Comparison c = samples.judge();
      CHECK_MESSAGE(c.fault.empty(), c.text());
      summary.take(c);
    }
    MESSAGE(attention.name << " attention, long: " << summary.text());
  });
}

TEST_CASE("attention: scores of every size, also where later tiles hold the maximum") {
  for_each_attention([](const Attention& attention) {
    Summary summary;
    for (const float factor : {0.01f, 1.0f, 8.0f}) {
      for (const int64_t keys : {50, on_slow_machine(700, 1500)}) {
        Problem p = make_problem(on_slow_machine(50, 200), keys, 16, 3);
        for (int64_t j = 0; j < keys; ++j) {
          for (int64_t d = 0; d < 16; ++d) p.k[j * 16 + d] *= factor * (0.2f + static_cast<float>(j) / static_cast<float>(keys));
        }
        Samples samples;
        take(samples, attention, p);
        CAPTURE(factor);
        CAPTURE(keys);
        const Comparison c = samples.judge();
        CHECK_MESSAGE(c.fault.empty(), c.text());
        summary.take(c);
      }
    }
    MESSAGE(attention.name << " attention, scaled: " << summary.text());
  });
}

TEST_CASE("attention: a query's bits depend neither on its mates nor on how the keys are cut into runs") {
  for_each_attention([](const Attention& attention) {
    for (const int64_t keys : {1, 50, 77, 700}) {
      for (const bool causal : {false, true}) {
        Problem p = make_problem(keys == 700 ? on_slow_machine(70, 210) : 50, keys, 64, 9);
        p.causal = causal;
        p.first_query_position = keys - 40;
        const std::vector<float> all = attend(attention.kernels, p);
        for (int64_t i = 0; i < p.queries; i += keys == 700 ? 23 : 3) {
          CAPTURE(i);
          REQUIRE(same_bits(attend(attention.kernels, p, i, 1), row_of(all, 64, i)));
        }
        const std::vector<float> some = attend(attention.kernels, p, 3, 17);
        REQUIRE(same_bits(some, {all.begin() + 3 * 64, all.begin() + 20 * 64}));
        for (int64_t cut = 0; cut < keys; cut += 1 + keys / 8) {
          p.cuts = {cut, (cut + keys) / 2};
          REQUIRE(same_bits(attend(attention.kernels, p), all));
        }
      }
    }
  });
}

TEST_CASE("attention: what a query may not see does not matter, whatever it holds") {
  for_each_attention([](const Attention& attention) {
    Problem p = make_problem(40, 40, 24, 2);
    p.causal = true;
    const std::vector<float> clean = attend(attention.kernels, p);
    for (const float value : {std::nanf(""), INFINITY, -INFINITY, 3e38f}) {
      Problem spoilt = p;
      for (int64_t j = 30; j < 40; ++j) {
        for (int64_t d = 0; d < 24; ++d) spoilt.k[j * 24 + d] = spoilt.v[j * 24 + d] = value;
      }
      const std::vector<float> out = attend(attention.kernels, spoilt);
      CAPTURE(value);
      CHECK(same_bits({out.begin(), out.begin() + 30 * 24}, {clean.begin(), clean.begin() + 30 * 24}));
      for (int64_t i = 30 * 24; i < 40 * 24; ++i) CHECK_FALSE(out[i] == clean[i]);
    }
  });
}

TEST_CASE("attention: a query that sees no key gets zeros") {
  for_each_attention([](const Attention& attention) {
    Problem p = make_problem(20, 30, 17, 2);
    p.causal = true;
    p.first_query_position = 5;
    p.first_key_position = 12;  // the first seven queries stand before every key
    const std::vector<float> out = attend(attention.kernels, p);
    for (int64_t i = 0; i < 7 * 17; ++i) CHECK((out[i] == 0.0f && !std::signbit(out[i])));
    const Comparison c = compare(out, attend(attention.plain, p), exact_attention(p));
    CHECK_MESSAGE(c.fault.empty(), c.text());
    CHECK(same_bits(attend(attention.kernels, p, 0, 3), std::vector<float>(3 * 17, 0.0f)));

    // The first of these is the key's own: one key, probability 1.
    const std::vector<float> first = row_of(out, 17, 7);
    for (int64_t d = 0; d < 17; ++d) CHECK(std::fabs(first[d] - p.v[d]) <= (attention.precision == Precision::fp32 ? 0 : 0.004f * std::fabs(p.v[d])));
  });
}

TEST_CASE("attention: no keys at all give zeros") {
  for_each_attention([](const Attention& attention) {
    for (const bool causal : {false, true}) {
      Problem p = make_problem(15, 0, 20, 1);
      p.causal = causal;
      CHECK(same_bits(attend(attention.kernels, p), std::vector<float>(15 * 20, 0.0f)));
    }
  });
}

TEST_CASE("attention: scores of minus infinity, and nothing else") {
  for_each_attention([](const Attention& attention) {
    for (const int64_t keys : {20, 1400}) {
      Problem p = make_problem(8, keys, 5, 2);
      for (float& q : p.q) q = std::fabs(q);
      Problem fewer = p;
      // All but the last ten keys score −∞, whole tiles of them; so the result is that of the last ten.
      for (int64_t j = 0; j < (keys - 10) * 5; ++j) p.k[j] = -INFINITY;
      fewer.keys = 10;
      fewer.k.assign(p.k.end() - 50, p.k.end());
      fewer.v.assign(p.v.end() - 50, p.v.end());
      const Comparison c = compare(attend(attention.kernels, p), attend(attention.plain, fewer), exact_attention(fewer));
      CHECK_MESSAGE(c.fault.empty(), c.text());

      for (float& k : p.k) k = -INFINITY;  // plain code has −∞ − −∞
      for (const float y : attend(attention.kernels, p)) CHECK(std::isnan(y));
      for (const float y : attend(attention.plain, p)) CHECK(std::isnan(y));
    }
  });
}

TEST_CASE("attention: a NaN in a query, a key or a value is not lost") {
  for_each_attention([](const Attention& attention) {
    for (const int64_t at : {0, 19, 641, 1399}) {
      Problem p = make_problem(8, 1400, 5, 2);
      p.k[at * 5 + 4] = std::nanf("");
      for (const float y : attend(attention.kernels, p)) CHECK(std::isnan(y));

      Problem value = make_problem(8, 1400, 5, 2);
      value.v[at * 5 + 3] = std::nanf("");
      const std::vector<float> out = attend(attention.kernels, value);
      for (int64_t i = 0; i < 40; ++i) CHECK(std::isnan(out[i]) == (i % 5 == 3));
    }
    Problem query = make_problem(8, 50, 5, 2);
    query.q[3 * 5] = std::nanf("");
    const std::vector<float> out = attend(attention.kernels, query);
    for (int64_t i = 0; i < 40; ++i) CHECK(std::isnan(out[i]) == (i / 5 == 3));
  });
}

TEST_CASE("attention: scratch is bounded") {
  for_each_attention([](const Attention& attention) {
    if (attention.kernels.scratch == attention.plain.scratch) return;  // one row of scores: it grows
    CHECK(attention.kernels.scratch(int64_t{1} << 40, 64) <= 1 << 20);
    CHECK(attention.kernels.scratch(int64_t{1} << 40, 64) == attention.kernels.scratch(640, 64));
    CHECK(attention.kernels.scratch(50, 64) < attention.kernels.scratch(640, 64));
  });
}
