#include "models/clip_image_tower.h"

namespace oag::models {

PatchTower clip_image_tower(ParameterList& parameters, const files::Config& config, int64_t embedding_size, const std::string& default_processor, ImageSpec& spec) {
  const PatchGrid grid = read_patch_grid(config, 224, 32);
  spec = image_spec(grid, 1, default_processor);
  PreNormParts parts;
  parts.size = read_transformer_size(config, {.width = 768, .mlp_width = 3072, .heads = 12, .activation = "quick_gelu"});
  const int64_t width = parts.size.width;
  const std::string model = "vision_model";
  PatchOptions patches = patch_options(grid);
  patches.weight = parameters.add({"image.patches", ParameterKind::matrix, {model + ".embeddings.patch_embedding.weight"}, {width, 3, grid.patch, grid.patch}});
  patches.prefix = add_vector(parameters, "image.class_token", model + ".embeddings.class_embedding", width);
  patches.positions = add_table(parameters, "image.positions", model + ".embeddings.position_embedding.weight", spec.rows_per_image, width);
  parts.first_norm = add_norm(parameters, "image.first_norm", model + ".pre_layrnorm", width);
  parts.blocks = add_blocks(parameters, "image", parts.size, [&](const std::string& b) { return clip_block_names(model, b); });
  parts.last_norm = add_norm(parameters, "image.last_norm", model + ".post_layernorm", width);
  parts.head = RowHead{.choice = RowChoice::first, .weight = add_matrix(parameters, "image.projection", "visual_projection.weight", embedding_size, width),
                       .token_size = embedding_size};
  return PatchTower(std::move(parts), patches);
}

}  // namespace oag::models
