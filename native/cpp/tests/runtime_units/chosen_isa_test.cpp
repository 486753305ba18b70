// What the library chose on this CPU, against what somebody else says of it: OAG_EXPECT_ISA, which tools/old-cpus sets for the CPU that it emulates, or else the kernel's list of
// features. (Under QEMU's user emulation that list is the host's.)
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include <nlohmann/json.hpp>

#include "host/isa.h"
#include "image/resize.h"
#include "runtime/runtime.h"

using namespace oag;

namespace {

std::set<std::string> features_by_the_kernel() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("flags", 0) != 0 && line.rfind("Features", 0) != 0) continue;  // x86, Arm
    std::istringstream words(line.substr(line.find(':') + 1));
    return {std::istream_iterator<std::string>(words), {}};
  }
  return {};
}

std::string expected_isa() {
  if (const char* given = std::getenv("OAG_EXPECT_ISA")) return given;
#if defined(__x86_64__)
  const std::set<std::string> features = features_by_the_kernel();
  const auto has = [&](std::initializer_list<const char*> names) {
    for (const char* name : names)
      if (!features.count(name)) return false;
    return true;
  };
  REQUIRE(has({"sse2"}));
  if (has({"avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512vl", "avx512dq"})) return "avx512";
  if (has({"avx2", "fma", "f16c"})) return "avx2";
#elif defined(__aarch64__)
  return "neon";  // of every CPU of the family
#endif
  return "reference";
}

}  // namespace

TEST_CASE("without being asked, the library takes the best instruction set of the CPU, and says so") {
  const std::string expected = expected_isa();
  RuntimeOptions options;
  options.device = Device::host;
  options.threads = 1;
  const Runtime runtime(options);
  CHECK(std::string(host::name_of(runtime.kernels().isa)) == expected);
  CHECK(runtime.reason().find("instruction set " + expected + ": the best of this CPU") != std::string::npos);
  CHECK((image::best_resize_path() == image::ResizePath::scalar) == (expected == "reference"));
  for (const Runtime* given : {&runtime, static_cast<const Runtime*>(nullptr)}) {
    std::string chosen;
    const auto json = nlohmann::json::parse(diagnostics(given));
    for (const auto& isa : json.at("instruction_sets"))
      if (isa.at("chosen").get<bool>()) chosen += isa.at("name").get<std::string>();
    CHECK(chosen == expected);
  }
}
