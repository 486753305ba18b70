#include <cstddef>
#include <limits>

#include "c_api/api.h"

#include "support/environment.h"
#include "support/test_data.h"

using namespace oag;
using namespace oag::test;

namespace {

std::string string_of(const Api& api, oag_model_string which) {
  size_t needed = 0;
  CHECK(oag_model_get_string(api.model, which, nullptr, 0, &needed, nullptr, 0) == OAG_BUFFER_TOO_SMALL);
  std::string text(needed, '#');
  CHECK(oag_model_get_string(api.model, which, text.data(), needed - 1, nullptr, nullptr, 0) == OAG_BUFFER_TOO_SMALL);
  CHECK(text == std::string(needed, '#'));
  REQUIRE(oag_model_get_string(api.model, which, text.data(), needed, &needed, nullptr, 0) == OAG_OK);
  CHECK(text.back() == '\0');
  text.pop_back();
  CHECK(text.find('\0') == std::string::npos);
  return text;
}

}  // namespace

TEST_CASE("a folder that does not load leaves no handle and says why") {
  const Api api;
  const auto load = [&](const char* folder, const oag_model_options* options) {
    return [=, &api](char* error, size_t capacity) {
      oag_model* model = reinterpret_cast<oag_model*>(8);
      const oag_status status = oag_model_load(api.runtime, folder, options, &model, error, capacity);
      CHECK(model == nullptr);
      return status;
    };
  };
  CHECK(wrong_status(OAG_IO, "/nonexistent: there is no such folder", load("/nonexistent", nullptr)) == "");
  CHECK(wrong_status(OAG_BAD_MODEL, "overlap", load(test_data("models-bad/overlapping-offsets").c_str(), nullptr)) == "");
  CHECK(wrong_status(OAG_UNSUPPORTED, "clippy", load(test_data("models-bad/unknown-model-type").c_str(), nullptr)) == "");
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "folder is NULL", load(nullptr, nullptr)) == "");
  oag_model_options options{sizeof options, 5, 0, nullptr, 0, 0, 0};
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "oag_model_options.precision", load(api.golden.folder.c_str(), &options)) == "");
  options.precision = OAG_PRECISION_FP16;
  CHECK(wrong_status(OAG_UNSUPPORTED, "precision fp16", load(api.golden.folder.c_str(), &options)) == "");
  options = {sizeof options, 0, 0, nullptr, 0, 2, 0};
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "whole_texts is neither 0 nor 1", load(api.golden.folder.c_str(), &options)) == "");
  options = {2, 0, 0, nullptr, 0, 0, 0};
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "oag_model_options.struct_size is 2", load(api.golden.folder.c_str(), &options)) == "");
  oag_model* model = nullptr;
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "runtime is NULL",
                     [&](char* error, size_t capacity) { return oag_model_load(nullptr, api.golden.folder.c_str(), nullptr, &model, error, capacity); }) == "");
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "out is NULL",
                     [&](char* error, size_t capacity) { return oag_model_load(api.runtime, "", nullptr, nullptr, error, capacity); }) == "");
  // An older caller's options end before `precision`.
  oag_model_options older{offsetof(oag_model_options, precision), 77, 77, nullptr, 0, 0, 0};
  REQUIRE(oag_model_load(api.runtime, api.golden.folder.c_str(), &older, &model, nullptr, 0) == OAG_OK);
  oag_model_close(model);
}

TEST_CASE("an encoder of texts tells how it pools and what its prompts are, takes a pooling where its folder says none, and scores nothing") {
  const Api prompted("sentence-xlm-roberta"), plain("plain-bert");
  CHECK(string_of(prompted, OAG_STRING_FAMILY) == "xlm-roberta");
  CHECK(string_of(prompted, OAG_STRING_EMBEDDING) == "mean of the tokens, dense to 24, length 1");
  CHECK(string_of(prompted, OAG_STRING_PROMPTS) == R"({"default":"passage","prompts":{"passage":"passage: ","query":"query: "}})");
  CHECK(string_of(prompted, OAG_STRING_MADE_TOKENIZER) == "");
  CHECK(string_of(plain, OAG_STRING_PROMPTS) == R"({"default":"","prompts":{}})");
  CHECK(string_of(plain, OAG_STRING_TOKENIZER) == "");
  CHECK(string_of(plain, OAG_STRING_MADE_TOKENIZER).find("\"type\":\"WordPiece\"") != std::string::npos);
  CHECK(prompted.info.has_image_tower == 0);
  CHECK(prompted.info.text_max_tokens == 40);

  oag_model* model = nullptr;
  oag_model_options options{};
  options.struct_size = sizeof options;
  options.precision = OAG_PRECISION_FP32;  // pooled so, the model is too inaccurate for a smaller one that the environment may ask for
  options.pooling = OAG_POOLING_FIRST;
  REQUIRE(oag_model_load(plain.runtime, plain.golden.folder.c_str(), &options, &model, nullptr, 0) == OAG_OK);
  char text[64] = "";
  CHECK(oag_model_get_string(model, OAG_STRING_EMBEDDING, text, sizeof text, nullptr, nullptr, 0) == OAG_OK);
  CHECK(std::string(text) == "the first token");
  oag_model_close(model);
  const auto load = [&](const Api& api) {
    return [&](char* error, size_t capacity) { return oag_model_load(api.runtime, api.golden.folder.c_str(), &options, &model, error, capacity); };
  };
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "modules.json of this model says how it pools", load(prompted)) == "");
  options.pooling = 7;
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "oag_model_options.pooling is none of OAG_POOLING_*", load(plain)) == "");

  const std::vector<float> rows(plain.width, 1.0f);
  float logit = 0;
  CHECK(wrong_status(OAG_UNSUPPORTED, "compare two embeddings by their cosine (Similarity.of)", [&](char* error, size_t capacity) {
          return oag_forward(plain.model, rows.data(), 1, rows.data(), 1, &logit, nullptr, error, capacity);
        }) == "");
}

TEST_CASE("the cache of beginnings is counted, has its limit, and may be left out") {
  const Api api;
  const auto statistics_of = [](const oag_model* model) {
    oag_prefix_statistics statistics{};
    statistics.struct_size = sizeof statistics;
    REQUIRE(oag_model_get_prefix_statistics(model, &statistics, nullptr, 0) == OAG_OK);
    return statistics;
  };
  std::vector<std::vector<float>> results;
  for (const int64_t bytes : {int64_t{0}, int64_t{-1}, int64_t{1}}) {
    CAPTURE(bytes);
    oag_model_options options{};
    options.struct_size = sizeof options;
    options.precision = OAG_PRECISION_FP32;
    options.prefix_cache_bytes = bytes;
    options.whole_texts = bytes == 1;
    oag_model* model = nullptr;
    REQUIRE(oag_model_load(api.runtime, api.golden.folder.c_str(), &options, &model, nullptr, 0) == OAG_OK);
    std::vector<float> embedding(api.width);
    for (int32_t i = 0; i < 10; i++) {
      const int32_t ids[]{5, 6, 7, 100 + i, 599};
      const int64_t offsets[]{0, 5};
      REQUIRE(oag_encode_texts(model, ids, offsets, 1, embedding.data(), embedding.size(), nullptr, 0) == OAG_OK);
    }
    results.push_back(embedding);
    const oag_prefix_statistics now = statistics_of(model);
    CHECK(now.lookups == (bytes == 0 ? 10 : 0));
    CHECK(now.hits == (bytes == 0 ? 2 : 0));
    CHECK(now.rows_saved == (bytes == 0 ? 6 : 0));
    CHECK(now.entries == (bytes == 0 ? 1 : 0));
    CHECK((now.bytes > 0) == (bytes == 0));
    CHECK(now.evictions == 0);
    oag_model_close(model);
  }
  CHECK(results[1] == results[0]);
  CHECK(results[2] == results[0]);
  oag_prefix_statistics older{};
  older.struct_size = offsetof(oag_prefix_statistics, hits);
  older.hits = -5;
  REQUIRE(oag_model_get_prefix_statistics(api.model, &older, nullptr, 0) == OAG_OK);
  CHECK(older.hits == -5);
  const auto get = [&](const oag_model* model, oag_prefix_statistics* to) {
    return [=](char* error, size_t capacity) { return oag_model_get_prefix_statistics(model, to, error, capacity); };
  };
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "statistics is NULL", get(api.model, nullptr)) == "");
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "model is NULL", get(nullptr, &older)) == "");
  older.struct_size = 3;
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "oag_prefix_statistics.struct_size", get(api.model, &older)) == "");
}

TEST_CASE("a model outlives the handle of its runtime") {
  Api api;
  oag_runtime_close(api.runtime);
  api.runtime = nullptr;
  const oag_image image = api.picture(0);
  std::vector<float> row(api.width);
  CHECK(oag_encode_images(api.model, &image, 1, row.data(), row.size(), nullptr, nullptr, 0) == OAG_OK);
  CHECK(least_cosine(row, {api.golden.image_embeddings[0]}) > 0.99999);
}

TEST_CASE("info is filled up to the size the caller knows") {
  const Api api;
  CHECK(api.info.device == OAG_DEVICE_HOST);
  CHECK(api.info.precision == OAG_PRECISION_FP32);
  CHECK(api.info.threads == 2);
  CHECK(api.info.embedding_size == static_cast<int32_t>(api.golden.image_embeddings[0].size()));
  CHECK(api.info.has_image_tower == 1);
  CHECK(api.info.has_text_tower == 1);
  CHECK(api.info.vocabulary_size == 600);
  CHECK(api.info.text_max_tokens == 77);
  CHECK(api.info.parameter_count > 10'000);
  CHECK(api.info.struct_size == sizeof(oag_model_info));

  oag_model_info older;
  std::memset(&older, 0x5a, sizeof older);
  older.struct_size = offsetof(oag_model_info, threads);
  REQUIRE(oag_model_get_info(api.model, &older, nullptr, 0) == OAG_OK);
  CHECK(older.device == OAG_DEVICE_HOST);
  CHECK(older.struct_size == offsetof(oag_model_info, threads));
  CHECK(older.threads == 0x5a5a5a5a);

  struct {
    oag_model_info known;
    int32_t later[4] = {1, 2, 3, 4};
  } newer;
  newer.known.struct_size = sizeof newer;
  REQUIRE(oag_model_get_info(api.model, &newer.known, nullptr, 0) == OAG_OK);
  CHECK(newer.known.parameter_count == api.info.parameter_count);
  CHECK(newer.later[3] == 4);

  oag_model_info wrong{};
  for (uint32_t size : {0u, 3u, 5000u}) {
    wrong.struct_size = size;
    CHECK(wrong_status(OAG_INVALID_ARGUMENT, "oag_model_info.struct_size", [&](char* error, size_t capacity) { return oag_model_get_info(api.model, &wrong, error, capacity); }) == "");
  }
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "info is NULL", [&](char* error, size_t capacity) { return oag_model_get_info(api.model, nullptr, error, capacity); }) == "");
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "model is NULL", [&](char* error, size_t capacity) { return oag_model_get_info(nullptr, &wrong, error, capacity); }) == "");
}

TEST_CASE("strings and the room they need") {
  const Api api;
  CHECK(string_of(api, OAG_STRING_FAMILY) == "clip");
  CHECK(string_of(api, OAG_STRING_FOLDER) == api.golden.folder);
  CHECK(string_of(api, OAG_STRING_TOKENIZER) == api.golden.folder + "/tokenizer.json");
  const std::string hash = string_of(api, OAG_STRING_HASH);
  CHECK(hash.size() == 32);
  CHECK(hash.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(string_of(Api(), OAG_STRING_HASH) == hash);
  CHECK(string_of(Api("modern-eos"), OAG_STRING_HASH) != hash);
  CHECK(string_of(api, OAG_STRING_BACKEND).find("host ") == 0);
  CHECK(string_of(api, OAG_STRING_BACKEND).find("fp32, 2 threads") != std::string::npos);
  CHECK(string_of(api, OAG_STRING_BACKEND_REASON).find("device host: as asked") == 0);
  CHECK(string_of(api, OAG_STRING_BACKEND_REASON).find("huge pages") == std::string::npos);
  const Environment huge_pages("OPENAUTOGLM_HUGE_PAGES", "on");
  CHECK(string_of(Api(), OAG_STRING_BACKEND_REASON).find("; huge pages: none, for ") != std::string::npos);  // the weights are smaller than one
  CHECK(string_of(api, OAG_STRING_OPERATIONS).find("similarity") != std::string::npos);
  CHECK(string_of(api, OAG_STRING_EMBEDDING).find("projected class token") != std::string::npos);
  CHECK(string_of(Api("dinov2"), OAG_STRING_EMBEDDING) == "the class token behind the last layer norm");
  for (int32_t which : {-1, 11, 1000})
    CHECK(wrong_status(OAG_INVALID_ARGUMENT, "which is " + std::to_string(which),
                       [&](char* error, size_t capacity) { return oag_model_get_string(api.model, which, nullptr, 0, nullptr, error, capacity); }) == "");
}

TEST_CASE("texts: arguments that make no sense") {
  const Api api;
  const int32_t ids[3] = {1, 2, 3};
  const auto encode = [&](const int32_t* given, std::vector<int64_t> offsets, size_t count, size_t capacity_floats, bool no_out = false) {
    return [&api, given, offsets, count, capacity_floats, no_out](char* error, size_t capacity) {
      std::vector<float> rows(capacity_floats, 7.0f);
      return oag_encode_texts(api.model, given, offsets.empty() ? nullptr : offsets.data(), count, no_out ? nullptr : rows.data(), capacity_floats, error, capacity);
    };
  };
  CHECK(wrong_status(OAG_OK, "", encode(ids, {0, 3}, 1, api.width)) == "");
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "count is 0", encode(ids, {0}, 0, api.width)) == "");
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "NULL", encode(nullptr, {0, 3}, 1, api.width)) == "");
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "NULL", encode(ids, {}, 1, api.width)) == "");
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "NULL", encode(ids, {0, 3}, 1, api.width, true)) == "");
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "offsets[0] is not 0", encode(ids, {1, 3}, 1, api.width)) == "");
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "offsets fall", encode(ids, {0, 3, 2}, 2, 2 * api.width)) == "");
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "text 1 has no tokens", encode(ids, {0, 3, 3}, 2, 2 * api.width)) == "");
  CHECK(wrong_status(OAG_BUFFER_TOO_SMALL, "room for " + std::to_string(api.width - 1) + " floats; 1 rows", encode(ids, {0, 3}, 1, api.width - 1)) == "");
  const int32_t foreign[1] = {600};
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "text 0 has the token id 600", encode(foreign, {0, 1}, 1, api.width)) == "");
  const std::vector<int32_t> long_text(78, 5);
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "78 tokens and the model takes 77", encode(long_text.data(), {0, 78}, 1, api.width)) == "");
}

TEST_CASE("forward: arguments that make no sense, and scores without probabilities") {
  const Api api;
  const std::vector<float> rows(api.width, 1.0f);
  float logit = 0;
  const auto score = [&](const float* images, size_t image_count, const float* texts, size_t text_count, float* logits) {
    return [=, &api](char* error, size_t capacity) { return oag_forward(api.model, images, image_count, texts, text_count, logits, nullptr, error, capacity); };
  };
  CHECK(wrong_status(OAG_OK, "", score(rows.data(), 1, rows.data(), 1, &logit)) == "");
  CHECK(logit > 1);
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "at least one", score(rows.data(), 0, rows.data(), 1, &logit)) == "");
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "at least one", score(rows.data(), 1, rows.data(), 0, &logit)) == "");
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "NULL", score(nullptr, 1, rows.data(), 1, &logit)) == "");
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "NULL", score(rows.data(), 1, nullptr, 1, &logit)) == "");
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "NULL", score(rows.data(), 1, rows.data(), 1, nullptr)) == "");
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "over 2^31", score(rows.data(), SIZE_MAX, rows.data(), 1, &logit)) == "");
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "model is NULL",
                     [&](char* error, size_t capacity) { return oag_forward(nullptr, rows.data(), 1, rows.data(), 1, &logit, nullptr, error, capacity); }) == "");
}

TEST_CASE("the measured peak is a speed") {
  const Api api;
  double flops = 0;
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "NULL", [&](char* error, size_t capacity) { return oag_measure_peak(nullptr, &flops, error, capacity); }) == "");
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "NULL", [&](char* error, size_t capacity) { return oag_measure_peak(api.runtime, nullptr, error, capacity); }) == "");
}
