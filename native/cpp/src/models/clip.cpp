// CLIP (Radford et al. 2021, "Learning Transferable Visual Models From Natural Language Supervision"), as transformers' CLIPModel.
#include <cstdint>
#include <memory>
#include <string>

#include "models/clip_image_tower.h"

namespace oag::models {
namespace {

// transformers' CLIPConfig: a text_config_dict or vision_config_dict, where there is one, is completed with defaults and replaces
// text_config or vision_config key by key, hence altogether.
files::Config tower_config(const files::Config& config, const std::string& key) {
  return config.section(config.has(key + "_dict") ? key + "_dict" : key);
}

class Clip final : public Definition {
 public:
  Clip(const files::Config& config, const std::optional<files::Config>& tokenizer)
      : embedding_size_(config.integer("projection_dim", 512, 1, 1 << 16)),
        images_(clip_image_tower(parameters_, tower_config(config, "vision_config"), embedding_size_, "CLIPImageProcessor", image_spec_)),
        texts_(text_tower(tower_config(config, "text_config"), tokenizer)),
        log_scale_(parameters_.add({"log_scale", ParameterKind::scalar, {"logit_scale"}, {}})) {}

  const char* family() const override { return "clip"; }
  std::string embedding() const override { return "the projected class token of a picture, the projected end of a text"; }
  std::string tokens() const override { return "the class token and patches of a picture, the tokens of a text, each behind the last layer norm and projected"; }
  int64_t embedding_size() const override { return embedding_size_; }
  const ImageSpec* image_spec() const override { return &image_spec_; }
  const TextSpec* text_spec() const override { return &text_spec_; }
  const Tower* image_tower() const override { return &images_; }
  const Tower* text_tower() const override { return &texts_; }

  Tensor logits(Ops& ops, const Tensor& images, const Tensor& texts) const override {
    return ops.similarity(ops.l2_normalize(images), ops.l2_normalize(texts), log_scale_);
  }
  Scores scores() const override { return Scores::among_texts; }
  Tensor probabilities(Ops& ops, const Tensor& logits) const override { return ops.softmax(logits); }

 private:
  TokenTower text_tower(const files::Config& config, const std::optional<files::Config>& tokenizer) {
    PreNormParts parts;
    parts.size = read_transformer_size(config, {.width = 512, .mlp_width = 2048, .heads = 8, .activation = "quick_gelu"});
    parts.size.causal = true;
    const int64_t width = parts.size.width;
    text_spec_ = read_text_spec(config, 49408, 77);
    text_spec_.causal = true;
    text_spec_.end_id = config.integer("eos_token_id", 49407, 0, INT32_MAX);
    // transformers would pool every text at its first token and call all texts equal.
    if (text_spec_.end_id >= text_spec_.vocabulary)
      config.refuse("eos_token_id", "expected an id below vocab_size " + std::to_string(text_spec_.vocabulary) + " (the default is 49407)");
    text_spec_.end = text_spec_.end_id == 2 ? TextSpec::End::highest_id : TextSpec::End::token;

    const std::string model = "text_model";
    const Parameter tokens = add_table(parameters_, "text.tokens", model + ".embeddings.token_embedding.weight", text_spec_.vocabulary, width);
    const Parameter positions = add_table(parameters_, "text.positions", model + ".embeddings.position_embedding.weight", text_spec_.max_tokens, width);
    parts.blocks = add_blocks(parameters_, "text", parts.size, [&](const std::string& b) { return clip_block_names(model, b); });
    parts.last_norm = add_norm(parameters_, "text.last_norm", model + ".final_layer_norm", width);
    parts.head = RowHead{.choice = RowChoice::last, .weight = add_matrix(parameters_, "text.projection", "text_projection.weight", embedding_size_, width),
                         .token_size = embedding_size_};
    limit_to_tokenizer(text_spec_, tokenizer);
    return TokenTower(std::move(parts), tokens, positions);
  }

  int64_t embedding_size_;
  ImageSpec image_spec_;
  TextSpec text_spec_;
  PatchTower images_;
  TokenTower texts_;
  Parameter log_scale_;
};

}  // namespace

std::unique_ptr<Definition> define_clip(const files::Configs& configs, const Choices& choices) {
  refuse_pooling(configs.main(), choices);
  return std::make_unique<Clip>(configs.main(), configs.find("tokenizer_config.json"));
}

}  // namespace oag::models
