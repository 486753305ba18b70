// The ViT and ResNet models of open_clip (Ilharco et al. 2021): CLIP in a folder of open_clip_config.json and open_clip_model.safetensors, with names, defaults and pictures
// of its own. Query, key and value are one tensor there, and projections are stored as [inputs, outputs].
#include <cmath>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "core/derived_parts.h"
#include "models/clip_resnet.h"
#include "models/pre_norm_tower.h"

namespace oag::models {
namespace {

// What this version does not compute must be as open_clip has it by default.
void require_default(const files::Config& config, const std::string& key, const nlohmann::json& value) {
  const auto found = config.json().find(key);
  if (found == config.json().end() || found->is_null() || *found == value || (value.is_null() && (*found == false || *found == 0))) return;
  config.refuse(key, "this version takes open_clip's ViT, ResNet and text transformers as they are by default");
}

// width, layers, mlp_ratio; heads are the caller's.
TransformerSize read_size(const files::Config& config, int64_t width, bool quick_gelu) {
  for (const char* key : {"act_kwargs", "norm_kwargs", "block_type", "qk_norm", "scaled_cosine_attn", "scale_heads", "scale_attn_inner", "scale_attn", "scale_fc", "final_ln_after_pool"})
    require_default(config, key, nullptr);
  TransformerSize size;
  size.width = config.integer("width", width, 1, 1 << 16);
  size.blocks = config.integer("layers", 12, 1, 1 << 10);
  const double ratio = config.number("mlp_ratio", 4.0);
  if (ratio <= 0 || ratio > 64) config.refuse("mlp_ratio", "expected a number from 0 to 64");
  size.mlp_width = static_cast<int64_t>(static_cast<double>(size.width) * ratio);
  size.epsilon = 1e-5f;
  size.activation = quick_gelu ? Activation::quick_gelu : Activation::gelu;
  return size;
}

// What open_clip's image_transform does, in the keys of an image processor. preprocess_cfg may leave out anything; the size is the model's.
nlohmann::json processor(const files::Config& preprocess, const ImageSpec& picture) {
  nlohmann::json settings{{"image_processor_type", "OpenClipImageProcessor"}};
  const std::string interpolation = preprocess.text("interpolation", "bicubic"), mode = preprocess.text("resize_mode", "shortest");
  if (interpolation != "bicubic" && interpolation != "bilinear") preprocess.refuse("interpolation", "expected bicubic or bilinear");
  settings["resample"] = interpolation == "bicubic" ? 3 : 2;
  const nlohmann::json size{{"height", picture.height}, {"width", picture.width}};
  if (mode == "squash") {
    settings["size"] = size;
    settings["do_center_crop"] = false;
  } else if (mode == "shortest" && picture.height == picture.width) {
    settings["size"] = {{"shortest_edge", picture.height}};
    settings["crop_size"] = size;
  } else {
    preprocess.refuse("resize_mode", "this version takes squash, and shortest for square pictures");
  }
  for (const auto& [ours, theirs] : {std::pair{"image_mean", "mean"}, {"image_std", "std"}})
    if (preprocess.has(theirs)) settings[ours] = preprocess.json().at(theirs);
  return settings;
}

class OpenClip final : public Definition {
 public:
  explicit OpenClip(const files::Configs& configs, const files::Config& file)
      : OpenClip(configs, file.section("model_cfg"), file.section("preprocess_cfg")) {}

  const char* family() const override { return "open_clip"; }
  std::string embedding() const override {
    return std::string(resnet_ ? "the attention-pooled cells of a picture" : "the projected class token of a picture") + ", the projected end of a text";
  }
  std::string tokens() const override {
    return (resnet_ ? std::string("the tokens of a text") : std::string("the class token and patches of a picture, the tokens of a text")) + ", each behind the last layer norm and projected";
  }
  int64_t embedding_size() const override { return embedding_size_; }
  const ImageSpec* image_spec() const override { return &image_spec_; }
  const TextSpec* text_spec() const override { return &text_spec_; }
  const Tower* image_tower() const override { return images_.get(); }
  const Tower* text_tower() const override { return &texts_; }

  Tensor logits(Ops& ops, const Tensor& images, const Tensor& texts) const override {
    return ops.similarity(ops.l2_normalize(images), ops.l2_normalize(texts), log_scale_);
  }
  Scores scores() const override { return Scores::among_texts; }
  Tensor probabilities(Ops& ops, const Tensor& logits) const override { return ops.softmax(logits); }

 private:
  OpenClip(const files::Configs& configs, const files::Config& model, const files::Config& preprocess)
      : embedding_size_(model.integer("embed_dim", std::nullopt, 1, 1 << 16)), quick_gelu_(model.boolean("quick_gelu", false)),
        resnet_(has_stages(model.section("vision_cfg"))), images_(resnet_ ? resnet_tower(model.section("vision_cfg")) : patch_tower(model.section("vision_cfg"))), texts_(text_tower(model.section("text_cfg"), configs)),
        log_scale_(parameters_.add({"log_scale", ParameterKind::scalar, {"logit_scale"}, {}})) {
    require_default(model, "init_logit_bias", nullptr);
    require_default(model, "nonscalar_logit_scale", nullptr);
    image_spec_.processor = files::share_json(processor(preprocess, image_spec_));
  }

  // "layers" is a number in a ViT; in a ResNet it is a list, the blocks of each stage.
  static bool has_stages(const files::Config& vision) { return vision.has("layers") && vision.json().at("layers").is_array(); }

  std::unique_ptr<Tower> resnet_tower(const files::Config& config) {
    require_default(config, "timm_model_name", nullptr);
    ClipResNetSize size;
    const nlohmann::json& layers = config.json().at("layers");
    if (layers.size() != size.blocks.size()) config.refuse("layers", "expected one number, or the blocks of four stages");
    for (size_t stage = 0; stage < size.blocks.size(); stage++) {
      if (!layers[stage].is_number_integer() || layers[stage] < 1 || layers[stage] > 1 << 8) config.refuse("layers", "expected one number, or the blocks of four stages");
      size.blocks[stage] = layers[stage];
    }
    size.width = config.integer("width", 768, 2, 1 << 11);
    const int64_t head = config.integer("head_width", 64, 1, 1 << 12);
    if (size.features() % head != 0) config.refuse("head_width", "expected a divisor of the " + std::to_string(size.features()) + " features of a ResNet");
    size.heads = static_cast<int>(size.features() / head);
    const auto [height, image_width] = config.size("image_size", 224);
    if (height != image_width || height % 32 != 0 || height > 4096) config.refuse("image_size", "a ResNet takes square pictures, of a multiple of 32 pixels up to 4096");
    size.image = height;
    size.embedding = embedding_size_;
    image_spec_ = models::image_spec(size, "OpenClipImageProcessor");
    return clip_resnet(parameters_, "visual.", size);
  }

  std::unique_ptr<Tower> patch_tower(const files::Config& config) {
    for (const char* key : {"timm_model_name", "attentional_pool", "no_ln_pre"}) require_default(config, key, nullptr);
    require_default(config, "pool_type", "tok");
    require_default(config, "pos_embed_type", "learnable");
    const auto [height, image_width] = config.size("image_size", 224);
    const PatchGrid grid{height, image_width, config.integer("patch_size", 16, 1, 1 << 12)};
    if (grid.patch > height || grid.patch > image_width) config.refuse("patch_size", "expected at most the image_size");
    image_spec_ = models::image_spec(grid, 1, "OpenClipImageProcessor");

    PreNormParts parts;
    parts.size = read_size(config, 768, quick_gelu_);
    const int64_t width = parts.size.width, head = config.integer("head_width", 64, 1, 1 << 12);
    parts.size.heads = static_cast<int>(width / head);
    if (width % head != 0) config.refuse("head_width", "expected a divisor of the width " + std::to_string(width));
    PatchOptions patches = patch_options(grid);
    patches.weight = parameters_.add({"image.patches", ParameterKind::matrix, {"visual.conv1.weight"}, {width, 3, grid.patch, grid.patch}});
    patches.prefix = add_vector(parameters_, "image.class_token", "visual.class_embedding", width);
    patches.positions = add_table(parameters_, "image.positions", "visual.positional_embedding", image_spec_.rows_per_image, width);
    parts.first_norm = add_norm(parameters_, "image.first_norm", "visual.ln_pre", width);
    parts.blocks = blocks("image", config, "visual.", parts.size);
    parts.last_norm = add_norm(parameters_, "image.last_norm", "visual.ln_post", width);
    parts.head = RowHead{.choice = RowChoice::first, .weight = projection("image.projection", "visual.proj", width), .token_size = embedding_size_};
    return std::make_unique<PatchTower>(std::move(parts), patches);
  }

  TokenTower text_tower(const files::Config& config, const files::Configs& configs) {
    for (const char* key : {"hf_model_name", "hf_tokenizer_name", "embed_cls", "no_causal_mask", "proj_bias"}) require_default(config, key, nullptr);
    require_default(config, "pool_type", "argmax");
    require_default(config, "proj_type", "linear");
    // With custom_text the text tower is a module of its own.
    const std::string model = configs.has_tensor("text.token_embedding.weight") ? "text." : "";
    PreNormParts parts;
    parts.size = read_size(config, 512, quick_gelu_);
    parts.size.causal = true;
    parts.size.heads = static_cast<int>(config.integer("heads", 8, 1, 1 << 12));
    const int64_t width = parts.size.width;
    if (width % parts.size.heads != 0) config.refuse("heads", "expected a divisor of the width " + std::to_string(width));
    text_spec_.vocabulary = config.integer("vocab_size", 49408, 1, INT32_MAX);
    text_spec_.max_tokens = config.integer("context_length", 77, 1, 1 << 20);
    text_spec_.causal = true;
    text_spec_.end = TextSpec::End::highest_id;
    const Parameter tokens = add_table(parameters_, "text.tokens", model + "token_embedding.weight", text_spec_.vocabulary, width);
    const Parameter positions = add_table(parameters_, "text.positions", model + "positional_embedding", text_spec_.max_tokens, width);
    parts.blocks = blocks("text", config, model, parts.size);
    parts.last_norm = add_norm(parameters_, "text.last_norm", model + "ln_final", width);
    parts.head = RowHead{.choice = RowChoice::last, .weight = projection("text.projection", model + "text_projection", width), .token_size = embedding_size_};
    limit_to_tokenizer(text_spec_, configs.find("tokenizer_config.json"));
    return TokenTower(std::move(parts), tokens, positions);
  }

  std::vector<TransformerBlock> blocks(const std::string& role, const files::Config& config, const std::string& tensors, const TransformerSize& size) {
    const int64_t width = size.width;
    const bool scaled = config.has("ls_init_value");
    return add_blocks(parameters_, role, size, [&](const std::string& b) {
      const std::string layer = tensors + "transformer.resblocks." + b, fused = layer + ".attn.in_proj_";
      BlockNames names{.norm1 = layer + ".ln_1", .query = layer + ".attn.query", .key = layer + ".attn.key", .value = layer + ".attn.value",
                       .out = layer + ".attn.out_proj", .norm2 = layer + ".ln_2", .up = layer + ".mlp.c_fc", .down = layer + ".mlp.c_proj"};
      if (scaled) {
        names.scale1 = layer + ".ls_1.gamma";
        names.scale2 = layer + ".ls_2.gamma";
      }
      int64_t first = 0;
      for (const std::string& part : {names.query, names.key, names.value}) {
        parameters_.derive(part + ".weight", rows_of(fused + "weight", {3 * width, width}, first));
        parameters_.derive(part + ".bias", rows_of(fused + "bias", {3 * width}, first));
        first += width;
      }
      return names;
    });
  }

  Parameter projection(const std::string& role, const std::string& tensor, int64_t width) {
    return add_matrix(parameters_, role, parameters_.derive(tensor + " (transposed)", transposed(tensor, width, embedding_size_)), embedding_size_, width);
  }

  int64_t embedding_size_;
  bool quick_gelu_;
  ImageSpec image_spec_;
  TextSpec text_spec_;
  bool resnet_;
  std::unique_ptr<Tower> images_;
  TokenTower texts_;
  Parameter log_scale_;
};

}  // namespace

std::unique_ptr<Definition> define_open_clip(const files::Configs& configs, const files::Config& file, const Choices& choices) {
  refuse_pooling(file, choices);
  return std::make_unique<OpenClip>(configs, file);
}

}  // namespace oag::models
