#include <cstddef>

#include <nlohmann/json.hpp>

#include "c_api/api.h"
#include "c_api/c_program.h"
#include "c_api/handles.h"

#include "support/test_data.h"

using namespace oag;
using namespace oag::test;

namespace {

oag_runtime_options host_options() {
  oag_runtime_options options{};
  options.struct_size = sizeof options;
  options.device = OAG_DEVICE_HOST;
  options.threads = 1;
  return options;
}

std::string wrong_create(oag_status status, const std::string& part, const oag_runtime_options& options) {
  return wrong_status(status, part, [&](char* error, size_t capacity) {
    oag_runtime* runtime = reinterpret_cast<oag_runtime*>(8);
    const oag_status got = oag_runtime_create(&options, &runtime, error, capacity);
    CHECK(runtime == nullptr);
    return got;
  });
}

}  // namespace

TEST_CASE("C sees the structs as C++ does, and can use the library") {
  size_t numbers[16];
  REQUIRE(oag_test_layout(numbers, 16) == 11);
  CHECK(numbers[0] == sizeof(oag_runtime_options));
  CHECK(numbers[1] == offsetof(oag_runtime_options, max_image_pixels));
  CHECK(numbers[2] == offsetof(oag_runtime_options, plugin_folder));
  CHECK(numbers[3] == sizeof(oag_model_options));
  CHECK(numbers[4] == offsetof(oag_model_options, precision));
  CHECK(numbers[5] == sizeof(oag_model_info));
  CHECK(numbers[6] == offsetof(oag_model_info, parameter_count));
  CHECK(numbers[7] == sizeof(oag_image));
  CHECK(numbers[8] == offsetof(oag_image, stride));
  CHECK(numbers[9] == sizeof(oag_item));
  CHECK(numbers[10] == offsetof(oag_item, error));
  CHECK(sizeof(oag_item) == 512);
  char error[512] = "";
  const char* fault = oag_test_session(test_data("models/tiny-clip").c_str(), error, sizeof error);
  CHECK_MESSAGE(fault == nullptr, std::string(fault ? fault : "") << ": " << std::string(error));
}

TEST_CASE("versions") {
  CHECK(oag_abi_version() == OAG_ABI_VERSION);
  const std::string version = oag_version();
  CHECK(std::count(version.begin(), version.end(), '.') == 2);
}

TEST_CASE("a runtime is made of options or of none") {
  oag_runtime* runtime = nullptr;
  char error[256] = "stale";
  REQUIRE(oag_runtime_create(nullptr, &runtime, error, sizeof error) == OAG_OK);
  CHECK(std::string(error) == "");
  oag_runtime_close(runtime);
  oag_runtime_close(nullptr);
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "out is NULL", [](char* text, size_t capacity) { return oag_runtime_create(nullptr, nullptr, text, capacity); }) == "");
}

TEST_CASE("options out of range are refused by name, and the handle stays NULL") {
  oag_runtime_options options = host_options();
  for (uint32_t size : {0u, 1u, 3u, 4097u, 0xffffffffu}) {
    options = host_options();
    options.struct_size = size;
    CHECK(wrong_create(OAG_INVALID_ARGUMENT, "oag_runtime_options.struct_size is " + std::to_string(size), options) == "");
  }
  for (int32_t device : {-1, 4, 1000}) {
    options = host_options();
    options.device = device;
    CHECK(wrong_create(OAG_INVALID_ARGUMENT, "oag_runtime_options.device", options) == "");
  }
  for (int32_t isa : {-1, 5}) {
    options = host_options();
    options.isa = isa;
    CHECK(wrong_create(OAG_INVALID_ARGUMENT, "oag_runtime_options.isa", options) == "");
  }
  for (int32_t pages : {-1, 3}) {
    options = host_options();
    options.huge_pages = pages;
    CHECK(wrong_create(OAG_INVALID_ARGUMENT, "oag_runtime_options.huge_pages", options) == "");
  }
  options = host_options();
  options.threads = -3;
  CHECK(wrong_create(OAG_INVALID_ARGUMENT, "threads is -3", options) == "");
  options = host_options();
  options.max_pixels_in_flight = -1;
  CHECK(wrong_create(OAG_INVALID_ARGUMENT, "max_pixels_in_flight is -1", options) == "");
  options = host_options();
  options.isa = OAG_ISA_NEON;
  CHECK(wrong_create(OAG_UNSUPPORTED, "neon", options) == "");
  options = host_options();
  options.device = OAG_DEVICE_CUDA;
  options.plugin_folder = "/nonexistent-folder";
  CHECK(wrong_create(OAG_UNAVAILABLE, "/nonexistent-folder", options) == "");
}

TEST_CASE("a struct of an older and of a newer caller") {
  // Older: it ends behind `isa`; what follows in memory is not its own and must not be looked at.
  oag_runtime_options options;
  std::memset(&options, 0x7f, sizeof options);
  options.struct_size = offsetof(oag_runtime_options, threads);
  options.device = OAG_DEVICE_HOST;
  options.isa = OAG_ISA_REFERENCE;
  oag_runtime* runtime = nullptr;
  REQUIRE(oag_runtime_create(&options, &runtime, nullptr, 0) == OAG_OK);
  CHECK(runtime->runtime->options().max_tokens == 2048);
  CHECK(runtime->runtime->kernels().isa == host::Isa::reference);
  oag_runtime_close(runtime);

  // Newer: it goes on behind ours.
  struct {
    oag_runtime_options known = host_options();
    int64_t later[8] = {7, 7, 7, 7, 7, 7, 7, 7};
  } newer;
  newer.known.struct_size = sizeof newer;
  newer.known.max_tokens = 99;
  REQUIRE(oag_runtime_create(&newer.known, &runtime, nullptr, 0) == OAG_OK);
  CHECK(runtime->runtime->options().max_tokens == 99);
  oag_runtime_close(runtime);
}

TEST_CASE("an error is cut between characters, ends with NUL, and never leaves its buffer") {
  const std::string text = "a…b — 日本 🦎!";
  for (size_t capacity = 0; capacity <= text.size() + 3; capacity++) {
    std::string buffer(text.size() + 8, '#');
    c_api::write_error(text, buffer.data(), capacity);
    CAPTURE(capacity);
    CHECK(buffer.substr(capacity) == std::string(buffer.size() - capacity, '#'));
    if (capacity == 0) continue;
    const std::string written = buffer.c_str();
    CHECK(text.compare(0, written.size(), written) == 0);
    CHECK(written.size() < capacity);
    CHECK(written.size() + 4 >= std::min(capacity, text.size() + 4));  // at most one character short
    CHECK_NOTHROW(nlohmann::json(written).dump());                     // throws for what is not UTF-8
  }
  c_api::write_error(text, nullptr, 100);
}

TEST_CASE("diagnostics are JSON with everything that decides how a machine is used") {
  oag_runtime* runtime = nullptr;
  const oag_runtime_options options = host_options();
  REQUIRE(oag_runtime_create(&options, &runtime, nullptr, 0) == OAG_OK);
  for (const oag_runtime* asked : {static_cast<const oag_runtime*>(runtime), static_cast<const oag_runtime*>(nullptr)}) {
    size_t needed = 0;
    CHECK(wrong_status(OAG_BUFFER_TOO_SMALL, "are needed", [&](char* error, size_t capacity) { return oag_diagnostics(asked, nullptr, 0, &needed, error, capacity); }) == "");
    REQUIRE(needed > 100);
    std::string text(needed + 500, '#');  // memory and the like may take more digits the second time
    REQUIRE(oag_diagnostics(asked, text.data(), text.size(), &needed, nullptr, 0) == OAG_OK);
    CHECK(std::strlen(text.c_str()) + 1 == needed);
    const auto json = nlohmann::json::parse(text.c_str());
    for (const char* key : {"version", "abi", "library", "platform", "memory", "gpu_driver", "instruction_sets", "devices", "pages", "reason", "plugin_folder", "limits"}) {
      CAPTURE(std::string(key));
      CHECK(json.contains(key));
    }
    CHECK(json.at("version") == oag_version());
    CHECK(json.at("devices").size() == 3);
    CHECK(json.at("instruction_sets").size() == 4);
  }
  CHECK(oag_diagnostics(runtime, nullptr, 0, nullptr, nullptr, 0) == OAG_BUFFER_TOO_SMALL);
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "text buffer is NULL",
                     [&](char* error, size_t capacity) { return oag_diagnostics(runtime, nullptr, 1 << 20, nullptr, error, capacity); }) == "");
  oag_runtime_close(runtime);
}

TEST_CASE("rows are normalised in place") {
  float rows[2][3] = {{3, 0, 4}, {0, 0, 0}};
  REQUIRE(oag_normalize(rows[0], 2, 3, nullptr, 0) == OAG_OK);
  CHECK(rows[0][0] == doctest::Approx(0.6));
  CHECK(rows[0][2] == doctest::Approx(0.8));
  CHECK(rows[1][1] == 0);
  CHECK(oag_normalize(nullptr, 0, 3, nullptr, 0) == OAG_OK);
  CHECK(oag_normalize(nullptr, 3, 0, nullptr, 0) == OAG_OK);
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "rows is NULL", [](char* error, size_t capacity) { return oag_normalize(nullptr, 1, 1, error, capacity); }) == "");
}

TEST_CASE("what C++ throws inside never leaves: it is a status") {
  char error[128];
  CHECK(c_api::guarded(error, sizeof error, []() { throw std::bad_alloc(); }) == OAG_OUT_OF_MEMORY);
  CHECK(std::string(error).find("max_tokens") != std::string::npos);
  CHECK(c_api::guarded(error, sizeof error, []() { throw std::runtime_error("odd"); }) == OAG_INTERNAL);
  CHECK(std::string(error).find("odd") != std::string::npos);
  CHECK(c_api::guarded(error, sizeof error, []() { throw 7; }) == OAG_INTERNAL);
  CHECK(c_api::guarded(error, sizeof error, []() { throw Error(Status::io, "disk"); }) == OAG_IO);
  CHECK(c_api::guarded(error, sizeof error, []() {}) == OAG_OK);
  CHECK(std::string(error) == "");
}
