// Score kernels: each against fp64 and against the plain ones, over widths around every vector and tile; bits that depend on the pair alone.
#include <cmath>
#include <cstring>

#include "kernels/comparison.h"
#include "search/tables.h"

using namespace oag;
using namespace oag::search;
using namespace oag::search::tests;
using oag::host::tests::compare;
using oag::host::tests::Comparison;
using oag::host::tests::same_bits;
using oag::host::tests::Summary;

namespace {

// Rows of one type, padded as a store has them. What lies behind the last one is poison that a kernel must not add.
struct Encoded {
  Encoded(RowType type, Metric metric, const std::vector<float>& values, int64_t width)
      : stride(padded_width(type, width)), count(static_cast<int64_t>(values.size()) / width), memory(static_cast<size_t>((count * stride) * element_bytes(type) + kPadding)) {
    std::memset(memory.as(), 0, memory.bytes());
    std::memset(memory.as<char>() + count * stride * element_bytes(type), 0x7f, static_cast<size_t>(kPadding));
    for (int64_t r = 0; r < count; ++r) {
      char* const row = memory.as<char>() + r * stride * element_bytes(type);
      const RowFactors own = encode_row(type, metric, values.data() + r * width, width, row);
      scales.push_back(own.scale), factors.push_back(own.factor);
      decoded.resize(static_cast<size_t>((r + 1) * width));
      decode_row(type, row, width, own.scale, decoded.data() + r * width);
    }
  }
  PreparedQueries::Rows rows(int64_t bytes, int64_t begin, int64_t number) const {
    return {memory.as<char>() + begin * stride * bytes, scales.data() + begin, factors.data() + begin, number};
  }

  int64_t stride, count;
  AlignedBuffer memory;
  std::vector<float> scales, factors;
  std::vector<float> decoded;  // [count, width]: what the rows stand for
};

double exact_score(Metric metric, const float* a, const float* b, int64_t width) {
  double dot = 0, aa = 0, bb = 0, distance = 0;
  for (int64_t j = 0; j < width; ++j) {
    dot += double{a[j]} * b[j], aa += double{a[j]} * a[j], bb += double{b[j]} * b[j];
    distance += (double{a[j]} - b[j]) * (double{a[j]} - b[j]);
  }
  return metric == Metric::dot ? dot : metric == Metric::cosine ? (aa > 0 && bb > 0 ? dot / std::sqrt(aa * bb) : 0) : -std::sqrt(distance);
}

std::vector<float> scores(const ScoreKernels& kernels, const PreparedQueries& queries, const Encoded& rows, int64_t bytes) {
  std::vector<float> out(static_cast<size_t>(queries.count() * rows.count), NAN);
  queries.score(kernels, 0, queries.count(), rows.rows(bytes, 0, rows.count), out.data(), rows.count);
  return out;
}

constexpr RowType kTypes[] = {RowType::fp32, RowType::bf16, RowType::int8};
constexpr Metric kMetrics[] = {Metric::dot, Metric::cosine, Metric::euclidean};

}  // namespace

TEST_CASE("scores: as exact as plain code, whatever the width") {
  constexpr int64_t kQueries = 7, kRows = 29;  // over the tiles, and their rests
  for_each_table([](const ScoreKernels& kernels) {
    for (const RowType type : kTypes)
      for (const Metric metric : kMetrics) {
        Summary summary;
        for (const int64_t width : {1, 2, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 511, 512, 513, 1024, 1025, 4096, 5000}) {
          CAPTURE(std::string(name_of(type)));
          CAPTURE(std::string(name_of(metric)));
          CAPTURE(width);
          const std::vector<float> q = random_floats(kQueries * width, 3), r = random_floats(kRows * width, 4);
          const PreparedQueries queries(type, metric, q.data(), kQueries, width);
          const Encoded rows(type, metric, r, width);
          std::vector<double> exact;
          for (int64_t i = 0; i < kQueries; ++i)
            for (int64_t k = 0; k < kRows; ++k) exact.push_back(exact_score(metric, q.data() + i * width, rows.decoded.data() + k * width, width));
          const std::vector<float> fast = scores(kernels, queries, rows, element_bytes(type)), plain = scores(plain_kernels(), queries, rows, element_bytes(type));
          if (type == RowType::int8 && metric != Metric::euclidean) {
            // Integers: exact, so that all instruction sets agree; the query's 16 bits are what is lost.
            REQUIRE(same_bits(fast, plain));
            for (size_t i = 0; i < exact.size(); ++i) {
              const float* const query = q.data() + static_cast<int64_t>(i) / kRows * width;
              const double length = metric == Metric::cosine ? 1 : std::sqrt(checked_squared_length(query, width, ""));
              const double row = metric == Metric::cosine ? 1 : std::sqrt(checked_squared_length(rows.decoded.data() + static_cast<int64_t>(i) % kRows * width, width, ""));
              REQUIRE(std::fabs(fast[i] - exact[i]) <= 3e-5 * length * row * std::sqrt(double(width)) / std::sqrt(3.0) + 1e-6);
            }
          } else {
            const Comparison c = compare(fast, plain, exact);
            REQUIRE_MESSAGE(c.fault.empty(), c.text());
            summary.take(c);
          }
        }
        if (summary.cases) MESSAGE((std::string(kernels.name) + " " + name_of(type) + " " + name_of(metric) + ": " + summary.text()));
      }
  });
}

TEST_CASE("scores: the bits of a score depend on its query and its row alone") {
  constexpr int64_t kQueries = 9, kRows = 23;
  for_each_table([](const ScoreKernels& kernels) {
    for (const RowType type : kTypes)
      for (const Metric metric : kMetrics)
        for (const int64_t width : {5, 48, 100, 513}) {
          const std::vector<float> q = random_floats(kQueries * width, 5), r = random_floats(kRows * width, 6);
          const Encoded rows(type, metric, r, width);
          const std::vector<float> together = scores(kernels, PreparedQueries(type, metric, q.data(), kQueries, width), rows, element_bytes(type));
          for (int64_t i = 0; i < kQueries; ++i) {
            const PreparedQueries alone(type, metric, q.data() + i * width, 1, width);
            for (int64_t k = 0; k < kRows; ++k) {
              float score;
              alone.score(kernels, 0, 1, rows.rows(element_bytes(type), k, 1), &score, 1);
              REQUIRE(same_bits({score}, {together[static_cast<size_t>(i * kRows + k)]}));
            }
          }
        }
  });
}

TEST_CASE("scores: integers at their limits are exact, over the widest rows") {
  for_each_table([](const ScoreKernels& kernels) {
    for (const int64_t width : {int64_t{2048}, int64_t{2112}, int64_t{4160}, kMostWidth}) {
      const std::vector<float> ones(static_cast<size_t>(width), 1.0f), minus(static_cast<size_t>(width), -1.0f);
      const Encoded rows(RowType::int8, Metric::dot, ones, width), negative(RowType::int8, Metric::dot, minus, width);
      const PreparedQueries query(RowType::int8, Metric::dot, ones.data(), 1, width);
      CHECK(scores(kernels, query, rows, 1)[0] == doctest::Approx(double(width)).epsilon(1e-6));
      CHECK(scores(kernels, query, negative, 1)[0] == doctest::Approx(-double(width)).epsilon(1e-6));
    }
  });
}

TEST_CASE("rows: bf16 rounds to nearest even, int8 to its nearest step, zero stays zero") {
  const float values[] = {1.0f, 1.00390625f, 1.01171875f, -3.0f, 0.0f};  // the second is halfway to an even, the third to an odd one
  Bf16 halves[5];
  encode_row(RowType::bf16, Metric::dot, values, 5, halves);
  float back[5];
  decode_row(RowType::bf16, halves, 5, 1, back);
  CHECK(back[0] == 1.0f);
  CHECK(back[1] == 1.0f);
  CHECK(back[2] == 1.015625f);
  CHECK(back[3] == -3.0f);
  int8_t steps[5];
  const RowFactors factors = encode_row(RowType::int8, Metric::dot, values, 5, steps);
  CHECK(factors.scale == 3.0f / 127);
  CHECK(steps[3] == -127);
  CHECK(steps[0] == 42);  // 42.33
  CHECK(steps[4] == 0);
  const float zeros[3] = {};
  for (const RowType type : kTypes) {
    float row[3];
    CHECK(encode_row(type, Metric::cosine, zeros, 3, row).factor == 0.0f);
  }
  const float tiny[2] = {1e-42f, 0.0f};
  float row[2];
  CHECK(std::isfinite(encode_row(RowType::fp32, Metric::cosine, tiny, 2, row).factor));
}
