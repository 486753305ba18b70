// The tables under test, and random values.
#pragma once

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "host/isa.h"
#include "host/kernels/kernels.h"
#include "support/machine.h"

namespace oag::host {

#ifdef OAG_EMULATED_AVX512
const Kernels* emulated_avx512_kernels();
const MatrixKernels* emulated_avx512vnni_int8();
const MatrixKernels* emulated_avx512bf16_matrix();
const AttentionKernels* emulated_avx512bf16_attention();
#endif
}  // namespace oag::host

namespace oag::host::tests {

// The units of AVX-512, compiled for intrinsics that AVX2 computes: without VNNI and BF16, and with them. None where the build has no SIMDe, or the CPU no AVX2.
inline std::vector<Kernels> emulated_tables() {
  std::vector<Kernels> tables;
#ifdef OAG_EMULATED_AVX512
  if (!isa_refusal(Isa::avx2).empty() || oag::test::slow_machine()) return tables;  // an emulator in an emulator takes an hour
  tables.assign(2, *emulated_avx512_kernels());
  tables[0].name = "emulated avx512";
  tables[1].name = "emulated avx512 with vnni and bf16";
  tables[1].int8 = *emulated_avx512vnni_int8();
  tables[1].bf16 = *emulated_avx512bf16_matrix();
  tables[1].bf16_attention = *emulated_avx512bf16_attention();
#endif
  return tables;
}

// Calls test(table) for every instruction set that this build has and this CPU runs, and for those that are emulated; says which it leaves out.
template <typename Test>
void for_each_table(Test test) {
  for (const Kernels& emulated : emulated_tables()) {
    INFO("table: ", std::string(emulated.name));
    test(emulated);
  }
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
