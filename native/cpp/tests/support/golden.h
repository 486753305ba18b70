// What transformers answered on a model of testdata/models (tools/reference/README.md has the format).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace oag::test {

using Matrix = std::vector<std::vector<float>>;

struct Golden {
  std::string folder;
  std::vector<std::vector<uint8_t>> pictures;  // file bytes
  std::vector<std::vector<int32_t>> ids;
  Matrix image_embeddings, text_embeddings, logits, probabilities;  // empty for what the model does not do
  nlohmann::json json;

  std::vector<int32_t> packed_ids() const;
  std::vector<int64_t> offsets() const;
};

std::vector<std::string> golden_models();  // names of all folders
Golden load_golden(const std::string& name);
std::vector<uint8_t> read_bytes(const std::string& path);

// The smallest cosine between row i of a and row i of b; NaN if any is. `a` is flat, of b's row count.
double least_cosine(const std::vector<float>& a, const Matrix& b);
// The largest absolute difference; NaN if any value is.
double largest_difference(const std::vector<float>& a, const Matrix& b);

}  // namespace oag::test
