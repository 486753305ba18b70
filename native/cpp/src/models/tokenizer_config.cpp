#include "models/tokenizer_config.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace oag::models {
namespace {

using nlohmann::json;

// A token is its text, or an object with it.
bool is_token(const json& value, const std::string& token) {
  if (value.is_object()) return value.contains("content") && value.at("content") == token;
  return value.is_string() && value == token;
}

std::optional<int64_t> id_in_config(const json& config, const std::string& token) {
  const auto added = config.find("added_tokens_decoder");
  if (added == config.end() || !added->is_object()) return std::nullopt;
  for (const auto& [key, value] : added->items()) {
    int64_t id = 0;
    const auto [end, failure] = std::from_chars(key.data(), key.data() + key.size(), id);
    if (failure == std::errc() && end == key.data() + key.size() && id >= 0 && is_token(value, token)) return id;
  }
  return std::nullopt;
}

std::optional<int64_t> id_in_tokenizer(const json& tokenizer, const std::string& token) {
  const auto added = tokenizer.find("added_tokens");
  if (added == tokenizer.end() || !added->is_array()) return std::nullopt;
  for (const json& value : *added) {
    if (!value.is_object() || !is_token(value, token) || !value.contains("id") || !value.at("id").is_number_integer() || value.at("id").get<int64_t>() < 0) continue;
    return value.at("id").get<int64_t>();
  }
  return std::nullopt;
}

}  // namespace

int64_t read_pad_id(const files::Configs& configs, int64_t fallback) {
  const auto config = configs.find("tokenizer_config.json");
  if (!config) return fallback;
  if (config->text("padding_side", "right") != "right") config->refuse("padding_side", "this version pads at the right, as SigLIP was trained");
  const auto pad = config->json().find("pad_token");
  if (pad == config->json().end() || pad->is_null()) return fallback;
  const std::string token = pad->is_object() ? config->section("pad_token").text("content", std::nullopt) : config->text("pad_token", std::nullopt);
  if (const auto id = id_in_config(config->json(), token)) return *id;
  if (const auto tokenizer = configs.find("tokenizer.json"))
    if (const auto id = id_in_tokenizer(tokenizer->json(), token)) return *id;
  return fallback;
}

}  // namespace oag::models
