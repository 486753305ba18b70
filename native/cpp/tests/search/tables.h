// The score kernels under test, random vectors, and a pool.
#pragma once

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "runtime/thread_pool.h"
#include "search/kernels/scores.h"
#include "search/rows.h"
#include "support/each_isa.h"

namespace oag::search::tests {

// Calls test(table) for every instruction set that this build has and this CPU runs.
template <typename Test>
void for_each_table(Test test) {
  oag::test::for_each_isa([&](host::Isa isa) {
    const ScoreKernels* kernels = find_score_kernels(isa);
    REQUIRE(kernels != nullptr);
    test(*kernels);
  });
}

inline const ScoreKernels& plain_kernels() { return *find_score_kernels(host::Isa::reference); }

inline std::vector<float> random_floats(int64_t count, unsigned seed, float deviation = 1.0f) {
  std::minstd_rand random(seed * 7919u + 1u);
  std::normal_distribution<float> normal(0.0f, deviation);
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) value = normal(random);
  return values;
}

}  // namespace oag::search::tests
