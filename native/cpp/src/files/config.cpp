#include "files/config.h"

#include <cmath>
#include <utility>

#include "core/error.h"
#include "files/file.h"

namespace oag::files {
namespace {

constexpr int64_t config_limit = int64_t{64} << 20;  // far above any config, index or vocabulary in use

}  // namespace

Config Config::read(const std::string& path) {
  return Config(path, read_tree(path));
}

JsonTree Config::read_tree(const std::string& path) { return parse_json(read_text(path, config_limit), path + ":"); }

Config::Config(std::string source, JsonTree object) : source_(std::move(source)), object_(std::move(object)) {
  if (!object_->is_object()) throw Error(Status::bad_model, source_ + ": is not a JSON object but " + object_->type_name());
}

Config Config::section(const std::string& key) const {
  auto found = object_->find(key);
  if (found == object_->end() || found->is_null()) {
    Config empty(source_, nlohmann::json::object());
    empty.prefix_ = prefix_ + key + ".";
    return empty;
  }
  if (!found->is_object()) refuse(key, "expected an object");
  Config nested(source_, JsonTree(object_, &*found));
  nested.prefix_ = prefix_ + key + ".";
  return nested;
}

bool Config::has(const std::string& key) const {
  auto found = object_->find(key);
  return found != object_->end() && !found->is_null();
}

const nlohmann::json* Config::find(const std::string& key, bool has_fallback) const {
  auto found = object_->find(key);
  if (found != object_->end() && !found->is_null()) return &*found;
  if (!has_fallback) throw Error(Status::bad_model, source_ + ": " + prefix_ + key + " is missing and has no default");
  return nullptr;
}

void Config::refuse(const std::string& key, const std::string& expected) const {
  std::string value = object_->contains(key) ? object_->at(key).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) : "missing";
  if (value.size() > 80) value = value.substr(0, 77) + "...";
  throw Error(Status::bad_model, source_ + ": " + prefix_ + key + " is " + value + "; " + expected);
}

int64_t Config::integer(const std::string& key, std::optional<int64_t> fallback, int64_t low, int64_t high) const {
  const nlohmann::json* value = find(key, fallback.has_value());
  if (!value) return *fallback;
  const std::string expected = "expected an integer from " + std::to_string(low) + " to " + std::to_string(high);
  if (!value->is_number_integer()) refuse(key, expected);
  if (value->is_number_unsigned() && value->get<uint64_t>() > static_cast<uint64_t>(high)) refuse(key, expected);
  const auto number = value->get<int64_t>();
  if (number < low || number > high) refuse(key, expected);
  return number;
}

double Config::number(const std::string& key, std::optional<double> fallback) const {
  const nlohmann::json* value = find(key, fallback.has_value());
  if (!value) return *fallback;
  if (!value->is_number() || !std::isfinite(value->get<double>())) refuse(key, "expected a number");
  return value->get<double>();
}

std::string Config::text(const std::string& key, std::optional<std::string> fallback) const {
  const nlohmann::json* value = find(key, fallback.has_value());
  if (!value) return *fallback;
  if (!value->is_string()) refuse(key, "expected a string");
  return value->get<std::string>();
}

bool Config::boolean(const std::string& key, std::optional<bool> fallback) const {
  const nlohmann::json* value = find(key, fallback.has_value());
  if (!value) return *fallback;
  if (!value->is_boolean()) refuse(key, "expected true or false");
  return value->get<bool>();
}

std::pair<int64_t, int64_t> Config::size(const std::string& key, std::optional<int64_t> fallback) const {
  const nlohmann::json* value = find(key, fallback.has_value());
  if (!value) return {*fallback, *fallback};
  if (!value->is_array()) {
    const int64_t edge = integer(key, fallback, 1, 1 << 16);
    return {edge, edge};
  }
  const std::string expected = "expected an integer, or [height, width], from 1 to 65536";
  if (value->empty() || value->size() > 2) refuse(key, expected);
  for (const nlohmann::json& edge : *value)
    if (!edge.is_number_integer() || edge.get<int64_t>() < 1 || edge.get<int64_t>() > (1 << 16)) refuse(key, expected);
  return {value->front().get<int64_t>(), value->back().get<int64_t>()};
}

}  // namespace oag::files
