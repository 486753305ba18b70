// The tables under test, and random values.
#pragma once

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "host/isa.h"
#include "host/kernels/kernels.h"

namespace oag::host::tests {

// Calls test(table) for every instruction set that this build has and this CPU runs; says which it leaves out.
template <typename Test>
void for_each_table(Test test) {
  for (const Isa isa : {Isa::reference, Isa::avx2, Isa::avx512, Isa::neon}) {
    const Kernels* kernels = find_kernels(isa);
    if (!kernels) continue;
    if (const std::string refusal = isa_refusal(isa); !refusal.empty()) {
      MESSAGE("left out: " << std::string(kernels->name) << ": " << refusal);
      continue;
    }
    INFO("table: ", std::string(kernels->name));
    test(*kernels);
  }
}

// One number format of one table, and the plain implementation of the same precision.
struct Format {
  const Kernels& table;
  Precision precision;
  const MatrixKernels& kernels;
  const MatrixKernels& plain;

  std::string name() const { return std::string(table.name) + " " + name_of(precision) + " (" + kernels.instruction + ")"; }
};

template <typename Test>
void for_each_format(Test test) {
  for_each_table([&](const Kernels& table) {
    for (const Precision precision : {Precision::fp32, Precision::bf16, Precision::int8}) {
      INFO("precision: ", std::string(name_of(precision)));
      test(Format{table, precision, table.matrix(precision), find_kernels(Isa::reference)->matrix(precision)});
    }
  });
}

inline const Kernels& plain_kernels() { return *find_kernels(Isa::reference); }

inline std::vector<float> random_floats(size_t count, unsigned seed, float deviation = 1.0f, float mean = 0.0f) {
  std::minstd_rand random(seed * 7919u + 1u);
  std::normal_distribution<float> normal(mean, deviation);
  std::vector<float> values(count);
  for (float& value : values) value = normal(random);
  return values;
}

}  // namespace oag::host::tests
