// oag_check_precisions, and what tells how much of the machine is used.
#include <nlohmann/json.hpp>

#include "c_api/handles.h"

using namespace oag;
using namespace oag::c_api;

namespace {

using Json = nlohmann::ordered_json;

Json tower_json(const TowerAccuracy& tower) { return {{"least", tower.least}, {"mean", tower.mean}, {"alike", tower.alike}}; }

Json line_json(const CheckedPrecision& line) {
  Json json = {{"name", name_of(line.precision)},
               {"accurate", line.refusal.empty() && line.accurate},
               {"native", line.native},
               {"required", required_cosine(line.precision)}};
  if (!line.refusal.empty()) json["reason"] = line.refusal;
  if (!line.measured) return json;
  if (line.measured->accuracy.images) json["images"] = tower_json(*line.measured->accuracy.images);
  if (line.measured->accuracy.texts) json["texts"] = tower_json(*line.measured->accuracy.texts);
  if (!line.measured->kept.empty()) {
    json["kept"] = line.measured->kept;
    json["kept_precision"] = name_of(line.measured->kept_precision);
    json["least_without_kept"] = line.measured->least_without_kept;
  }
  return json;
}

std::string check_json(const Runtime& runtime, const PrecisionCheck& check) {
  const RuntimeOptions& options = runtime.options();
  Json json = {{"model", check.hash},
               {"backend", backend_text(runtime, std::nullopt)},
               {"automatic", name_of(check.automatic)},
               {"threads", options.threads},
               {"matrices", check.matrices},
               {"pictures", check.pictures},
               {"texts", check.texts},
               {"precisions", Json::array()}};
  for (const CheckedPrecision& line : check.lines) json["precisions"].push_back(line_json(line));
  return json.dump();
}

}  // namespace

PrecisionRequest oag::c_api::read_request(const oag_model_options* options) {
  const auto given = read_struct(options, "oag_model_options");
  require(given.precision >= OAG_PRECISION_AUTO && given.precision <= OAG_PRECISION_INT8, "oag_model_options.precision is none of OAG_PRECISION_*");
  require(given.allow_inaccurate == 0 || given.allow_inaccurate == 1, "oag_model_options.allow_inaccurate is neither 0 nor 1");
  PrecisionRequest request(static_cast<Precision>(given.precision));
  request.allow_inaccurate = given.allow_inaccurate != 0;
  if (given.cache_folder) request.cache_folder = given.cache_folder;
  return request;
}

extern "C" {

OAG_API oag_status oag_check_precisions(oag_runtime* runtime, const char* folder, const oag_model_options* options, char* json, size_t capacity, size_t* needed,
                                        char* error, size_t error_capacity) {
  return guarded(error, error_capacity, [&] {
    require(runtime != nullptr, "runtime is NULL");
    require(folder != nullptr, "folder is NULL");
    const PrecisionRequest request = read_request(options);
    if (needed) *needed = OAG_CHECK_CAPACITY;
    if (!json || capacity < OAG_CHECK_CAPACITY)
      throw Error(Status::buffer_too_small, "the check's JSON needs a buffer of OAG_CHECK_CAPACITY bytes, given before anything is measured");
    const std::shared_lock call(runtime->calls);
    write_text(check_json(*runtime->runtime, check_precisions(runtime->runtime, folder, request)), json, capacity, needed);
  });
}

OAG_API oag_status oag_measure_peak_of(const oag_runtime* runtime, oag_precision precision, double* operations, char* error, size_t error_capacity) {
  return guarded(error, error_capacity, [&] {
    require(runtime != nullptr && operations != nullptr, "runtime or operations is NULL");
    require(precision == OAG_PRECISION_FP32 || precision == OAG_PRECISION_BF16 || precision == OAG_PRECISION_INT8,
            "precision has no arithmetic on the host to be measured: it may be fp32, bf16 or int8");
    const std::shared_lock call(runtime->calls);
    *operations = measure_peak(*runtime->runtime, static_cast<Precision>(precision));
  });
}

OAG_API oag_status oag_count_operations(const oag_model* model, int64_t images, int64_t texts, int64_t tokens, double* operations, char* error,
                                        size_t error_capacity) {
  return guarded(error, error_capacity, [&] {
    const InCall call(model);
    require(operations != nullptr, "operations is NULL");
    require(images >= 0 && texts >= 0 && tokens >= 0, "images, texts or tokens is negative");
    *operations = call->count_operations(images, texts, tokens);
  });
}

}  // extern "C"
