#include <doctest/doctest.h>

#include "host/host_bench.h"
#include "support/machine.h"

using namespace oag;
using namespace oag::test;

namespace {

constexpr int heads = 3;
constexpr int64_t head_size = 10, width = heads * head_size;

const ParameterList no_parameters;
const MemorySource no_source{no_parameters};

struct Segment {
  std::vector<int64_t> offsets;
  std::vector<int32_t> first_positions;
  std::vector<float> keys_values;  // [rows, 2·width + 4]: keys from column 1, values from column width + 3
};
constexpr int64_t segment_width = 2 * width + 4, keys_at = 1, values_at = width + 3;

struct Case {
  std::vector<int64_t> offsets;
  std::vector<int32_t> first_positions;
  std::vector<float> queries;  // [rows, width + 2], from column 2
  std::vector<Segment> segments;
  bool causal = false;
};

std::vector<float> run(HostBench& bench, const Case& c) {
  std::vector<float> out = room(c.offsets.back(), width);
  bench.run([&](Pass& pass) {
    const Tensor queries = input(pass, {c.offsets.back(), width + 2}, c.queries);
    std::vector<KeySegment> segments;
    for (const Segment& segment : c.segments) {
      const Tensor rows = input(pass, {segment.offsets.back(), segment_width}, segment.keys_values);
      segments.push_back({{rows, keys_at, width}, {rows, values_at, width}, make_sequences(SequenceTable(segment.offsets, segment.first_positions))});
    }
    pass.read(pass.attention({queries, 2, width}, make_sequences(SequenceTable(c.offsets, c.first_positions)), segments,
                             {.heads = heads, .scale = 0.3f, .causal = c.causal}), out.data());
  });
  return out;
}

// softmax(scale · q·k) v in double.
std::vector<double> exact(const Case& c) {
  std::vector<double> out;
  for (size_t s = 0; s + 1 < c.offsets.size(); s++)
    for (int64_t q = c.offsets[s]; q < c.offsets[s + 1]; q++)
      for (int64_t h = 0; h < heads; h++) {
        std::vector<double> mixed(head_size, 0.0);
        double sum = 0;
        for (const Segment& segment : c.segments)
          for (int64_t k = segment.offsets[s]; k < segment.offsets[s + 1]; k++) {
            const int64_t key_position = segment.first_positions[s] + k - segment.offsets[s], position = c.first_positions[s] + q - c.offsets[s];
            if (c.causal && key_position > position) continue;
            double score = 0;
            for (int64_t i = 0; i < head_size; i++)
              score += static_cast<double>(c.queries[static_cast<size_t>(q * (width + 2) + 2 + h * head_size + i)]) *
                       segment.keys_values[static_cast<size_t>(k * segment_width + keys_at + h * head_size + i)];
            const double weight = std::exp(static_cast<double>(0.3f) * score);
            sum += weight;
            for (int64_t i = 0; i < head_size; i++)
              mixed[static_cast<size_t>(i)] += weight * segment.keys_values[static_cast<size_t>(k * segment_width + values_at + h * head_size + i)];
          }
        for (double value : mixed) out.push_back(sum > 0 ? value / sum : 0);
      }
  return out;
}

// Sequences of 5, 3, 1, 70 and 200 rows, which attend to themselves.
Case self_attention(bool causal) {
  Case c;
  c.offsets = {0, 5, 8, 9, 79, 279};
  c.first_positions = {0, 0, 0, 0, 0};
  c.queries = random_floats(279 * (width + 2), 1);
  c.segments = {{c.offsets, c.first_positions, random_floats(279 * segment_width, 2)}};
  c.causal = causal;
  return c;
}

// The same keys in two segments: the first `cut` rows of each sequence at most, and the rest.
Case in_two_segments(const Case& whole, int64_t cut) {
  Case c = whole;
  const Segment& all = whole.segments[0];
  Segment first{{0}, {}, {}}, second{{0}, {}, {}};
  for (size_t s = 0; s + 1 < all.offsets.size(); s++) {
    const int64_t begin = all.offsets[s], length = all.offsets[s + 1] - begin, middle = std::min(cut, length - 1);
    const auto rows = [&](Segment& to, int64_t from, int64_t end) {
      to.first_positions.push_back(static_cast<int32_t>(from));
      to.keys_values.insert(to.keys_values.end(), all.keys_values.begin() + (begin + from) * segment_width, all.keys_values.begin() + (begin + end) * segment_width);
      to.offsets.push_back(to.offsets.back() + end - from);
    };
    rows(first, 0, middle);
    rows(second, middle, length);
  }
  c.segments = {first, second};
  return c;
}

// A table has no empty sequence, so the cut needs two rows in each.
Case longer_than_one(bool causal) {
  Case c = self_attention(causal);
  c.offsets = c.segments[0].offsets = {0, 5, 8, 10, 80, 279};
  return c;
}

constexpr double tolerance = 2e-6;  // values are about 1; the reference is 4e-7 off
double worst(const std::vector<float>& out, const std::vector<double>& wanted) { return worst_over(out, wanted, std::vector<double>(wanted.size(), tolerance)); }

}  // namespace

TEST_CASE("attention is softmax(scale · q·k) v over each sequence's own keys") {
  for_each_isa([](host::Isa isa) {
    HostBench bench(isa, 2, no_parameters, no_source);
    for (bool causal : {false, true}) {
      CAPTURE(causal);
      const Case c = self_attention(causal);
      CHECK(worst(run(bench, c), exact(c)) <= 1);
    }
    CHECK(worst(run(bench, self_attention(true)), exact(self_attention(false))) > 1);
  });
}

TEST_CASE("keys in two segments are as keys in one, wherever they are cut") {
  for_each_isa([](host::Isa isa) {
    HostBench bench(isa, 2, no_parameters, no_source);
    for (bool causal : {false, true})
      for (int64_t cut : on_slow_machine<std::vector<int64_t>>({1, 64}, {1, 2, 33, 64})) {
        CAPTURE(causal);
        CAPTURE(cut);
        const Case whole = longer_than_one(causal), cut_up = in_two_segments(whole, cut);
        const std::vector<float> one = run(bench, whole), two = run(bench, cut_up);
        CHECK(worst(two, exact(whole)) <= 1);
        CHECK(worst(two, std::vector<double>(one.begin(), one.end())) <= 1);
      }
  });
}

TEST_CASE("a query sees the keys up to its own position, wherever it stands") {
  for_each_isa([](host::Isa isa) {
    HostBench bench(isa, 2, no_parameters, no_source);
    const Case whole = self_attention(true);
    const std::vector<float> all = run(bench, whole);
    // The last rows of each sequence alone, at their positions, are what they are among all.
    for (int64_t rows : {1, 4, 60}) {
      CAPTURE(rows);
      Case last = whole;
      last.offsets = {0};
      last.first_positions.clear();
      last.queries.clear();
      std::vector<double> wanted;
      for (size_t s = 0; s + 1 < whole.offsets.size(); s++) {
        const int64_t length = whole.offsets[s + 1] - whole.offsets[s], taken = std::min(rows, length), first = whole.offsets[s + 1] - taken;
        last.offsets.push_back(last.offsets.back() + taken);
        last.first_positions.push_back(static_cast<int32_t>(length - taken));
        last.queries.insert(last.queries.end(), whole.queries.begin() + first * (width + 2), whole.queries.begin() + (first + taken) * (width + 2));
        wanted.insert(wanted.end(), all.begin() + first * width, all.begin() + (first + taken) * width);
      }
      const std::vector<float> out = run(bench, last);
      CHECK(worst(out, wanted) <= 1);
      const std::vector<float> same(wanted.begin(), wanted.end());
      CHECK(same_bits(out.data(), same.data(), static_cast<int64_t>(same.size())));
    }
  });
}

TEST_CASE("a query before all keys gets zeros") {
  for_each_isa([](host::Isa isa) {
    HostBench bench(isa, 1, no_parameters, no_source);
    Case c;
    c.offsets = {0, 2};
    c.first_positions = {3};
    c.queries = random_floats(2 * (width + 2), 1);
    c.segments = {{{0, 2}, {4}, random_floats(2 * segment_width, 2)}};
    c.causal = true;
    const std::vector<float> out = run(bench, c);
    for (int64_t i = 0; i < width; i++) CHECK(out[static_cast<size_t>(i)] == 0);
    CHECK(worst(out, exact(c)) <= 1);
    CHECK(out[width] != 0);
  });
}

TEST_CASE("a sequence's bits depend on nothing but itself: not on its mates, not on the threads") {
  for_each_isa([](host::Isa isa) {
    for (bool causal : {false, true}) {
      const Case all = self_attention(causal);
      HostBench one(isa, 1, no_parameters, no_source);
      const std::vector<float> expected = run(one, all);
      for (int threads : {2, 3}) {
        HostBench bench(isa, threads, no_parameters, no_source);
        CHECK(same_bits(run(bench, all).data(), expected.data(), all.offsets.back() * width));
      }
      for (size_t s = 0; s + 1 < all.offsets.size(); s++) {
        const int64_t begin = all.offsets[s], length = all.offsets[s + 1] - begin;
        Case alone;
        alone.causal = causal;
        alone.offsets = {0, length};
        alone.first_positions = {0};
        alone.queries.assign(all.queries.begin() + begin * (width + 2), all.queries.begin() + (begin + length) * (width + 2));
        const auto& rows = all.segments[0].keys_values;
        alone.segments = {{{0, length}, {0}, {rows.begin() + begin * segment_width, rows.begin() + (begin + length) * segment_width}}};
        CAPTURE(s);
        CHECK(same_bits(run(one, alone).data(), expected.data() + begin * width, length * width));
      }
    }
  });
}

TEST_CASE("a row's bits do not depend on how its keys are cut into runs of a tree, nor on which of them lie in another tensor") {
  // Three sequences of which the others begin like the longest: cut at rows a, b and c, in tiles of keys and beyond.
  struct Cut {
    int64_t a, b, whole;
  };
  for_each_isa([](host::Isa isa) {
    HostBench bench(isa, 2, no_parameters, no_source);
    for (const Cut cut : {Cut{1, 2, 3}, Cut{1, 7, 20}, Cut{5, 6, 77}, Cut{16, 33, 50}, Cut{639, 640, 641}, Cut{300, 641, 700}, Cut{641, 1290, 1300}}) {
      if (cut.whole > on_slow_machine<int64_t>(80, 2000)) continue;
      CAPTURE(cut.whole);
      Case whole;
      whole.causal = true;
      whole.offsets = {0, cut.whole};
      whole.first_positions = {0};
      whole.queries = random_floats(static_cast<size_t>(cut.whole * (width + 2)), 11);
      whole.segments = {{{0, cut.whole}, {0}, random_floats(static_cast<size_t>(cut.whole * segment_width), 12)}};
      const std::vector<float> expected = run(bench, whole);

      const std::vector<int32_t> positions{0, static_cast<int32_t>(cut.a), static_cast<int32_t>(cut.b)}, parents{-1, 0, 1};
      const Sequences rows = make_sequences(SequenceTable({0, cut.a, cut.b, cut.whole}, positions, {parents, {0, 1, 2}, {2}}));
      const Sequences first = make_sequences(SequenceTable({0, cut.a}, {0}, {parents, {0}, {2}}));
      const Sequences rest = make_sequences(SequenceTable({0, cut.b - cut.a, cut.whole - cut.a}, {positions[1], positions[2]}, {parents, {1, 2}, {2}}));
      std::vector<float> as_tree = room(cut.whole, width), last = room(1, width), behind = room(cut.whole - cut.a, width);
      bench.run([&](Pass& pass) {
        const AttentionOptions options{.heads = heads, .scale = 0.3f, .causal = true};
        const auto part = [&](const std::vector<float>& values, int64_t row_width, int64_t from, int64_t to) {
          return input(pass, {to - from, row_width}, std::vector<float>(values.begin() + from * row_width, values.begin() + to * row_width));
        };
        const auto segment = [&](const Tensor& tensor, const Sequences& of) { return KeySegment{{tensor, keys_at, width}, {tensor, values_at, width}, of}; };
        const std::vector<float>& keys = whole.segments[0].keys_values;
        const Tensor all = part(keys, segment_width, 0, cut.whole);
        pass.read(pass.attention({part(whole.queries, width + 2, 0, cut.whole), 2, width}, rows, {segment(all, rows)}, options), as_tree.data());
        pass.read(pass.attention({part(whole.queries, width + 2, cut.whole - 1, cut.whole), 2, width}, choose_rows(rows, RowChoice::last), {segment(all, rows)}, options),
                  last.data());
        pass.read(pass.attention({part(whole.queries, width + 2, cut.a, cut.whole), 2, width}, rest,
                                 {segment(part(keys, segment_width, 0, cut.a), first), segment(part(keys, segment_width, cut.a, cut.whole), rest)}, options),
                  behind.data());
      });
      CHECK(same_bits(as_tree.data(), expected.data(), cut.whole * width));
      CHECK(same_bits(last.data(), expected.data() + (cut.whole - 1) * width, width));
      CHECK(same_bits(behind.data(), expected.data() + cut.a * width, (cut.whole - cut.a) * width));
    }
  });
}
