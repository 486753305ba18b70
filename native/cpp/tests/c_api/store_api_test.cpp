// Stores, similarities and calibrations over the C ABI.
#include <cmath>
#include <filesystem>
#include <thread>

#include "c_api/api.h"
#include "support/temp_folder.h"

using namespace oag::test;

namespace {

struct Runtime {
  Runtime() {
    oag_runtime_options options{};
    options.struct_size = sizeof options;
    options.device = OAG_DEVICE_HOST;
    options.threads = 2;
    REQUIRE(oag_runtime_create(&options, &handle, nullptr, 0) == OAG_OK);
  }
  ~Runtime() { oag_runtime_close(handle); }
  oag_runtime* handle = nullptr;
};

oag_store_settings settings_of(int32_t dimension, oag_id_kind ids = OAG_IDS_NUMBERS) {
  oag_store_settings settings{};
  settings.struct_size = sizeof settings;
  settings.dimension = dimension;
  settings.metric = OAG_METRIC_DOT;
  settings.id_kind = ids;
  settings.precision = OAG_PRECISION_FP32;
  settings.model_hash = "0123";
  settings.model_name = "tiny";
  return settings;
}

}  // namespace

TEST_CASE("a store over the C ABI: append, search, names, save, open") {
  const Runtime runtime;
  const TempFolder folder;
  const oag_store_settings settings = settings_of(2, OAG_IDS_TEXTS);
  oag_store* store = nullptr;
  REQUIRE(oag_store_create(runtime.handle, &settings, &store, nullptr, 0) == OAG_OK);
  const float rows[] = {1, 0, 0, 1, 1, 1};
  const char texts[] = "eastnorthboth";
  const int64_t offsets[] = {0, 4, 9, 13};
  REQUIRE(oag_store_append_texts(store, rows, 3, texts, offsets, nullptr, 0) == OAG_OK);
  const std::string path = folder.file("index");
  REQUIRE(oag_store_save(store, path.c_str(), nullptr, 0) == OAG_OK);
  oag_store_close(store);

  oag_store_settings expected = settings;
  REQUIRE(oag_store_open(runtime.handle, path.c_str(), &expected, &store, nullptr, 0) == OAG_OK);
  oag_store_info info{};
  info.struct_size = sizeof info;
  REQUIRE(oag_store_get_info(store, &info, nullptr, 0) == OAG_OK);
  CHECK(info.rows == 3);
  CHECK(info.dimension == 2);
  CHECK(info.id_kind == OAG_IDS_TEXTS);
  char name[16];
  REQUIRE(oag_store_get_string(store, OAG_STORE_MODEL_NAME, name, sizeof name, nullptr, nullptr, 0) == OAG_OK);
  CHECK(std::string(name) == "tiny");
  const float query[] = {2, 1};
  int64_t found_rows[5], found = 0;
  float scores[5];
  REQUIRE(oag_store_search(store, query, 1, 5, nullptr, 0, found_rows, scores, &found, nullptr, 0) == OAG_OK);
  REQUIRE(found == 3);
  CHECK(found_rows[0] == 2);
  CHECK(scores[0] == 3);
  CHECK(found_rows[2] == 1);
  char ids[32];
  int64_t id_offsets[4];
  size_t needed = 0;
  REQUIRE(oag_store_get_texts(store, found_rows, 3, ids, sizeof ids, id_offsets, &needed, nullptr, 0) == OAG_OK);
  CHECK(std::string(ids, needed) == "botheastnorth");
  CHECK(oag_store_get_texts(store, found_rows, 3, ids, 12, id_offsets, &needed, nullptr, 0) == OAG_BUFFER_TOO_SMALL);
  CHECK(needed == 13);
  int64_t row = 7;
  REQUIRE(oag_store_find_text(store, "north", 5, &row, nullptr, 0) == OAG_OK);
  CHECK(row == 1);
  const uint64_t filter = 0b010;
  REQUIRE(oag_store_search(store, query, 1, 5, &filter, 3, found_rows, scores, &found, nullptr, 0) == OAG_OK);
  CHECK(found == 1);
  CHECK(found_rows[0] == 1);
  oag_store_close(store);
}

TEST_CASE("a store outlives its runtime's handle; a journal goes on") {
  const TempFolder folder;
  const oag_store_settings settings = settings_of(3);
  oag_store* store = nullptr;
  const std::string path = folder.file("journal");
  {
    const Runtime runtime;
    REQUIRE(oag_store_open_journal(runtime.handle, path.c_str(), &settings, &store, nullptr, 0) == OAG_OK);
  }
  const float row[] = {1, 2, 3};
  const int64_t id = 77;
  REQUIRE(oag_store_append(store, row, 1, &id, nullptr, 0) == OAG_OK);
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "77", [&](char* error, size_t capacity) { return oag_store_append(store, row, 1, &id, error, capacity); }) == "");
  oag_store_close(store);
  const Runtime runtime;
  REQUIRE(oag_store_open_journal(runtime.handle, path.c_str(), &settings, &store, nullptr, 0) == OAG_OK);
  int64_t found_row = -1, found_id = 0;
  REQUIRE(oag_store_find(store, 77, &found_row, nullptr, 0) == OAG_OK);
  REQUIRE(oag_store_get_ids(store, &found_row, 1, &found_id, nullptr, 0) == OAG_OK);
  CHECK(found_id == 77);
  oag_store* other = nullptr;
  int64_t added = 0;
  REQUIRE(oag_store_create(runtime.handle, &settings, &other, nullptr, 0) == OAG_OK);
  REQUIRE(oag_store_append_missing(other, store, &added, nullptr, 0) == OAG_OK);
  CHECK(added == 1);
  oag_store_close(other);
  oag_store_close(store);
}

TEST_CASE("wrong arguments of stores are named") {
  const Runtime runtime;
  const TempFolder folder;
  oag_store_settings settings = settings_of(2);
  oag_store* store = nullptr;
  const auto create = [&](const oag_store_settings& given) {
    return [&runtime, given](char* error, size_t capacity) {
      oag_store* out = reinterpret_cast<oag_store*>(8);
      const oag_status got = oag_store_create(runtime.handle, &given, &out, error, capacity);
      CHECK(out == nullptr);
      return got;
    };
  };
  for (const auto& [field, part] : std::vector<std::pair<int32_t oag_store_settings::*, const char*>>{{&oag_store_settings::metric, "metric"}, {&oag_store_settings::row_type, "row_type"},
           {&oag_store_settings::id_kind, "id_kind"}, {&oag_store_settings::precision, "precision"}, {&oag_store_settings::dimension, "dimension"}}) {
    oag_store_settings wrong = settings;
    wrong.*field = -1;
    CHECK(wrong_status(OAG_INVALID_ARGUMENT, part, create(wrong)) == "");
  }
  oag_store_settings sizeless = settings;
  sizeless.struct_size = 0;
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "struct_size", create(sizeless)) == "");
  CHECK(oag_store_create(nullptr, &settings, &store, nullptr, 0) == OAG_INVALID_ARGUMENT);
  CHECK(oag_store_create(runtime.handle, nullptr, &store, nullptr, 0) == OAG_INVALID_ARGUMENT);
  CHECK(oag_store_create(runtime.handle, &settings, nullptr, nullptr, 0) == OAG_INVALID_ARGUMENT);
  CHECK(oag_store_open(runtime.handle, "", nullptr, &store, nullptr, 0) == OAG_INVALID_ARGUMENT);
  CHECK(oag_store_open(runtime.handle, folder.file("no").c_str(), nullptr, &store, nullptr, 0) == OAG_IO);
  CHECK(oag_store_get_info(nullptr, nullptr, nullptr, 0) == OAG_INVALID_ARGUMENT);
  oag_store_close(nullptr);

  REQUIRE(oag_store_create(runtime.handle, &settings, &store, nullptr, 0) == OAG_OK);
  const std::string path = folder.file("index");
  REQUIRE(oag_store_save(store, path.c_str(), nullptr, 0) == OAG_OK);
  oag_store_settings other = settings;
  other.dimension = 3;
  other.model_hash = "4567";
  oag_store* none = nullptr;
  CHECK(wrong_status(OAG_BAD_INDEX, "not model tiny (4567)", [&](char* error, size_t capacity) { return oag_store_open(runtime.handle, path.c_str(), &other, &none, error, capacity); }) == "");
  CHECK(wrong_status(OAG_BAD_INDEX, "its dimension is 2, not 3", [&](char* error, size_t capacity) { return oag_store_open(runtime.handle, path.c_str(), &other, &none, error, capacity); }) == "");
  other.dimension = 0;
  other.model_hash = nullptr;
  REQUIRE(oag_store_open(runtime.handle, path.c_str(), &other, &none, nullptr, 0) == OAG_OK);  // any
  oag_store_close(none);

  const float row[2] = {1, 2};
  int64_t id = 1, one_row = 5, offsets[2] = {3, 1};
  CHECK(oag_store_append(store, nullptr, 1, &id, nullptr, 0) == OAG_INVALID_ARGUMENT);
  CHECK(oag_store_append(store, row, 0, nullptr, nullptr, 0) == OAG_OK);
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "numbers, not texts", [&](char* error, size_t capacity) { return oag_store_append_texts(store, row, 1, "abc", offsets, error, capacity); }) == "");
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "no row 5", [&](char* error, size_t capacity) { return oag_store_get_ids(store, &one_row, 1, &id, error, capacity); }) == "");
  CHECK(oag_store_append_missing(store, store, nullptr, nullptr, 0) == OAG_INVALID_ARGUMENT);
  CHECK(oag_store_search(store, row, 1, 1, nullptr, 0, nullptr, nullptr, nullptr, nullptr, 0) == OAG_INVALID_ARGUMENT);
  oag_store_close(store);
}

TEST_CASE("similarity and calibration over the C ABI, with a runtime and without") {
  const Runtime runtime;
  const float a[] = {1, 0, 0, 2}, b[] = {3, 4};
  const float matrix[] = {0, 1, 1, 0};
  for (const oag_runtime* threads : {static_cast<const oag_runtime*>(runtime.handle), static_cast<const oag_runtime*>(nullptr)}) {
    float scores[2];
    REQUIRE(oag_similarity(threads, OAG_METRIC_COSINE, a, 2, b, 1, 2, scores, nullptr, 0) == OAG_OK);
    CHECK(scores[0] == doctest::Approx(0.6));
    CHECK(scores[1] == doctest::Approx(0.8));
    REQUIRE(oag_bilinear(threads, a, 2, 2, matrix, b, 1, 2, scores, nullptr, 0) == OAG_OK);
    CHECK(scores[0] == 4);
    CHECK(scores[1] == 6);
    const int64_t offsets[] = {0, 1, 2};
    REQUIRE(oag_max_similarity(threads, b, 1, a, offsets, 2, 2, scores, nullptr, 0) == OAG_OK);
    CHECK(scores[0] == 3);
    CHECK(scores[1] == 8);
    const int64_t empty[] = {0, 0, 2};
    CHECK(wrong_status(OAG_INVALID_ARGUMENT, "document 0", [&](char* error, size_t capacity) { return oag_max_similarity(threads, b, 1, a, empty, 2, 2, scores, error, capacity); }) == "");
    CHECK(oag_similarity(threads, 9, a, 2, b, 1, 2, scores, nullptr, 0) == OAG_INVALID_ARGUMENT);
    CHECK(oag_similarity(threads, OAG_METRIC_DOT, a, 2, nullptr, 1, 2, scores, nullptr, 0) == OAG_INVALID_ARGUMENT);
    CHECK(oag_similarity(threads, OAG_METRIC_DOT, a, 2, b, 1, 0, scores, nullptr, 0) == OAG_INVALID_ARGUMENT);
  }
  const float values[] = {-1, -0.5f, 0.5f, 1};
  const uint8_t labels[] = {0, 1, 0, 1};
  oag_calibration fit{};
  fit.struct_size = sizeof fit;
  REQUIRE(oag_fit_sigmoid(values, labels, 4, 1, &fit, nullptr, 0) == OAG_OK);
  CHECK(fit.scale > 0);
  CHECK(std::isfinite(fit.error_after));
  const int32_t classes[] = {0, 1};
  REQUIRE(oag_fit_softmax(values, classes, 2, 2, &fit, nullptr, 0) == OAG_INVALID_ARGUMENT);  // the scores fall
  fit.struct_size = 0;
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "struct_size", [&](char* error, size_t capacity) { return oag_fit_sigmoid(values, labels, 4, 1, &fit, error, capacity); }) == "");
}
