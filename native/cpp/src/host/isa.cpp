#include "host/isa.h"

#include "core/error.h"

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

namespace oag::host {
namespace {

struct Feature {
  const char* name;
  bool there;
};

#if defined(__x86_64__)
// __builtin_cpu_supports also asks whether the system saves the wide registers (XCR0).
std::vector<Feature> features() {
  __builtin_cpu_init();
  return {{"avx2", __builtin_cpu_supports("avx2") != 0}, {"fma", __builtin_cpu_supports("fma") != 0},
          {"f16c", __builtin_cpu_supports("f16c") != 0},
          {"avx512f", __builtin_cpu_supports("avx512f") != 0}, {"avx512bw", __builtin_cpu_supports("avx512bw") != 0},
          {"avx512vl", __builtin_cpu_supports("avx512vl") != 0}, {"avx512dq", __builtin_cpu_supports("avx512dq") != 0},
          {"avx512vnni", __builtin_cpu_supports("avx512vnni") != 0}, {"avx512bf16", __builtin_cpu_supports("avx512bf16") != 0}};
}
#elif defined(__aarch64__) && defined(__linux__)
// What the kernel says of the CPU, in the bits of its arch/arm64/include/uapi/asm/hwcap.h. (Written here, because older headers lack the later ones.)
std::vector<Feature> features() {
  const unsigned long first = getauxval(AT_HWCAP), second = getauxval(AT_HWCAP2);
  const auto bit = [](unsigned long word, int number) { return (word >> number & 1) != 0; };
  return {{"asimd", bit(first, 1)}, {"fphp", bit(first, 9)}, {"asimdhp", bit(first, 10)}, {"asimddp", bit(first, 20)},
          {"i8mm", bit(second, 13)}, {"bf16", bit(second, 14)}};
}
#else
std::vector<Feature> features() { return {}; }
#endif

std::vector<std::string> needs(Isa isa) {
  switch (isa) {
    case Isa::avx2: return {"avx2", "fma", "f16c"};
    case Isa::avx512: return {"avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512vl", "avx512dq"};
    case Isa::neon: return {"asimd"};
    default: return {};
  }
}

}  // namespace

std::string isa_refusal(Isa isa) {
  if (!find_kernels(isa)) return "this build, for another processor family, has no kernels for it";
  std::string missing;
  for (const std::string& need : needs(isa)) {
    if (!cpu_has(need.c_str())) missing += (missing.empty() ? "" : ", ") + need;
  }
  return missing.empty() ? "" : "this CPU or its operating system lacks " + missing;
}

const char* name_of(Isa isa) {
  switch (isa) {
    case Isa::reference: return "reference";
    case Isa::avx2: return "avx2";
    case Isa::avx512: return "avx512";
    case Isa::neon: return "neon";
  }
  return "?";
}

std::vector<IsaVerdict> isa_verdicts() {
  std::vector<IsaVerdict> verdicts;
  for (Isa isa : {Isa::avx512, Isa::avx2, Isa::neon, Isa::reference}) verdicts.push_back({isa, isa_refusal(isa)});
  return verdicts;
}

std::vector<std::string> cpu_features() {
  std::vector<std::string> names;
  for (const Feature& feature : features())
    if (feature.there) names.push_back(feature.name);
  return names;
}

bool cpu_has(const char* feature) {
  for (const Feature& known : features())
    if (known.there && std::string(known.name) == feature) return true;
  return false;
}

const Kernels& choose_kernels(const Isa* isa) {
  std::string usable;
  for (const IsaVerdict& verdict : isa_verdicts()) {
    if (!verdict.refusal.empty()) continue;
    if (!isa || *isa == verdict.isa) return *find_kernels(verdict.isa);
    usable += (usable.empty() ? "" : ", ") + std::string(name_of(verdict.isa));
  }
  throw Error(Status::unsupported, std::string("instruction set ") + name_of(*isa) + ": " + isa_refusal(*isa) + "; usable here: " + usable);
}

}  // namespace oag::host
