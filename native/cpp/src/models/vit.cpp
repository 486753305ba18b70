// ViT (Dosovitskiy et al. 2020, "An Image is Worth 16x16 Words"), as transformers' ViTModel: pictures only. A folder of ViTForImageClassification has the same
// tensors behind "vit."; its classifier is not used.
#include <memory>
#include <string>

#include "core/derived_parts.h"
#include "models/pre_norm_tower.h"

namespace oag::models {
namespace {

BlockNames block_names(const std::string& b) {
  const std::string layer = "encoder.layer." + b;
  return {.norm1 = layer + ".layernorm_before", .query = layer + ".attention.attention.query", .key = layer + ".attention.attention.key",
          .value = layer + ".attention.attention.value", .out = layer + ".attention.output.dense", .norm2 = layer + ".layernorm_after",
          .up = layer + ".intermediate.dense", .down = layer + ".output.dense"};
}

class Vit final : public Definition {
 public:
  explicit Vit(const files::Configs& configs) : pooled_(configs.has_tensor("pooler.dense.weight")), images_(image_tower(configs.main())) {}

  const char* family() const override { return "vit"; }
  std::string embedding() const override { return pooled_ ? "the pooler of the class token" : "the class token behind the last layer norm"; }
  std::string tokens() const override { return "the class token and patches, each behind the last layer norm"; }
  int64_t embedding_size() const override { return embedding_size_; }
  const ImageSpec* image_spec() const override { return &image_spec_; }
  const TextSpec* text_spec() const override { return nullptr; }
  const Tower* image_tower() const override { return &images_; }
  const Tower* text_tower() const override { return nullptr; }

 private:
  PatchTower image_tower(const files::Config& config) {
    const PatchGrid grid = read_patch_grid(config, 224, 16);
    image_spec_ = models::image_spec(grid, 1, "ViTImageProcessor");
    PreNormParts parts;
    parts.size = read_transformer_size(config, {.epsilon = 1e-12});
    parts.size.qkv_bias = config.boolean("qkv_bias", true);
    const int64_t width = parts.size.width, rows = image_spec_.rows_per_image;
    PatchOptions patches = patch_options(grid);
    patches.weight = parameters_.add({"image.patches", ParameterKind::matrix, {"embeddings.patch_embeddings.projection.weight"}, {width, 3, grid.patch, grid.patch}});
    patches.bias = add_vector(parameters_, "image.patches.bias", "embeddings.patch_embeddings.projection.bias", width);
    patches.prefix = parameters_.add({"image.class_token", ParameterKind::vector, {"embeddings.cls_token"}, {1, 1, width}});
    patches.positions = add_table(parameters_, "image.positions",
                                  parameters_.derive("embeddings.position_embeddings (table)", rows_of("embeddings.position_embeddings", {1, rows, width}, 0)), rows, width);
    parts.blocks = add_blocks(parameters_, "image", parts.size, block_names);
    parts.last_norm = add_norm(parameters_, "image.last_norm", "layernorm", width);
    embedding_size_ = pooled_ ? config.integer("pooler_output_size", width, 1, 1 << 16) : width;
    if (pooled_)
      parts.head = RowHead{.weight = add_matrix(parameters_, "image.pooler", "pooler.dense.weight", embedding_size_, width),
                           .bias = add_vector(parameters_, "image.pooler.bias", "pooler.dense.bias", embedding_size_),
                           .activation = read_activation(config, "pooler_act", "tanh")};
    return PatchTower(std::move(parts), patches);
  }

  bool pooled_;
  int64_t embedding_size_ = 0;
  ImageSpec image_spec_;
  PatchTower images_;
};

}  // namespace

std::unique_ptr<Definition> define_vit(const files::Configs& configs, const Choices& choices) {
  refuse_pooling(configs.main(), choices);
  return std::make_unique<Vit>(configs);
}

}  // namespace oag::models
