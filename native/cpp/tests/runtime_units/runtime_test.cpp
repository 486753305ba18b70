#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/isa.h"
#include "runtime/runtime.h"
#include "support/environment.h"
#include "support/refusal.h"
#include "support/temp_folder.h"

using namespace oag;
using namespace oag::test;

namespace {

RuntimeOptions on_host() {
  RuntimeOptions options;
  options.device = Device::host;
  options.threads = 1;
  return options;
}

template <class Change>
std::string refused(std::initializer_list<std::string> parts, Change&& change) {
  RuntimeOptions options = on_host();
  change(options);
  return wrong_refusal(Status::invalid_argument, parts, [&] { Runtime{options}; });
}

}  // namespace

TEST_CASE("options that are not given get their defaults") {
  RuntimeOptions options;
  options.device = Device::host;
  const Runtime runtime(options);
  CHECK(runtime.options().threads == usable_cpus().count);
  CHECK(runtime.options().max_tokens == 2048);
  CHECK(runtime.options().max_passes == std::max(2, usable_cpus().count));
  CHECK(runtime.options().max_image_pixels == 178'956'970);
  CHECK(runtime.options().max_pixels_in_flight == 64 << 20);
  CHECK(runtime.options().plugin_folder == library_folder());
  CHECK(runtime.options().isa == static_cast<int>(runtime.kernels().isa));
  CHECK(runtime.options().huge_pages == HugePages::off);
}

TEST_CASE("options out of range are refused by name") {
  CHECK(refused({"threads is -1", "0 (default) to 1024"}, [](RuntimeOptions& o) { o.threads = -1; }) == "");
  CHECK(refused({"threads is 1025"}, [](RuntimeOptions& o) { o.threads = 1025; }) == "");
  CHECK(refused({"max_tokens is -1"}, [](RuntimeOptions& o) { o.max_tokens = -1; }) == "");
  CHECK(refused({"max_tokens is "}, [](RuntimeOptions& o) { o.max_tokens = INT64_MAX; }) == "");
  CHECK(refused({"max_passes is -5"}, [](RuntimeOptions& o) { o.max_passes = -5; }) == "");
  CHECK(refused({"max_image_pixels is -1"}, [](RuntimeOptions& o) { o.max_image_pixels = -1; }) == "");
  CHECK(refused({"max_pixels_in_flight is -1"}, [](RuntimeOptions& o) { o.max_pixels_in_flight = -1; }) == "");
}

TEST_CASE("each instruction set is used when it is asked for, or refused with the reason") {
  bool best = true;
  for (const host::IsaVerdict& verdict : host::isa_verdicts()) {
    CAPTURE(std::string(host::name_of(verdict.isa)));
    RuntimeOptions options = on_host();
    options.isa = static_cast<int>(verdict.isa);
    if (verdict.refusal.empty()) {
      const Runtime runtime(options);
      CHECK(runtime.kernels().isa == verdict.isa);
      CHECK(runtime.reason().find(std::string("instruction set ") + host::name_of(verdict.isa) + ": as asked") != std::string::npos);
      if (best) CHECK(Runtime(on_host()).kernels().isa == verdict.isa);
      best = false;
    } else {
      CHECK(wrong_refusal(Status::unsupported, {host::name_of(verdict.isa), verdict.refusal, "usable here: ", "reference"}, [&] { Runtime{options}; }) == "");
      if (best) CHECK(Runtime(on_host()).reason().find(std::string("not ") + host::name_of(verdict.isa) + ": " + verdict.refusal) != std::string::npos);
    }
  }
  const std::vector<host::IsaVerdict> verdicts = host::isa_verdicts();
  REQUIRE(verdicts.size() == 4);
  CHECK(verdicts.back().isa == host::Isa::reference);
  CHECK(verdicts.back().refusal.empty());
}

TEST_CASE("kernels are usable where the CPU has all they need, and nowhere else") {
  const std::vector<std::string> features = host::cpu_features();
  const auto lacks = [&](std::initializer_list<const char*> names) {
    return std::any_of(names.begin(), names.end(), [&](const char* name) { return std::find(features.begin(), features.end(), name) == features.end(); });
  };
#if defined(__x86_64__)
  for (const host::IsaVerdict& verdict : host::isa_verdicts()) {
    if (verdict.isa == host::Isa::avx2) CHECK(verdict.refusal.empty() != lacks({"avx2", "fma", "f16c"}));
    if (verdict.isa == host::Isa::avx512) CHECK(verdict.refusal.empty() != lacks({"avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512vl", "avx512dq"}));
    if (verdict.isa == host::Isa::neon) CHECK(verdict.refusal.find("another processor family") != std::string::npos);
  }
#endif
}

TEST_CASE("the environment gives defaults, which options replace") {
  const Environment isa("OPENAUTOGLM_ISA", "reference");
  const Environment device("OPENAUTOGLM_DEVICE", "host");
  RuntimeOptions options;
  options.threads = 1;
  const Runtime runtime(options);
  CHECK(runtime.kernels().isa == host::Isa::reference);
  CHECK(runtime.reason().find("device host: as asked") == 0);
  const Environment nonsense("OPENAUTOGLM_DEVICE", "quantum");
  const Runtime given(on_host());
  CHECK(given.options().device == Device::host);
}

TEST_CASE("a wrong value in the environment names the variable and what it may be") {
  RuntimeOptions options;
  options.threads = 1;
  {
    const Environment isa("OPENAUTOGLM_ISA", "sse9");
    CHECK(wrong_refusal(Status::invalid_argument, {"OPENAUTOGLM_ISA", "\"sse9\"", "auto, reference, avx2, avx512, neon"}, [&] { Runtime{options}; }) == "");
    // Diagnostics are for exactly such cases: they say it instead of failing.
    const auto json = nlohmann::json::parse(diagnostics(nullptr));
    CHECK(json.at("refused").get<std::string>().find("sse9") != std::string::npos);
    CHECK(json.contains("instruction_sets"));
  }
  const Environment device("OPENAUTOGLM_DEVICE", "gpu");
  CHECK(wrong_refusal(Status::invalid_argument, {"OPENAUTOGLM_DEVICE", "\"gpu\"", "auto, host, cuda, tensorrt"}, [&] { Runtime{options}; }) == "");
}

TEST_CASE("huge pages are asked for by the environment or by an option, which replaces it") {
  const Environment environment("OPENAUTOGLM_HUGE_PAGES", "on");
  CHECK(Runtime(on_host()).options().huge_pages == HugePages::on);
  RuntimeOptions options = on_host();
  options.huge_pages = HugePages::off;
  const Runtime off(options);
  CHECK(off.options().huge_pages == HugePages::off);
  const auto json = nlohmann::json::parse(diagnostics(nullptr));
  CHECK(json.at("pages").size() == 2);
  CHECK(json.at("pages").at(1).at("chosen") == true);
  CHECK(json.at("pages").at(1).at("usable").get<bool>() != json.at("pages").at(1).contains("reason"));
  CHECK(nlohmann::json::parse(diagnostics(&off)).at("pages").at(0).at("chosen") == true);
  const Environment nonsense("OPENAUTOGLM_HUGE_PAGES", "1");
  CHECK(wrong_refusal(Status::invalid_argument, {"OPENAUTOGLM_HUGE_PAGES", "\"1\"", "auto, off, on"}, [&] { Runtime{on_host()}; }) == "");
}

TEST_CASE("an empty variable is as none") {
  const Environment isa("OPENAUTOGLM_ISA", "");
  CHECK_NOTHROW(Runtime{on_host()});
}

TEST_CASE("a device that is asked for is never replaced") {
  const TempFolder empty;
  RuntimeOptions options = on_host();
  options.plugin_folder = empty.path();
  options.device = Device::cuda;
  CHECK(wrong_refusal(Status::unavailable, {"device cuda", empty.path(), "is not there", "classifier"}, [&] { Runtime{options}; }) == "");
  options.device = Device::tensorrt;
  CHECK(wrong_refusal(Status::unavailable, {"device tensorrt", "use cuda or host"}, [&] { Runtime{options}; }) == "");
  options.device = Device::automatic;
  const Runtime runtime(options);
  CHECK(runtime.options().device == Device::host);
  CHECK(runtime.reason().find("not cuda: " + empty.path()) != std::string::npos);
  CHECK(runtime.reason().find("not tensorrt: ") != std::string::npos);
  REQUIRE(runtime.devices().size() == 3);
}

TEST_CASE("diagnostics tell what was chosen and why the rest was not") {
  RuntimeOptions options = on_host();
  options.isa = static_cast<int>(host::Isa::reference);
  const Runtime runtime(options);
  const auto json = nlohmann::json::parse(diagnostics(&runtime));
  int chosen = 0;
  for (const auto& isa : json.at("instruction_sets")) {
    chosen += isa.at("chosen").get<bool>();
    if (isa.at("chosen").get<bool>()) CHECK(isa.at("name") == "reference");
    CHECK(isa.at("usable").get<bool>() != isa.contains("reason"));
  }
  CHECK(chosen == 1);
  for (const auto& device : json.at("devices")) CHECK(device.at("chosen").get<bool>() == (device.at("name") == "host"));
  CHECK(json.at("limits").at("threads") == 1);
  CHECK(json.at("platform").at("cpus_usable").get<int>() >= 1);
  CHECK(json.at("memory").at("total_bytes").get<int64_t>() > json.at("memory").at("available_bytes").get<int64_t>());
  CHECK(json.at("memory").at("resident_bytes").get<int64_t>() > 0);
  CHECK(json.at("gpu_driver").contains("libcuda"));
}
