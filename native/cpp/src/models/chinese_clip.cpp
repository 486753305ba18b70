// Chinese-CLIP (Yang et al. 2022), as transformers' ChineseCLIPModel: CLIP's image tower beside a BERT whose first row, projected, is the text.
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "models/bert_encoder.h"
#include "models/clip_image_tower.h"

namespace oag::models {
namespace {

class TextTower final : public Tower {
 public:
  TextTower(BertEncoder encoder, Parameter projection, int64_t token_size)
      : encoder_(std::move(encoder)), projection_(projection), token_size_(token_size) {}

  int blocks() const override { return encoder_.blocks(); }
  State begin(Ops& ops, const TowerInput& ids, const Sequences& rows) const override { return encoder_.begin(ops, ids.values, rows); }
  State block(Ops& ops, const State& state) const override { return encoder_.block(ops, state, RowChoice::first); }
  Tensor finish(Ops& ops, const State& state) const override { return ops.linear(state.tensors.at("x"), projection_); }
  int64_t token_size() const override { return token_size_; }
  State token_block(Ops& ops, const State& state) const override { return encoder_.block(ops, state, std::nullopt); }
  Tensor finish_tokens(Ops& ops, const State& state) const override { return finish(ops, state); }

 private:
  BertEncoder encoder_;
  Parameter projection_;
  int64_t token_size_;
};

class ChineseClip final : public Definition {
 public:
  explicit ChineseClip(const files::Configs& configs)
      : embedding_size_(configs.main().integer("projection_dim", 512, 1, 1 << 16)),
        images_(clip_image_tower(parameters_, configs.main().section("vision_config"), embedding_size_, "ChineseCLIPImageProcessor", image_spec_)),
        texts_(text_tower(configs.main().section("text_config"), configs)),
        log_scale_(parameters_.add({"log_scale", ParameterKind::scalar, {"logit_scale"}, {}})) {}

  const char* family() const override { return "chinese_clip"; }
  std::string embedding() const override { return "the projected class token of a picture, the projected first token of a text"; }
  std::string tokens() const override {
    return "the class token and patches of a picture behind the last layer norm, the tokens of a text behind the last block, each projected";
  }
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
  TextTower text_tower(const files::Config& config, const files::Configs& configs) {
    BertEncoder encoder = BertEncoder::bert(parameters_, config, "text", "text_model.");
    text_spec_.vocabulary = encoder.vocabulary();
    text_spec_.max_tokens = encoder.positions();
    text_spec_.end = TextSpec::End::none;
    limit_to_tokenizer(text_spec_, configs.find("tokenizer_config.json"));
    const Parameter projection = add_matrix(parameters_, "text.projection", "text_projection.weight", embedding_size_, encoder.width());
    return TextTower(std::move(encoder), projection, embedding_size_);
  }

  int64_t embedding_size_;
  ImageSpec image_spec_;
  TextSpec text_spec_;
  PatchTower images_;
  TextTower texts_;
  Parameter log_scale_;
};

}  // namespace

std::unique_ptr<Definition> define_chinese_clip(const files::Configs& configs, const Choices& choices) {
  refuse_pooling(configs.main(), choices);
  return std::make_unique<ChineseClip>(configs);
}

}  // namespace oag::models
