// The keys of config.json that most transformers share, read and judged once.
#pragma once

#include <cstdint>
#include <string>

#include "files/config.h"
#include "models/transformer.h"

namespace oag::models {

// What a family's config class in transformers has where a key is absent.
struct TransformerDefaults {
  int64_t width = 768, mlp_width = 3072, heads = 12, blocks = 12;
  double epsilon = 1e-5;
  std::string activation = "gelu";
};

// hidden_size, intermediate_size, num_attention_heads, num_hidden_layers, layer_norm_eps, hidden_act. Error(bad_model) naming the key.
TransformerSize read_transformer_size(const files::Config& config, const TransformerDefaults& defaults);

// A picture cut into square patches.
struct PatchGrid {
  int64_t height = 0, width = 0;  // pixels
  int64_t patch = 0;              // edge, in pixels

  int64_t rows() const { return height / patch; }
  int64_t columns() const { return width / patch; }
  int64_t cells() const { return rows() * columns(); }
};

// image_size, patch_size and num_channels, which must be 3.
PatchGrid read_patch_grid(const files::Config& config, int64_t image_size, int64_t patch_size);

}  // namespace oag::models
