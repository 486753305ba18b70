#include "runtime/accuracy_cache.h"

#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "core/digest.h"
#include "core/error.h"
#include "files/file.h"

namespace oag {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* format_name = "openautoglm accuracy 1";
constexpr int64_t longest_file = 1 << 20;

Json key_json(const AccuracyKey& key) {
  return {{"format", format_name}, {"model", key.model_hash}, {"device", key.device}, {"version", key.version}, {"precision", name_of(key.precision)}};
}

Json tower_json(const TowerAccuracy& tower) { return {{"least", tower.least}, {"mean", tower.mean}, {"alike", tower.alike}}; }

double cosine_of(const Json& json, const char* name) {
  const auto value = json.at(name).get<double>();
  if (!std::isfinite(value) || value < -1 || value > 1) throw std::out_of_range(name);
  return value;
}

std::optional<TowerAccuracy> tower_of(const Json& json, const char* name) {
  if (!json.contains(name)) return std::nullopt;
  const Json& tower = json.at(name);
  return TowerAccuracy{cosine_of(tower, "least"), cosine_of(tower, "mean"), cosine_of(tower, "alike")};
}

Precision precision_of(const std::string& name) {
  for (Precision precision : {Precision::fp32, Precision::bf16, Precision::fp16})
    if (name == name_of(precision)) return precision;
  throw std::out_of_range(name);
}

}  // namespace

std::string default_cache_folder() {
  const auto variable = [](const char* name) -> std::string {
    const char* value = std::getenv(name);
    return value && *value == '/' ? value : "";  // the XDG specification has relative paths ignored
  };
  if (const std::string cache = variable("XDG_CACHE_HOME"); !cache.empty()) return cache + "/openautoglm";
  if (const std::string home = variable("HOME"); !home.empty()) return home + "/.cache/openautoglm";
  return "";
}

std::string AccuracyCache::file(const AccuracyKey& key) const {
  const std::string text = key_json(key).dump();
  return folder_ + "/accuracy/" + digest(text.data(), text.size()) + ".json";
}

std::optional<MeasuredPrecision> AccuracyCache::find(const AccuracyKey& key) const {
  if (folder_.empty()) return std::nullopt;
  try {
    const std::string path = file(key);
    if (!files::is_regular_file(path)) return std::nullopt;
    const Json json = Json::parse(files::read_text(path, longest_file));
    const Json own = key_json(key);
    for (const auto& [name, value] : own.items())
      if (json.at(name) != value) return std::nullopt;
    MeasuredPrecision measured{{tower_of(json, "images"), tower_of(json, "texts")}, {}, precision_of(json.at("kept_precision").get<std::string>()),
                               cosine_of(json, "least_without_kept")};
    if (!measured.accuracy.images && !measured.accuracy.texts) return std::nullopt;
    for (const Json& role : json.at("kept")) measured.kept.push_back(role.get<std::string>());
    return measured;
  } catch (const Error&) {
    return std::nullopt;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  } catch (const std::out_of_range&) {
    return std::nullopt;
  }
}

void AccuracyCache::store(const AccuracyKey& key, const MeasuredPrecision& measured) const {
  if (folder_.empty()) return;
  Json json = key_json(key);
  if (measured.accuracy.images) json["images"] = tower_json(*measured.accuracy.images);
  if (measured.accuracy.texts) json["texts"] = tower_json(*measured.accuracy.texts);
  json["kept"] = measured.kept;
  json["kept_precision"] = name_of(measured.kept_precision);
  json["least_without_kept"] = measured.least_without_kept;

  static std::atomic<unsigned> number{0};
  const std::string path = file(key), temporary = path + "." + std::to_string(getpid()) + "." + std::to_string(number++) + ".tmp";
  std::error_code ignored;
  std::filesystem::create_directories(folder_ + "/accuracy", ignored);
  bool written;
  {
    std::ofstream stream(temporary, std::ios::binary);
    stream << json.dump(1) << "\n";
    written = stream.flush().good();
  }
  if (!written || std::rename(temporary.c_str(), path.c_str()) != 0) std::remove(temporary.c_str());
}

}  // namespace oag
