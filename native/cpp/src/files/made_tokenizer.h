// A tokenizer.json that a folder does not have, made of the files that it has in its place.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "files/config.h"

namespace oag::files {

struct MadeTokenizer {
  std::string json;      // the text of a tokenizer.json
  int64_t entries = 0;   // ids are 0 … entries - 1
};

// A special token's text: written as a string, or as an object with its content.
inline std::string special_token(const std::optional<Config>& config, const std::string& key, const std::string& fallback) {
  if (!config || !config->has(key)) return fallback;
  return config->json().at(key).is_object() ? config->section(key).text("content", fallback) : config->text(key, fallback);
}

// tokenizer_class of the config without "Fast" at its end, or the fallback.
inline std::string tokenizer_class(const std::optional<Config>& config, const std::string& fallback) {
  std::string kind = config ? config->text("tokenizer_class", fallback) : fallback;
  if (kind.ends_with("Fast")) kind.resize(kind.size() - 4);
  return kind;
}

}  // namespace oag::files
