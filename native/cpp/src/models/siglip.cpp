// SigLIP (Zhai et al. 2023, "Sigmoid Loss for Language Image Pre-Training") and SigLIP 2 (Tschannen et al. 2025) at a fixed resolution, as transformers'
// SiglipModel.
//
// The text tower sees its padding: it is not causal, and pools at the last of the tokens it was trained with, which is padding unless a text is very long.
#include <cstdint>
#include <memory>
#include <string>

#include "models/pre_norm_tower.h"
#include "models/tokenizer_config.h"

namespace oag::models {
namespace {

constexpr double epsilon = 1e-6;

class Siglip final : public Definition {
 public:
  explicit Siglip(const files::Configs& configs)
      : images_(image_tower(configs.main().section("vision_config"))), texts_(text_tower(configs.main().section("text_config"), configs)),
        log_scale_(parameters_.add({"log_scale", ParameterKind::scalar, {"logit_scale"}, {1}})),
        bias_(parameters_.add({"logit_bias", ParameterKind::scalar, {"logit_bias"}, {1}})) {}

  const char* family() const override { return "siglip"; }
  std::string embedding() const override { return "the attention-pooled patches of a picture, the projected last token of a text"; }
  std::string tokens() const override { return "the patches of a picture, the tokens of a text and its padding, each behind the last layer norm"; }
  int64_t embedding_size() const override { return embedding_size_; }
  const ImageSpec* image_spec() const override { return &image_spec_; }
  const TextSpec* text_spec() const override { return &text_spec_; }
  const Tower* image_tower() const override { return &images_; }
  const Tower* text_tower() const override { return &texts_; }

  Tensor logits(Ops& ops, const Tensor& images, const Tensor& texts) const override {
    return ops.similarity(ops.l2_normalize(images), ops.l2_normalize(texts), log_scale_, bias_);
  }
  Scores scores() const override { return Scores::each_pair; }
  Tensor probabilities(Ops& ops, const Tensor& logits) const override { return ops.activate(logits, Activation::sigmoid); }

 private:
  PatchTower image_tower(const files::Config& config) {
    if (!config.boolean("vision_use_head", true)) config.refuse("vision_use_head", "this version takes models with the pooling head");
    const PatchGrid grid = read_patch_grid(config, 224, 16);
    image_spec_ = models::image_spec(grid, 0, "SiglipImageProcessor");
    PreNormParts parts;
    parts.size = read_transformer_size(config, {.epsilon = epsilon, .activation = "gelu_pytorch_tanh"});
    const int64_t width = embedding_size_ = parts.size.width;
    const std::string model = "vision_model";
    PatchOptions patches = patch_options(grid);
    patches.weight = parameters_.add({"image.patches", ParameterKind::matrix, {model + ".embeddings.patch_embedding.weight"}, {width, 3, grid.patch, grid.patch}});
    patches.bias = add_vector(parameters_, "image.patches.bias", model + ".embeddings.patch_embedding.bias", width);
    patches.positions = add_table(parameters_, "image.positions", model + ".embeddings.position_embedding.weight", grid.cells(), width);
    parts.blocks = add_blocks(parameters_, "image", parts.size, [&](const std::string& b) { return clip_block_names(model, b); });
    parts.last_norm = add_norm(parameters_, "image.last_norm", model + ".post_layernorm", width);
    parts.head = AttentionPool(parameters_, "image.pool", model + ".head", parts.size);
    return PatchTower(std::move(parts), patches);
  }

  TokenTower text_tower(const files::Config& config, const files::Configs& configs) {
    PreNormParts parts;
    parts.size = read_transformer_size(config, {.epsilon = epsilon, .activation = "gelu_pytorch_tanh"});
    const int64_t width = parts.size.width;
    if (config.integer("projection_size", width) != embedding_size_)
      config.refuse("projection_size", "expected the " + std::to_string(embedding_size_) + " of vision_config.hidden_size: pictures and texts are compared");
    text_spec_ = read_text_spec(config, 32000, 64);
    text_spec_.end = TextSpec::End::none;
    const std::string model = "text_model";
    const Parameter tokens = add_table(parameters_, "text.tokens", model + ".embeddings.token_embedding.weight", text_spec_.vocabulary, width);
    const Parameter positions = add_table(parameters_, "text.positions", model + ".embeddings.position_embedding.weight", text_spec_.max_tokens, width);
    parts.blocks = add_blocks(parameters_, "text", parts.size, [&](const std::string& b) { return clip_block_names(model, b); });
    parts.last_norm = add_norm(parameters_, "text.last_norm", model + ".final_layer_norm", width);
    parts.head = RowHead{.choice = RowChoice::last, .weight = add_matrix(parameters_, "text.head", model + ".head.weight", embedding_size_, width),
                         .bias = add_vector(parameters_, "text.head.bias", model + ".head.bias", embedding_size_)};
    const auto tokenizer = configs.find("tokenizer_config.json");
    limit_to_tokenizer(text_spec_, tokenizer);
    text_spec_.pad_to = text_spec_.max_tokens;
    text_spec_.pad_id = read_pad_id(configs, config.integer("pad_token_id", 1, 0, INT32_MAX));
    if (text_spec_.pad_id >= text_spec_.vocabulary)
      config.refuse("vocab_size", "expected more than the id " + std::to_string(text_spec_.pad_id) + " that texts are padded with");
    // SiglipTokenizer lower-cases unless told otherwise, and SigLIP 2's folders say that they were trained so.
    text_spec_.lower_case = tokenizer && tokenizer->boolean("do_lower_case", tokenizer->text("tokenizer_class", "").starts_with("Siglip"));
    return TokenTower(std::move(parts), tokens, positions);
  }

  int64_t embedding_size_ = 0;
  ImageSpec image_spec_;
  TextSpec text_spec_;
  PatchTower images_;
  TokenTower texts_;
  Parameter log_scale_, bias_;
};

}  // namespace

std::unique_ptr<Definition> define_siglip(const files::Configs& configs, const Choices& choices) {
  refuse_pooling(configs.main(), choices);
  return std::make_unique<Siglip>(configs);
}

}  // namespace oag::models
