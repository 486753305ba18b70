// CLIP (Radford et al. 2021, "Learning Transferable Visual Models From Natural Language Supervision"), as transformers' CLIPModel.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "models/definition.h"
#include "models/transformer.h"

namespace oag::models {
namespace {

// transformers' CLIPConfig: a text_config_dict or vision_config_dict, where there is one, is completed with defaults and replaces
// text_config or vision_config key by key, hence altogether.
files::Config tower_config(const files::Config& config, const std::string& key) {
  return config.section(config.has(key + "_dict") ? key + "_dict" : key);
}

TransformerSize transformer_size(const files::Config& config, int64_t width, int64_t mlp_width, int64_t heads, bool causal) {
  TransformerSize size;
  size.width = config.integer("hidden_size", width, 1, 1 << 16);
  size.mlp_width = config.integer("intermediate_size", mlp_width, 1, 1 << 18);
  size.heads = static_cast<int>(config.integer("num_attention_heads", heads, 1, 1 << 12));
  if (size.width % size.heads != 0) config.refuse("num_attention_heads", "expected a divisor of hidden_size " + std::to_string(size.width));
  size.epsilon = read_epsilon(config, "layer_norm_eps", 1e-5);
  size.activation = read_activation(config, "hidden_act", "quick_gelu");
  size.causal = causal;
  return size;
}

std::vector<TransformerBlock> encoder(ParameterList& parameters, const std::string& role, const std::string& tensors, int64_t blocks, const TransformerSize& size) {
  std::vector<TransformerBlock> encoder;
  for (int64_t b = 0; b < blocks; b++) {
    const std::string layer = tensors + ".encoder.layers." + std::to_string(b);
    encoder.emplace_back(parameters, role + ".block." + std::to_string(b),
                         BlockNames{.norm1 = layer + ".layer_norm1", .query = layer + ".self_attn.q_proj", .key = layer + ".self_attn.k_proj",
                                    .value = layer + ".self_attn.v_proj", .out = layer + ".self_attn.out_proj", .norm2 = layer + ".layer_norm2",
                                    .up = layer + ".mlp.fc1", .down = layer + ".mlp.fc2"},
                         size);
  }
  return encoder;
}

// What the towers share: blocks over x, of which the last computes the pooled rows alone, a final norm, and the projection.
class ClipTower : public Tower {
 public:
  int blocks() const override { return static_cast<int>(encoder_.size()); }

  State block(Ops& ops, const State& state) const override {
    const Tensor& x = state.tensors.at("x");
    const Sequences& rows = state.sequences.at("rows");
    const TransformerBlock& block = encoder_[state.next_block];
    State next{state.next_block + 1, {}, {}};
    if (next.next_block < blocks()) {
      next.tensors["x"] = block.all_rows(ops, x, rows);
      next.sequences["rows"] = rows;
    } else {
      next.tensors["x"] = block.one_row(ops, x, rows, choice_);  // [sequences, width]
    }
    return next;
  }

  Tensor finish(Ops& ops, const State& state) const override {
    const Tensor pooled = ops.layer_norm(state.tensors.at("x"), norm_gain_, norm_bias_, size_.epsilon);
    return ops.linear(pooled, projection_);
  }

 protected:
  RowChoice choice_ = RowChoice::first;
  TransformerSize size_;
  std::vector<TransformerBlock> encoder_;
  Parameter norm_gain_, norm_bias_, projection_;
};

class ClipImageTower final : public ClipTower {
 public:
  ClipImageTower(ParameterList& parameters, const files::Config& config, int64_t projection_size) {
    choice_ = RowChoice::first;
    size_ = transformer_size(config, 768, 3072, 12, false);
    const auto [height, width] = config.size("image_size", 224);
    const auto [patch, patch_width] = config.size("patch_size", 32);
    if (patch != patch_width) config.refuse("patch_size", "this version takes square patches");
    if (patch > height || patch > width) config.refuse("patch_size", "expected at most the image_size");
    const int64_t channels = config.integer("num_channels", 3, 1, 3);
    if (channels != 3) config.refuse("num_channels", "this version takes 3 channels");
    const int64_t rows = 1 + (height / patch) * (width / patch);
    spec = {.channels = static_cast<int>(channels), .height = static_cast<int>(height), .width = static_cast<int>(width),
            .rows_per_image = rows, .default_processor = "CLIPImageProcessor"};

    const std::string model = "vision_model";
    patches_.weight = parameters.add({"image.patches", ParameterKind::matrix, {model + ".embeddings.patch_embedding.weight"}, {size_.width, channels, patch, patch}});
    patches_.prefix = add_vector(parameters, "image.class_token", model + ".embeddings.class_embedding", size_.width);
    patches_.positions = add_table(parameters, "image.positions", model + ".embeddings.position_embedding.weight", rows, size_.width);
    patches_.channels = spec.channels;
    patches_.height = spec.height;
    patches_.width = spec.width;
    patches_.patch = static_cast<int>(patch);
    first_norm_gain_ = add_vector(parameters, "image.first_norm.gain", model + ".pre_layrnorm.weight", size_.width);
    first_norm_bias_ = add_vector(parameters, "image.first_norm.bias", model + ".pre_layrnorm.bias", size_.width);
    encoder_ = encoder(parameters, "image", model, config.integer("num_hidden_layers", 12, 1, 1 << 10), size_);
    norm_gain_ = add_vector(parameters, "image.last_norm.gain", model + ".post_layernorm.weight", size_.width);
    norm_bias_ = add_vector(parameters, "image.last_norm.bias", model + ".post_layernorm.bias", size_.width);
    projection_ = add_matrix(parameters, "image.projection", "visual_projection.weight", projection_size, size_.width);
  }

  State begin(Ops& ops, const TowerInput& images, const Sequences& rows) const override {
    const Tensor x = ops.patches(images.values, images.levels.value(), patches_);
    return {0, {{"x", ops.layer_norm(x, first_norm_gain_, first_norm_bias_, size_.epsilon)}}, {{"rows", rows}}};
  }

  ImageSpec spec;

 private:
  PatchOptions patches_;
  Parameter first_norm_gain_, first_norm_bias_;
};

class ClipTextTower final : public ClipTower {
 public:
  ClipTextTower(ParameterList& parameters, const files::Config& config, const std::optional<files::Config>& tokenizer, int64_t projection_size) {
    choice_ = RowChoice::last;
    size_ = transformer_size(config, 512, 2048, 8, true);
    spec.vocabulary = config.integer("vocab_size", 49408, 1, INT32_MAX);
    spec.max_tokens = config.integer("max_position_embeddings", 77, 1, 1 << 20);
    spec.end_id = config.integer("eos_token_id", 49407, 0, INT32_MAX);
    // transformers would pool every text at its first token and call all texts equal.
    if (spec.end_id >= spec.vocabulary) config.refuse("eos_token_id", "expected an id below vocab_size " + std::to_string(spec.vocabulary) + " (the default is 49407)");
    spec.causal = size_.causal;
    spec.end = spec.end_id == 2 ? TextSpec::End::highest_id : TextSpec::End::token;

    const std::string model = "text_model";
    tokens_ = add_table(parameters, "text.tokens", model + ".embeddings.token_embedding.weight", spec.vocabulary, size_.width);
    positions_ = add_table(parameters, "text.positions", model + ".embeddings.position_embedding.weight", spec.max_tokens, size_.width);
    encoder_ = encoder(parameters, "text", model, config.integer("num_hidden_layers", 12, 1, 1 << 10), size_);
    norm_gain_ = add_vector(parameters, "text.last_norm.gain", model + ".final_layer_norm.weight", size_.width);
    norm_bias_ = add_vector(parameters, "text.last_norm.bias", model + ".final_layer_norm.bias", size_.width);
    projection_ = add_matrix(parameters, "text.projection", "text_projection.weight", projection_size, size_.width);

    limit_to_tokenizer(spec, tokenizer);
  }

  State begin(Ops& ops, const TowerInput& ids, const Sequences& rows) const override {
    return {0, {{"x", ops.embed(ids.values, rows, tokens_, positions_)}}, {{"rows", rows}}};
  }

  TextSpec spec;

 private:
  Parameter tokens_, positions_;
};

class Clip final : public Definition {
 public:
  Clip(const files::Config& config, const std::optional<files::Config>& tokenizer)
      : embedding_size_(config.integer("projection_dim", 512, 1, 1 << 16)),
        images_(parameters_, tower_config(config, "vision_config"), embedding_size_),
        texts_(parameters_, tower_config(config, "text_config"), tokenizer, embedding_size_),
        log_scale_(parameters_.add({"log_scale", ParameterKind::scalar, {"logit_scale"}, {}})) {}

  const char* family() const override { return "clip"; }
  int64_t embedding_size() const override { return embedding_size_; }
  const ImageSpec* image_spec() const override { return &images_.spec; }
  const TextSpec* text_spec() const override { return &texts_.spec; }
  const Tower* image_tower() const override { return &images_; }
  const Tower* text_tower() const override { return &texts_; }

  Tensor logits(Ops& ops, const Tensor& images, const Tensor& texts) const override {
    return ops.similarity(ops.l2_normalize(images), ops.l2_normalize(texts), log_scale_);
  }
  Tensor probabilities(Ops& ops, const Tensor& logits) const override { return ops.softmax(logits); }

 private:
  int64_t embedding_size_;
  ClipImageTower images_;
  ClipTextTower texts_;
  Parameter log_scale_;
};

}  // namespace

std::unique_ptr<Definition> define_clip(const files::Configs& configs, const Choices& choices) {
  refuse_pooling(configs, choices);
  return std::make_unique<Clip>(configs.main(), configs.find(configs.encoder_folder() + "tokenizer_config.json"));
}

}  // namespace oag::models
