#include "models/transformer_config.h"

#include <optional>
#include <utility>

namespace oag::models {

TransformerSize read_transformer_size(const files::Config& config, const TransformerDefaults& defaults) {
  TransformerSize size;
  size.width = config.integer("hidden_size", defaults.width, 1, 1 << 16);
  size.mlp_width = config.integer("intermediate_size", defaults.mlp_width, 1, 1 << 18);
  size.heads = static_cast<int>(config.integer("num_attention_heads", defaults.heads, 1, 1 << 12));
  size.blocks = config.integer("num_hidden_layers", defaults.blocks, 1, 1 << 10);
  if (size.width % size.heads != 0) config.refuse("num_attention_heads", "expected a divisor of hidden_size " + std::to_string(size.width));
  size.epsilon = read_epsilon(config, "layer_norm_eps", defaults.epsilon);
  size.activation = read_activation(config, "hidden_act", defaults.activation);
  return size;
}

PatchGrid read_patch_grid(const files::Config& config, int64_t image_size, int64_t patch_size) {
  const auto [height, width] = config.size("image_size", image_size);
  const auto [patch, patch_width] = config.size("patch_size", patch_size);
  if (patch != patch_width) config.refuse("patch_size", "this version takes square patches");
  if (patch > height || patch > width) config.refuse("patch_size", "expected at most the image_size");
  if (config.integer("num_channels", 3, 1, 3) != 3) config.refuse("num_channels", "this version takes 3 channels");
  return {height, width, patch};
}

}  // namespace oag::models
