#include "support/golden.h"
#include "support/test_data.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <stdexcept>

namespace oag::test {

std::vector<uint8_t> read_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(path + " cannot be read");
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> golden_models() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(test_data("models")))
    if (std::filesystem::exists(entry.path() / "golden.json")) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

Golden load_golden(const std::string& name) {
  const std::string models = test_data("models/");
  Golden golden;
  golden.folder = models + name;
  const auto text = read_bytes(golden.folder + "/golden.json");
  golden.json = nlohmann::json::parse(text);
  for (const std::string picture : golden.json.value("pictures", std::vector<std::string>{})) golden.pictures.push_back(read_bytes(models + picture));
  golden.ids = golden.json.value("input_ids", std::vector<std::vector<int32_t>>{});
  golden.image_embeddings = golden.json.value("image_embeds", Matrix{});
  golden.text_embeddings = golden.json.value("text_embeds", Matrix{});
  golden.logits = golden.json.value("logits_per_image", Matrix{});
  golden.probabilities = golden.json.value("probabilities", Matrix{});
  return golden;
}

std::vector<int32_t> Golden::packed_ids() const {
  std::vector<int32_t> all;
  for (const auto& text : ids) all.insert(all.end(), text.begin(), text.end());
  return all;
}

std::vector<int64_t> Golden::offsets() const {
  std::vector<int64_t> all{0};
  for (const auto& text : ids) all.push_back(all.back() + static_cast<int64_t>(text.size()));
  return all;
}

double least_cosine(const std::vector<float>& a, const Matrix& b) {
  double least = 1;
  for (size_t r = 0; r < b.size(); r++) {
    double dot = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < b[r].size(); i++) {
      const double x = a.at(r * b[r].size() + i), y = b[r][i];
      dot += x * y;
      aa += x * x;
      bb += y * y;
    }
    const double cosine = dot / std::sqrt(aa * bb);
    if (std::isnan(cosine)) return cosine;
    least = std::min(least, cosine);
  }
  return least;
}

double largest_difference(const std::vector<float>& a, const Matrix& b) {
  double largest = 0;
  for (size_t r = 0; r < b.size(); r++)
    for (size_t i = 0; i < b[r].size(); i++) {
      const double difference = std::fabs(static_cast<double>(a.at(r * b[r].size() + i)) - b[r][i]);
      if (std::isnan(difference)) return difference;
      largest = std::max(largest, difference);
    }
  return largest;
}

}  // namespace oag::test
