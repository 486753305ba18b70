// What the tests of the C ABI share: a runtime, a model, and calls that must fail.
#pragma once

#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <vector>

#include "openautoglm.h"
#include "support/golden.h"

namespace oag::test {

// Empty when `call(error, capacity)` returns `status` and a text with `part`; else what it returned.
template <class Call>
std::string wrong_status(oag_status status, const std::string& part, Call&& call) {
  char error[1024] = "untouched";
  const oag_status got = call(error, sizeof error);
  if (got != status || std::string(error).find(part) == std::string::npos) return "status " + std::to_string(got) + ": " + error;
  return call(nullptr, size_t{0}) == status ? "" : "another status without an error buffer";
}

struct Api {
  explicit Api(const std::string& name = "tiny-clip") : golden(load_golden(name)) {
    oag_runtime_options options{};
    options.struct_size = sizeof options;
    options.device = OAG_DEVICE_HOST;
    options.threads = 2;
    char error[512] = "";
    REQUIRE_MESSAGE(oag_runtime_create(&options, &runtime, error, sizeof error) == OAG_OK, std::string(error));
    oag_model_options model_options{};
    model_options.struct_size = sizeof model_options;
    model_options.precision = OAG_PRECISION_FP32;  // what the golden files hold
    REQUIRE_MESSAGE(oag_model_load(runtime, golden.folder.c_str(), &model_options, &model, error, sizeof error) == OAG_OK, std::string(error));
    info.struct_size = sizeof info;
    REQUIRE(oag_model_get_info(model, &info, nullptr, 0) == OAG_OK);
    width = static_cast<size_t>(info.embedding_size);
  }
  ~Api() {
    oag_model_close(model);
    oag_runtime_close(runtime);
  }
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  oag_image picture(size_t index) const {
    oag_image image{};
    image.struct_size = sizeof image;
    image.kind = OAG_IMAGE_ENCODED;
    image.data = golden.pictures[index].data();
    image.size = golden.pictures[index].size();
    return image;
  }

  Golden golden;
  oag_runtime* runtime = nullptr;
  oag_model* model = nullptr;
  oag_model_info info{};
  size_t width = 0;
};

inline oag_image raw_image(const std::vector<uint8_t>& pixels, int32_t width, int32_t height, int64_t stride = 0) {
  oag_image image{};
  image.struct_size = sizeof image;
  image.kind = OAG_IMAGE_RGB8;
  image.data = pixels.data();
  image.size = pixels.size();
  image.width = width;
  image.height = height;
  image.stride = stride;
  return image;
}

}  // namespace oag::test
