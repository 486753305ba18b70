#include "search/similarity.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/comparison.h"
#include "search/tables.h"
#include "support/refusal.h"

using namespace oag;
using namespace oag::search;
using namespace oag::search::tests;
using oag::host::tests::compare;
using oag::host::tests::Comparison;
using oag::host::tests::same_bits;
using oag::test::wrong_refusal;

namespace {

double dot(const float* a, const float* b, int64_t width) {
  double sum = 0;
  for (int64_t j = 0; j < width; ++j) sum += double{a[j]} * b[j];
  return sum;
}

Vectors vectors(const std::vector<float>& values, int64_t width) { return {values.data(), static_cast<int64_t>(values.size()) / width, width}; }

}  // namespace

TEST_CASE("similarity: dot, cosine and distance of all pairs, as exact as plain code and equal on any number of threads") {
  ThreadPool one(1), three(3);
  for_each_table([&](const ScoreKernels& kernels) {
    for (const Metric metric : {Metric::dot, Metric::cosine, Metric::euclidean})
      for (const auto& [m, n, width] : {std::array<int64_t, 3>{1, 1, 1}, {3, 5, 17}, {2, 700, 64}, {40, 33, 513}, {5, 100, 2048}}) {
        const std::vector<float> a = random_floats(m * width, 1), b = random_floats(n * width, 2);
        std::vector<float> fast(static_cast<size_t>(m * n)), plain(fast.size()), alone(fast.size());
        similarity(kernels, three, metric, vectors(a, width), vectors(b, width), fast.data());
        similarity(kernels, one, metric, vectors(a, width), vectors(b, width), alone.data());
        similarity(plain_kernels(), one, metric, vectors(a, width), vectors(b, width), plain.data());
        REQUIRE(same_bits(fast, alone));
        std::vector<double> exact;
        for (int64_t i = 0; i < m; ++i)
          for (int64_t k = 0; k < n; ++k) {
            const float *x = a.data() + i * width, *y = b.data() + k * width;
            const double xy = dot(x, y, width), xx = dot(x, x, width), yy = dot(y, y, width);
            double squares = 0;
            for (int64_t j = 0; j < width; ++j) squares += (double{x[j]} - y[j]) * (double{x[j]} - y[j]);
            exact.push_back(metric == Metric::dot ? xy : metric == Metric::cosine ? xy / std::sqrt(xx * yy) : std::sqrt(squares));
          }
        const Comparison c = compare(fast, plain, exact);
        CHECK_MESSAGE(c.fault.empty(), c.text());
      }
  });
}

TEST_CASE("similarity: a zero vector has cosine 0 with all; equal vectors have distance 0") {
  ThreadPool pool(1);
  const std::vector<float> a = {0, 0, 3, 4}, b = {3, 4, 0, 0};
  float scores[4];
  similarity(plain_kernels(), pool, Metric::cosine, vectors(a, 2), vectors(b, 2), scores);
  CHECK(scores[0] == 0);
  CHECK(scores[1] == 0);
  CHECK(scores[2] == doctest::Approx(1));
  similarity(plain_kernels(), pool, Metric::euclidean, vectors(a, 2), vectors(b, 2), scores);
  CHECK(scores[0] == 5);
  CHECK(scores[2] == 0);
  CHECK(!std::signbit(scores[2]));
}

TEST_CASE("bilinear: aᵀ M b, with an M that is not square") {
  ThreadPool pool(2);
  for_each_table([&](const ScoreKernels& kernels) {
    const int64_t m = 6, n = 9, wide = 33, narrow = 20;
    const std::vector<float> a = random_floats(m * wide, 1), b = random_floats(n * narrow, 2), matrix = random_floats(wide * narrow, 3);
    std::vector<float> fast(static_cast<size_t>(m * n)), plain(fast.size());
    bilinear(kernels, pool, vectors(a, wide), matrix.data(), vectors(b, narrow), fast.data());
    bilinear(plain_kernels(), pool, vectors(a, wide), matrix.data(), vectors(b, narrow), plain.data());
    std::vector<double> exact;
    for (int64_t i = 0; i < m; ++i)
      for (int64_t k = 0; k < n; ++k) {
        double sum = 0;
        for (int64_t x = 0; x < wide; ++x)
          for (int64_t y = 0; y < narrow; ++y) sum += double{a[static_cast<size_t>(i * wide + x)]} * matrix[static_cast<size_t>(x * narrow + y)] * b[static_cast<size_t>(k * narrow + y)];
        exact.push_back(sum);
      }
    const Comparison c = compare(fast, plain, exact);
    CHECK_MESSAGE(c.fault.empty(), c.text());
  });
}

TEST_CASE("late interaction: the sum of each query vector's best, documents of any length") {
  ThreadPool one(1), three(3);
  for_each_table([&](const ScoreKernels& kernels) {
    for (const int64_t width : {1, 32, 130}) {
      const std::vector<int64_t> offsets = {0, 1, 4, 1500, 1501, 1550};
      const int64_t documents = 5, query_count = 7;
      const std::vector<float> query = random_floats(query_count * width, 1), all = random_floats(1550 * width, 2);
      std::vector<float> fast(documents), plain(documents), alone(documents);
      max_similarity(kernels, three, vectors(query, width), vectors(all, width), offsets.data(), documents, fast.data());
      max_similarity(kernels, one, vectors(query, width), vectors(all, width), offsets.data(), documents, alone.data());
      max_similarity(plain_kernels(), one, vectors(query, width), vectors(all, width), offsets.data(), documents, plain.data());
      CHECK(same_bits(fast, alone));
      std::vector<double> exact;
      for (int64_t d = 0; d < documents; ++d) {
        double sum = 0;
        for (int64_t q = 0; q < query_count; ++q) {
          double best = -INFINITY;
          for (int64_t t = offsets[static_cast<size_t>(d)]; t < offsets[static_cast<size_t>(d) + 1]; ++t) best = std::max(best, dot(query.data() + q * width, all.data() + t * width, width));
          sum += best;
        }
        exact.push_back(sum);
      }
      const Comparison c = compare(fast, plain, exact);
      CHECK_MESSAGE(c.fault.empty(), c.text());
    }
  });
}

TEST_CASE("similarity: what is not finite or overflows is named") {
  ThreadPool pool(2);
  std::vector<float> a(40, 1.0f), b(40, 1.0f), scores(100);
  b[4 * 7 + 2] = INFINITY;
  CHECK(wrong_refusal(Status::invalid_argument, {"b[7]", "infinity", "element 2"}, [&] { similarity(plain_kernels(), pool, Metric::dot, vectors(a, 4), vectors(b, 4), scores.data()); }) == "");
  a[5] = 1e30f;
  CHECK(wrong_refusal(Status::invalid_argument, {"a[1]", "overflow"}, [&] { similarity(plain_kernels(), pool, Metric::cosine, vectors(a, 4), vectors(b, 4), scores.data()); }) == "");
}
