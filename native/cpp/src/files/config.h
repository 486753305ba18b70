// A JSON object of a model folder, read key by key with errors that name file, key and value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "files/json.h"

namespace oag::files {

class Config {
 public:
  // Parses `path`; Error(io), or Error(bad_model) when it is not a JSON object.
  static Config read(const std::string& path);
  // The same for any JSON.
  static JsonTree read_tree(const std::string& path);

  // `source` names the file in errors. Error(bad_model) when `object` is not an object.
  Config(std::string source, JsonTree object);
  Config(std::string source, nlohmann::json object) : Config(std::move(source), share_json(std::move(object))) {}

  // A nested object with its path in errors ("config.json: text_config.hidden_size"). An absent or null one is an empty object, so that
  // every key takes its default.
  Config section(const std::string& key) const;

  bool has(const std::string& key) const;  // there and not null

  // The value, or the default when absent or null; without a default that is an error. Integers must lie in [low, high].
  int64_t integer(const std::string& key, std::optional<int64_t> fallback, int64_t low = 1, int64_t high = INT32_MAX) const;
  double number(const std::string& key, std::optional<double> fallback) const;
  std::string text(const std::string& key, std::optional<std::string> fallback) const;
  bool boolean(const std::string& key, std::optional<bool> fallback) const;
  // One integer n, or [n], or [height, width]: as {height, width}.
  std::pair<int64_t, int64_t> size(const std::string& key, std::optional<int64_t> fallback) const;

  const nlohmann::json& json() const { return *object_; }
  const std::string& source() const { return source_; }

  // Throws Error(bad_model): "<file>: <path.key> is <value>; <expected>".
  [[noreturn]] void refuse(const std::string& key, const std::string& expected) const;

 private:
  const nlohmann::json* find(const std::string& key, bool has_fallback) const;

  std::string source_;
  std::string prefix_;
  JsonTree object_;  // of the whole file, or the part of it that a section is
};

}  // namespace oag::files
