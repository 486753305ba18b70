// A golden model with other weights, in a folder of its own.
#pragma once

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "files/safetensors.h"
#include "support/safetensors_file.h"
#include "support/temp_folder.h"
#include "support/test_data.h"

namespace oag::test {

class EditedModel {
 public:
  using Edit = std::function<void(const std::string& tensor, const std::vector<int64_t>& shape, std::vector<float>& values)>;

  // Copies testdata/models/<name>, whose weights are one file, and lets `edit` change each tensor; one that it leaves without values is left out.
  EditedModel(const std::string& name, const Edit& edit) {
    const std::string source = test_data("models/" + name);
    std::string file;
    for (const auto& entry : std::filesystem::directory_iterator(source)) {
      if (entry.path().extension() == ".json") std::filesystem::copy(entry.path(), folder_.path() + "/" + entry.path().filename().string());
      if (entry.path().extension() == ".safetensors") file = entry.path().filename().string();
    }
    const files::Safetensors weights(source + "/" + file);
    SafetensorsFile edited;
    for (const auto& [tensor, entry] : weights.tensors()) {
      if (!files::Safetensors::readable(entry.dtype)) continue;  // position ids, which no model reads
      int64_t count = 1;
      for (int64_t extent : entry.shape) count *= extent;
      std::vector<float> values(static_cast<size_t>(count));
      weights.read(entry, 0, count, values.data());
      edit(tensor, entry.shape, values);
      if (!values.empty()) edited.add(tensor, "F32", entry.shape, values);
    }
    std::ofstream(folder_.path() + "/" + file, std::ios::binary) << edited.bytes();
  }

  const std::string& path() const { return folder_.path(); }

 private:
  TempFolder folder_;
};

// tiny-clip with channels of two MLPs, one in each tower, whose activations are `factor` times what they were, as large trained transformers have them (Dettmers et al. 2022,
// "LLM.int8()"); the matrix behind them takes them back. A row's int8 scale is then theirs, and the other channels are rounded away.
inline EditedModel outlier_model(float factor) {
  return EditedModel("tiny-clip", [=](const std::string& tensor, const std::vector<int64_t>& shape, std::vector<float>& values) {
    if (tensor.find("text_model.encoder.layers.0.mlp") == std::string::npos && tensor.find("vision_model.encoder.layers.1.mlp") == std::string::npos) return;
    const int64_t width = shape.size() > 1 ? shape[1] : 1;
    for (size_t i = 0; i < values.size(); i++) {
      const int64_t row = static_cast<int64_t>(i) / width, column = static_cast<int64_t>(i) % width;
      const bool up = tensor.find("fc1") != std::string::npos, weight = tensor.find("weight") != std::string::npos;
      if (up && row % 12 == 5) values[i] *= factor;
      if (!up && weight && column % 12 == 5) values[i] /= factor;
    }
  });
}

// tiny-clip with one channel of every layer norm `factor` times what it was, which all matrices behind take back: too many to be kept out of int8.
inline EditedModel spoiled_model(float factor) {
  return EditedModel("tiny-clip", [=](const std::string& tensor, const std::vector<int64_t>& shape, std::vector<float>& values) {
    const auto has = [&](const char* part) { return tensor.find(part) != std::string::npos; };
    if (has("layer_norm") || has("post_layernorm")) values[3] *= factor;
    if (shape.size() == 2 && (has("q_proj") || has("k_proj") || has("v_proj") || has("fc1") || has("visual_projection") || has("text_projection")))
      for (size_t i = 3; i < values.size(); i += static_cast<size_t>(shape[1])) values[i] /= factor;
  });
}

}  // namespace oag::test
