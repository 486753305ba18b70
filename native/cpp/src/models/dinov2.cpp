// DINOv2 (Oquab et al. 2023, "DINOv2: Learning Robust Visual Features without Supervision"), with or without registers (Darcet et al. 2023), as transformers'
// Dinov2Model and Dinov2WithRegistersModel: pictures only.
//
// The published models were trained on larger pictures than their processor makes: positions are resized to the processor's grid when the model is loaded.
#include <cmath>
#include <memory>
#include <string>
#include <tuple>

#include "core/derived_parts.h"
#include "models/pre_norm_tower.h"

namespace oag::models {
namespace {

BlockNames block_names(const std::string& b, bool gated) {
  const std::string layer = "encoder.layer." + b;
  return {.norm1 = layer + ".norm1", .query = layer + ".attention.attention.query", .key = layer + ".attention.attention.key",
          .value = layer + ".attention.attention.value", .out = layer + ".attention.output.dense", .norm2 = layer + ".norm2",
          .up = layer + (gated ? ".mlp.weights_in" : ".mlp.fc1"), .down = layer + (gated ? ".mlp.weights_out" : ".mlp.fc2"),
          .scale1 = layer + ".layer_scale1.lambda1", .scale2 = layer + ".layer_scale2.lambda1"};
}

// The pictures that the processor makes, if it says so: the crop, or the size when nothing is cut. What it says is judged where it is applied.
PatchGrid processed_grid(const files::Configs& configs, PatchGrid trained) {
  auto config = configs.find("preprocessor_config.json");
  if (!config) config = configs.find("processor_config.json");
  if (!config) return trained;
  if (config->has("image_processor")) config = config->section("image_processor");
  const std::string key = config->boolean("do_center_crop", true) ? "crop_size" : "size";
  PatchGrid grid{224, 224, trained.patch};
  const auto value = config->json().find(key);
  if (value != config->json().end() && value->is_object()) {
    const files::Config size = config->section(key);
    if (!size.has("height") || !size.has("width")) return trained;  // pictures of different sizes
    grid.height = size.integer("height", std::nullopt, 1, 1 << 14);
    grid.width = size.integer("width", std::nullopt, 1, 1 << 14);
  } else {
    std::tie(grid.height, grid.width) = config->size(key, 224);
  }
  if (grid.patch > grid.height || grid.patch > grid.width) config->refuse(key, "expected at least one patch of " + std::to_string(grid.patch) + " pixels");
  return grid;
}

class Dinov2 final : public Definition {
 public:
  Dinov2(const files::Configs& configs, bool with_registers) : with_registers_(with_registers), images_(image_tower(configs)) {}

  const char* family() const override { return with_registers_ ? "dinov2_with_registers" : "dinov2"; }
  std::string embedding() const override { return "the class token behind the last layer norm"; }
  std::string tokens() const override {
    return std::string("the class token") + (with_registers_ ? ", the registers" : "") + " and the patches, each behind the last layer norm";
  }
  int64_t embedding_size() const override { return embedding_size_; }
  const ImageSpec* image_spec() const override { return &image_spec_; }
  const TextSpec* text_spec() const override { return nullptr; }
  const Tower* image_tower() const override { return &images_; }
  const Tower* text_tower() const override { return nullptr; }

 private:
  PatchTower image_tower(const files::Configs& configs) {
    const files::Config config = configs.main();
    const PatchGrid trained = read_patch_grid(config, 224, with_registers_ ? 16 : 14), grid = processed_grid(configs, trained);
    const int64_t registers = with_registers_ ? config.integer("num_register_tokens", 4, 0, 1 << 12) : 0, prefix = 1 + registers;
    image_spec_ = models::image_spec(grid, prefix, "BitImageProcessor");

    PreNormParts parts;
    parts.size = read_transformer_size(config, {.epsilon = 1e-6});
    parts.size.qkv_bias = config.boolean("qkv_bias", true);
    parts.size.gated = config.boolean("use_swiglu_ffn", false);
    const int64_t width = embedding_size_ = parts.size.width;
    parts.size.mlp_width = width * config.integer("mlp_ratio", 4, 1, 64);
    if (parts.size.gated) {  // two thirds, rounded up to a multiple of 8
      parts.size.mlp_width = (parts.size.mlp_width * 2 / 3 + 7) / 8 * 8;
      parts.size.activation = Activation::silu;
    }

    PatchOptions patches = patch_options(grid);
    patches.weight = parameters_.add({"image.patches", ParameterKind::matrix, {"embeddings.patch_embeddings.projection.weight"}, {width, 3, grid.patch, grid.patch}});
    patches.bias = add_vector(parameters_, "image.patches.bias", "embeddings.patch_embeddings.projection.bias", width);
    std::vector<Stacked> tokens{{"embeddings.cls_token", {1, 1, width}, 1}};
    if (registers > 0) tokens.push_back({"embeddings.register_tokens", {1, registers, width}, registers});
    patches.prefix = add_table(parameters_, "image.tokens", parameters_.derive("embeddings.tokens (class token, registers)", stacked(tokens)), prefix, width);
    patches.positions = add_table(parameters_, "image.positions", positions(config, trained, grid, registers, width), prefix + grid.cells(), width);
    parts.blocks = add_blocks(parameters_, "image", parts.size, [&](const std::string& b) { return block_names(b, parts.size.gated); });
    parts.last_norm = add_norm(parameters_, "image.last_norm", "layernorm", width);
    return PatchTower(std::move(parts), patches);
  }

  std::string positions(const files::Config& config, const PatchGrid& trained, const PatchGrid& grid, int64_t registers, int64_t width) {
    const std::string tensor = "embeddings.position_embeddings";
    // transformers takes the trained grid for a square, whatever image_size says.
    const auto edge = static_cast<int64_t>(std::lround(std::sqrt(static_cast<double>(trained.cells()))));
    if (edge * edge != trained.cells()) config.refuse("image_size", "expected a picture whose patches make a square: their positions are resized as one");
    return parameters_.derive(tensor + " (resized)",
                              resized_positions(tensor, {1, 1 + trained.cells(), width}, width, 1, registers, {edge, edge}, {grid.rows(), grid.columns()},
                                                with_registers_ ? Interpolation::bicubic_antialiased : Interpolation::bicubic));
  }

  bool with_registers_;
  int64_t embedding_size_ = 0;
  ImageSpec image_spec_;
  PatchTower images_;
};

}  // namespace

std::unique_ptr<Definition> define_dinov2(const files::Configs& configs, const Choices& choices) {
  refuse_pooling(configs.main(), choices);
  return std::make_unique<Dinov2>(configs, false);
}
std::unique_ptr<Definition> define_dinov2_with_registers(const files::Configs& configs, const Choices& choices) {
  refuse_pooling(configs.main(), choices);
  return std::make_unique<Dinov2>(configs, true);
}

}  // namespace oag::models
