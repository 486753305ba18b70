// The comparator must be able to fail.
#include "kernels/comparison.h"

#include <doctest/doctest.h>

#include "kernels/guarded.h"

using namespace oag::host::tests;

namespace {
const float kNan = std::nanf(""), kInfinity = INFINITY;

std::vector<float> rounded(const std::vector<double>& exact) { return {exact.begin(), exact.end()}; }
}  // namespace

TEST_CASE("comparator: correctly rounded values pass, negative ones too") {
  const std::vector<double> exact = {0.1, -0.3, 1e-20, -7.7, 0.0};
  CHECK(compare(rounded(exact), rounded(exact), exact).fault == "");
}

TEST_CASE("comparator: an error in a negative value is seen") {
  const std::vector<double> exact = {-1.0, -2.0, -3.0};
  for (const float wrong : {-2.00001f, -1.99999f, 2.0f}) {
    CAPTURE(wrong);
    CHECK(compare({-1.0f, wrong, -3.0f}, rounded(exact), exact).fault != "");
  }
}

TEST_CASE("comparator: shifted values are seen") {
  const std::vector<double> exact = {1.0, 2.0, 3.0, 4.0};
  CHECK(compare({2.0f, 3.0f, 4.0f, 1.0f}, rounded(exact), exact).fault != "");
  CHECK(compare({1.0f, 2.0f, 3.0f}, {1.0f, 2.0f, 3.0f}, exact).fault != "");
  CHECK(compare({}, {}, {}).fault != "");
}

TEST_CASE("comparator: NaN and infinity must stand where they belong") {
  CHECK(compare({kNan, 1.0f}, {1.0f, 1.0f}, {1.0, 1.0}).fault != "");
  CHECK(compare({kInfinity, 1.0f}, {1.0f, 1.0f}, {1.0, 1.0}).fault != "");
  CHECK(compare({1.0f, 1.0f}, {kNan, 1.0f}, {std::nan(""), 1.0}).fault != "");
  CHECK(compare({-kInfinity, 1.0f}, {kInfinity, 1.0f}, {INFINITY, 1.0}).fault != "");
  CHECK(compare({kNan, -kInfinity, 1.0f}, {kNan, -kInfinity, 1.0f}, {std::nan(""), -INFINITY, 1.0}).fault == "");
}

TEST_CASE("comparator: twice the plain error and one ulp are allowed, no more") {
  const float ulp = 1.1920929e-7f;
  const std::vector<double> exact(2, 1.0);
  const std::vector<float> plain(2, 1.0f + 8 * ulp);
  CHECK(compare({1.0f + 17 * ulp, 1.0f}, plain, exact).fault == "");
  CHECK(compare({1.0f + 18 * ulp, 1.0f}, plain, exact).fault != "");
  CHECK(compare({1.0f - 18 * ulp, 1.0f}, plain, exact).fault != "");
}

TEST_CASE("comparator: an error everywhere is seen even below the largest one") {
  std::vector<double> exact(100, 1.0);
  std::vector<float> plain(100, 1.0f), fast(100, 1.0f + 8 * 1.1920929e-7f);
  plain[0] = fast[0];
  CHECK(compare(fast, plain, exact).fault != "");
}

TEST_CASE("guarded memory: a write beside the values is seen") {
  Guarded values(5);
  CHECK(values.surroundings_intact());
  CHECK(values.is_poison(0));
  values.data()[0] = 1.0f;
  CHECK(values.surroundings_intact());
  values.data()[-1] = 1.0f;
  CHECK_FALSE(values.surroundings_intact());

  GuardedRows rows(3, 4, 7);
  CHECK(rows.surroundings_intact());
  rows.row(1)[3] = 1.0f;
  CHECK(rows.surroundings_intact());
  rows.row(1)[4] = 1.0f;
  CHECK_FALSE(rows.surroundings_intact());
}
