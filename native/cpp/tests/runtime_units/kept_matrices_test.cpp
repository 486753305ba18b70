#include <doctest/doctest.h>

#include "runtime/kept_matrices.h"

using namespace oag;

namespace {

// `count` matrices of equal size, of which number 0 is the worst, 1 the next, …
struct Tower {
  explicit Tower(int64_t count) {
    for (int64_t i = 0; i < count; i++) {
      const Parameter parameter = parameters.add({"matrix." + std::to_string(i), ParameterKind::matrix, {"tensor." + std::to_string(i)}, {4, 4}});
      errors[parameter.index] = 1.0 / static_cast<double>(1 + i);
    }
  }
  ParameterList parameters;
  std::map<uint32_t, double> errors;
};

}  // namespace

TEST_CASE("the smallest number that suffices is found, in few trials, worst matrices first") {
  for (const int64_t count : {1, 2, 3, 10, 48, 200})
    for (int64_t needed = 0; needed <= count; needed++) {
      CAPTURE(count);
      CAPTURE(needed);
      const Tower tower(count);
      KeptMatrices search(tower.parameters, tower.errors);
      int trials = 0;
      while (!search.done()) {
        REQUIRE(++trials < 40);
        search.learn(static_cast<int64_t>(search.kept().size()) >= needed);
      }
      // Half at most; when that is not enough, the half.
      CHECK(static_cast<int64_t>(search.kept().size()) == std::min(needed, count / 2));
      for (size_t i = 0; i < search.kept().size(); i++) CHECK(search.kept()[i].index == i);
      CHECK(trials <= 17);
      if (needed == 0) CHECK(trials == 1);
    }
}

TEST_CASE("equal errors are taken in the order of the list, so that the choice is the same everywhere") {
  Tower tower(8);
  for (auto& [index, error] : tower.errors) error = 0.5;
  KeptMatrices search(tower.parameters, tower.errors);
  while (!search.done()) search.learn(search.kept().size() >= 3);
  REQUIRE(search.kept().size() == 3);
  for (uint32_t i = 0; i < 3; i++) CHECK(search.kept()[i].index == i);
}

TEST_CASE("half is counted in numbers, not in matrices") {
  ParameterList parameters;
  parameters.add({"large", ParameterKind::matrix, {"l"}, {100, 100}});
  parameters.add({"small", ParameterKind::matrix, {"s"}, {2, 2}});
  KeptMatrices worst_is_large(parameters, {{0, 1.0}, {1, 0.1}});
  while (!worst_is_large.done()) worst_is_large.learn(false);
  CHECK(worst_is_large.kept().empty());
  KeptMatrices worst_is_small(parameters, {{0, 0.1}, {1, 1.0}});
  while (!worst_is_small.done()) worst_is_small.learn(false);
  REQUIRE(worst_is_small.kept().size() == 1);
  CHECK(worst_is_small.kept()[0].index == 1);
}

TEST_CASE("a tower without matrices has nothing to keep") {
  KeptMatrices none(ParameterList(), {});
  CHECK(!none.done());
  none.learn(false);
  CHECK(none.done());
  CHECK(none.kept().empty());
}
