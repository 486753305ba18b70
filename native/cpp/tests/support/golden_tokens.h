// Vectors of tokens and patches that transformers computed on models of testdata/models (tools/reference/token_models.py).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "support/golden.h"
#include "support/test_data.h"

namespace oag::test {

struct GoldenTokens {
  std::string folder;
  std::vector<std::vector<uint8_t>> pictures;  // file bytes
  std::vector<std::vector<int32_t>> ids;
  Matrix image_tokens, text_tokens;   // one below the other
  bool queries_are_texts, documents_are_texts;
  Matrix max_similarity;              // [queries, documents], of unit vectors
};

inline std::vector<std::string> golden_token_models() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(test_data("tokens"))) names.push_back(entry.path().stem());
  return names;
}

inline GoldenTokens load_golden_tokens(const std::string& name) {
  const nlohmann::json json = nlohmann::json::parse(read_bytes(test_data("tokens/" + name + ".json")));
  GoldenTokens golden{test_data("models/" + name), {}, json.at("input_ids"), json.at("image_tokens"), json.at("text_tokens"), json.at("queries") == "texts",
                      json.at("documents") == "texts", json.at("max_similarity")};
  for (const std::string picture : json.at("pictures")) golden.pictures.push_back(read_bytes(test_data("models/" + picture)));
  return golden;
}

}  // namespace oag::test
