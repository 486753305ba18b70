// Precisions through the C ABI: what a load takes, what is refused, and what a check says.
#include <cmath>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "c_api/api.h"
#include "support/edited_model.h"
#include "support/temp_folder.h"

using namespace oag;
using namespace oag::test;

namespace {

// The folder's name is the caller's.
oag_model_options options_for(oag_precision precision, const char* cache_folder, int32_t allow_inaccurate = 0) {
  oag_model_options options{};
  options.struct_size = sizeof options;
  options.precision = precision;
  options.allow_inaccurate = allow_inaccurate;
  options.cache_folder = cache_folder;
  return options;
}

std::string string_of(const oag_model* model, oag_model_string which) {
  char text[4096] = "";
  REQUIRE(oag_model_get_string(model, which, text, sizeof text, nullptr, nullptr, 0) == OAG_OK);
  return text;
}

}  // namespace

TEST_CASE("a model tells its precision and the cosines that were measured") {
  const Api api;
  const TempFolder cache;
  CHECK(api.info.precision == OAG_PRECISION_FP32);
  CHECK(api.info.least_image_cosine == 1);
  CHECK(api.info.least_text_cosine == 1);
  for (oag_precision precision : {OAG_PRECISION_BF16, OAG_PRECISION_INT8}) {
    const std::string folder = cache.path();
    const oag_model_options options = options_for(precision, folder.c_str(), 1);
    oag_model* model = nullptr;
    char error[512] = "";
    REQUIRE_MESSAGE(oag_model_load(api.runtime, api.golden.folder.c_str(), &options, &model, error, sizeof error) == OAG_OK, std::string(error));
    oag_model_info info{};
    info.struct_size = sizeof info;
    REQUIRE(oag_model_get_info(model, &info, nullptr, 0) == OAG_OK);
    CHECK(info.precision == precision);
    CHECK(info.least_image_cosine > 0.95);
    CHECK(info.least_image_cosine < 1);
    CHECK(info.least_text_cosine > 0.95);
    CHECK(info.least_text_cosine < 1);
    CHECK(string_of(model, OAG_STRING_HASH) == string_of(api.model, OAG_STRING_HASH));
    CHECK(string_of(model, OAG_STRING_BACKEND).find(precision == OAG_PRECISION_BF16 ? " bf16, 2 threads" : " int8, 2 threads") != std::string::npos);
    CHECK(string_of(model, OAG_STRING_BACKEND_REASON).find("least cosine with fp32: 0.9") != std::string::npos);
    oag_model_close(model);
    CHECK(!std::filesystem::is_empty(folder + "/accuracy"));
  }
}

TEST_CASE("the environment's precision is the default, and a wrong one is named") {
  const Api api;
  oag_model* model = nullptr;
  for (oag_precision precision : {-1, 5, 1000}) {
    const oag_model_options options = options_for(precision, "");
    CHECK(wrong_status(OAG_INVALID_ARGUMENT, "oag_model_options.precision", [&](char* error, size_t capacity) {
            return oag_model_load(api.runtime, api.golden.folder.c_str(), &options, &model, error, capacity);
          }) == "");
  }
  const oag_model_options options = options_for(OAG_PRECISION_FP32, "", 2);
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "oag_model_options.allow_inaccurate is neither 0 nor 1", [&](char* error, size_t capacity) {
          return oag_model_load(api.runtime, api.golden.folder.c_str(), &options, &model, error, capacity);
        }) == "");
  const oag_model_options half = options_for(OAG_PRECISION_FP16, "");
  CHECK(wrong_status(OAG_UNSUPPORTED, "precision fp16: the host computes in fp32, bf16 and int8", [&](char* error, size_t capacity) {
          return oag_model_load(api.runtime, api.golden.folder.c_str(), &half, &model, error, capacity);
        }) == "");
  CHECK(model == nullptr);
}

TEST_CASE("options of a caller that knows the precision alone") {
  const Api api;
  oag_model_options options;
  std::memset(&options, 0x7f, sizeof options);
  options.struct_size = offsetof(oag_model_options, allow_inaccurate);
  options.precision = OAG_PRECISION_FP32;
  oag_model* model = nullptr;
  CHECK(oag_model_load(api.runtime, api.golden.folder.c_str(), &options, &model, nullptr, 0) == OAG_OK);
  oag_model_close(model);
}

TEST_CASE("an int8 request that the guard refuses says what was measured and what to do") {
  const EditedModel hopeless = spoiled_model(1000);
  const Api api;
  const oag_model_options options = options_for(OAG_PRECISION_INT8, "");
  oag_model* model = nullptr;
  CHECK(wrong_status(OAG_UNSUPPORTED, "precision int8 is too inaccurate with these weights: least cosine with fp32: ", [&](char* error, size_t capacity) {
          return oag_model_load(api.runtime, hopeless.path().c_str(), &options, &model, error, capacity);
        }) == "");
  CHECK(wrong_status(OAG_UNSUPPORTED, "0.990000 is wanted: use auto, fp32 or another precision, or allow it", [&](char* error, size_t capacity) {
          return oag_model_load(api.runtime, hopeless.path().c_str(), &options, &model, error, capacity);
        }) == "");
  CHECK(model == nullptr);
  const oag_model_options allowed = options_for(OAG_PRECISION_INT8, "", 1);
  REQUIRE(oag_model_load(api.runtime, hopeless.path().c_str(), &allowed, &model, nullptr, 0) == OAG_OK);
  CHECK(string_of(model, OAG_STRING_BACKEND_REASON).find("though it is inaccurate, for that is allowed") != std::string::npos);
  oag_model_close(model);
}

TEST_CASE("a check writes JSON with a line for each precision, and asks for room before it measures") {
  const Api api;
  const TempFolder cache;
  const std::string folder = cache.path();
  const oag_model_options options = options_for(OAG_PRECISION_AUTO, folder.c_str());
  std::vector<char> text(OAG_CHECK_CAPACITY);
  size_t needed = 0;
  char error[512] = "";
  REQUIRE_MESSAGE(oag_check_precisions(api.runtime, api.golden.folder.c_str(), &options, text.data(), text.size(), &needed, error, sizeof error) == OAG_OK, std::string(error));
  const auto json = nlohmann::json::parse(text.data());
  CHECK(needed == std::string(text.data()).size() + 1);
  CHECK(json.at("model") == string_of(api.model, OAG_STRING_HASH));
  CHECK(json.at("pictures") == 6);
  CHECK(json.at("texts") == 8);
  std::string names;
  for (const auto& line : json.at("precisions")) {
    names += line.at("name").get<std::string>() + " ";
    if (line.at("name") == "fp16") CHECK(line.at("reason").get<std::string>().find("the host computes in") != std::string::npos);
    if (line.at("name") == "bf16") CHECK(line.at("images").at("least").get<double>() > 0.999);
  }
  CHECK(names == "fp32 bf16 fp16 int8 ");
  // Without options it goes to the user's folder; a small buffer is refused first.
  CHECK(wrong_status(OAG_BUFFER_TOO_SMALL, "OAG_CHECK_CAPACITY", [&](char* out, size_t capacity) {
          needed = 0;
          return oag_check_precisions(api.runtime, "/nowhere", nullptr, text.data(), OAG_CHECK_CAPACITY - 1, &needed, out, capacity);
        }) == "");
  CHECK(needed == OAG_CHECK_CAPACITY);
  CHECK(wrong_status(OAG_IO, "/nowhere", [&](char* out, size_t capacity) {
          return oag_check_precisions(api.runtime, "/nowhere", nullptr, text.data(), text.size(), nullptr, out, capacity);
        }) == "");
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "runtime is NULL", [&](char* out, size_t capacity) {
          return oag_check_precisions(nullptr, "/nowhere", nullptr, text.data(), text.size(), nullptr, out, capacity);
        }) == "");
}

TEST_CASE("the peak of each precision is measured, and what has no arithmetic is refused") {
  const Api api;
  for (oag_precision precision : {OAG_PRECISION_FP32, OAG_PRECISION_BF16, OAG_PRECISION_INT8}) {
    double operations = 0;
    CHECK(oag_measure_peak_of(api.runtime, precision, &operations, nullptr, 0) == OAG_OK);
    CHECK(operations > 1e6);
  }
  for (oag_precision precision : std::vector<oag_precision>{OAG_PRECISION_AUTO, OAG_PRECISION_FP16, 7}) {
    double operations = 0;
    CHECK(wrong_status(OAG_INVALID_ARGUMENT, "it may be fp32, bf16 or int8",
                       [&](char* error, size_t capacity) { return oag_measure_peak_of(api.runtime, precision, &operations, error, capacity); }) == "");
  }
}

TEST_CASE("operations are counted from the recorded model") {
  const Api api;
  const auto count = [&](int64_t images, int64_t texts, int64_t tokens) {
    double operations = -1;
    REQUIRE(oag_count_operations(api.model, images, texts, tokens, &operations, nullptr, 0) == OAG_OK);
    return operations;
  };
  CHECK(count(0, 0, 0) == 0);
  CHECK(count(3, 0, 0) == 3 * count(1, 0, 0));
  CHECK(count(0, 5, 7) == 5 * count(0, 1, 7));
  CHECK(count(1, 1, 7) == count(1, 0, 0) + count(0, 1, 7));
  CHECK(count(0, 1, 14) > count(0, 1, 7));
  // By hand, tiny-clip's picture: 17 rows of width 32, 2 blocks, MLP of 36, patches of 8 × 8 × 3, projected to 24; the last block computes keys and values of all rows, the rest
  // of one.
  const double rows = 17, width = 32, mlp = 36, patch = 192, projected = 24;
  const double patches = 2 * 16 * patch * width;
  const double first = 2 * rows * (3 * width * width + width * width + 2 * width * mlp) + 4 * rows * rows * width;
  const double last = 2 * rows * 2 * width * width + 2 * (width * width + width * width + 2 * width * mlp) + 4 * rows * width;
  CHECK(count(1, 0, 0) == doctest::Approx(patches + first + last + 2 * width * projected).epsilon(1e-12));
  for (int64_t bad : {-1, -1000}) {
    double operations = 0;
    CHECK(wrong_status(OAG_INVALID_ARGUMENT, "is negative", [&](char* error, size_t capacity) { return oag_count_operations(api.model, bad, 0, 0, &operations, error, capacity); }) == "");
  }
}
