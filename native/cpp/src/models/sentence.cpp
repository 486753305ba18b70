#include "models/sentence.h"

#include "core/error.h"
#include "models/transformer.h"

namespace oag::models {
namespace {

struct NamedPooling {
  const char* name;      // the value of pooling_mode
  const char* old_key;   // the flag that older folders have instead
  Pooling pooling;
  const char* text;
};

// In the order in which sentence-transformers joins those of several flags.
constexpr NamedPooling poolings[] = {
    {"cls", "pooling_mode_cls_token", Pooling::first, "the first token"},
    {"max", "pooling_mode_max_tokens", Pooling::max, "maximum of the tokens"},
    {"mean", "pooling_mode_mean_tokens", Pooling::mean, "mean of the tokens"},
    {"mean_sqrt_len_tokens", "pooling_mode_mean_sqrt_len_tokens", Pooling::mean_sqrt_length, "sum of the tokens over the root of their number"},
    {"weightedmean", "pooling_mode_weightedmean_tokens", Pooling::weighted_mean, "mean of the tokens weighted by position"},
    {"lasttoken", "pooling_mode_lasttoken", Pooling::last, "the last token"},
};

constexpr const char* poolings_expected = "this version knows cls, max, mean, mean_sqrt_len_tokens, weightedmean and lasttoken";

Pooling pooling_named(const files::Config& config, const std::string& key, const std::string& name) {
  for (const NamedPooling& known : poolings)
    if (name == known.name) return known.pooling;
  config.refuse(key, poolings_expected);
}

// "sentence_transformers.models.Pooling", or of a later version's package, → "Pooling".
std::string class_name(const std::string& type) { return type.substr(type.rfind('.') + 1); }

files::Config module_config(const files::Configs& configs, const files::Config& module, const std::string& folder) {
  if (auto config = configs.find(folder + "config.json")) return *std::move(config);
  throw Error(Status::bad_model, module.source() + ": its " + (folder.empty() ? "path" : folder + "config.json") + " is missing: download the folder again, all of it");
}

}  // namespace

SentenceHead::SentenceHead(ParameterList& parameters, const files::Configs& configs, int64_t width, std::optional<Pooling> asked) : width_(width), token_size_(width) {
  const auto modules = configs.list("modules.json");
  if (!modules) {
    pooling_.push_back(asked.value_or(Pooling::mean));
    return;
  }
  if (asked)
    throw Error(Status::invalid_argument, configs.main().source() + ": a pooling was asked for, and the modules.json of this model says how it pools: leave the option out");
  const std::string modules_expected = "this version knows Transformer, Pooling, Dense, Normalize and Dropout";
  for (size_t m = 0; m < modules->size(); m++) {
    const files::Config& module = (*modules)[m];
    const std::string name = class_name(module.text("type", std::nullopt)), folder = module_folder(module);
    if (m == 0) {
      if (name != "Transformer") module.refuse("type", "expected a Transformer first");
    } else if (name == "Pooling") {
      if (!pooling_.empty()) module.refuse("type", "expected one Pooling");
      token_size_ = width_;
      read_pooling(module_config(configs, module, folder));
    } else if (name == "Dense") {
      add_dense(parameters, module_config(configs, module, folder), folder, static_cast<int>(m));
    } else if (name == "Normalize") {
      check_place(configs.find(folder + "config.json").value_or(files::Config(module.source(), nlohmann::json::object())));
      next_layers().emplace_back(Normalize{});
    } else if (name != "Dropout") {  // which does nothing but in training
      module.refuse("type", modules_expected);
    }
  }
  if (pooling_.empty()) throw Error(Status::bad_model, configs.main().source() + ": the modules.json beside it has no Pooling, so a text has no vector");
}

void SentenceHead::read_pooling(const files::Config& config) {
  for (const char* key : {"embedding_dimension", "word_embedding_dimension"})
    if (config.has(key) && config.integer(key, 0, 0) != width_) config.refuse(key, "the encoder gives " + std::to_string(width_));
  if (config.has("pooling_mode")) {
    const nlohmann::json& mode = config.json().at("pooling_mode");
    if (mode.is_array())
      for (const nlohmann::json& one : mode) pooling_.push_back(pooling_named(config, "pooling_mode", one.is_string() ? one.get<std::string>() : ""));
    else pooling_.push_back(pooling_named(config, "pooling_mode", config.text("pooling_mode", std::nullopt)));
    if (pooling_.empty() || pooling_.size() > std::size(poolings)) config.refuse("pooling_mode", poolings_expected);
  } else {
    for (const auto& [key, value] : config.json().items()) {
      bool known = key.rfind("pooling_mode_", 0) != 0;
      for (const NamedPooling& one : poolings) known |= key == one.old_key;
      if (!known && value.is_boolean() && value.get<bool>()) config.refuse(key, poolings_expected);
    }
    for (const NamedPooling& one : poolings)
      if (config.boolean(one.old_key, false)) pooling_.push_back(one.pooling);
    if (pooling_.empty()) pooling_.push_back(Pooling::mean);
  }
  leaves_prompt_out_ = !config.boolean("include_prompt", true);
  for (const Pooling pooling : pooling_)
    if (leaves_prompt_out_ && pooling == Pooling::weighted_mean) config.refuse("include_prompt", "this version takes the prompt into weightedmean, whose weights count from it");
  width_ *= static_cast<int64_t>(pooling_.size());
}

void SentenceHead::add_dense(ParameterList& parameters, const files::Config& config, const std::string& folder, int number) {
  if (config.integer("in_features", std::nullopt, 1) != width_) config.refuse("in_features", "the module before gives " + std::to_string(width_));
  if (config.boolean("use_residual", false)) config.refuse("use_residual", "this version knows Dense without it");
  check_place(config);
  Dense dense;
  dense.outputs = config.integer("out_features", std::nullopt, 1, 1 << 16);
  const std::string activation = class_name(config.text("activation_function", "torch.nn.modules.activation.Tanh"));
  if (activation == "Tanh") dense.activation = Activation::tanh;
  else if (activation == "ReLU") dense.activation = Activation::relu;
  else if (activation == "GELU") dense.activation = Activation::gelu;
  else if (activation != "Identity") config.refuse("activation_function", "this version knows Tanh, ReLU, GELU and Identity");
  const std::string role = "text.dense." + std::to_string(number);
  dense.weight = add_matrix(parameters, role, folder + "linear.weight", dense.outputs, width_);
  if (config.boolean("bias", true)) dense.bias = add_vector(parameters, role + ".bias", folder + "linear.bias", dense.outputs);
  width_ = dense.outputs;
  next_layers().emplace_back(dense);
}

void SentenceHead::check_place(const files::Config& config) const {
  const std::string expected = pooling_.empty() ? "token_embeddings" : "sentence_embedding", input = config.text("module_input_name", "sentence_embedding");
  const std::string refusal = "this version knows token_embeddings before the Pooling and sentence_embedding behind it";
  if (input != expected) config.refuse("module_input_name", refusal);
  if (config.text("module_output_name", input) != expected) config.refuse("module_output_name", refusal);
}


std::optional<RowChoice> SentenceHead::only_row() const {
  if (pooling_.size() == 1 && pooling_[0] == Pooling::first && !leaves_prompt_out_) return RowChoice::first;
  if (pooling_.size() == 1 && pooling_[0] == Pooling::last) return RowChoice::last;
  return std::nullopt;
}

std::string SentenceHead::text_of(const Layers& layers) {
  std::string text;
  for (const auto& layer : layers) {
    if (const auto* dense = std::get_if<Dense>(&layer)) text += ", dense to " + std::to_string(dense->outputs);
    else text += ", length 1";
  }
  return text;
}

std::string SentenceHead::token_text() const { return "the tokens behind the last block" + text_of(token_layers_); }

std::string SentenceHead::text() const {
  std::string text;
  for (const Pooling pooling : pooling_)
    for (const NamedPooling& known : poolings)
      if (known.pooling == pooling) text += (text.empty() ? "" : " and ") + std::string(known.text);
  if (leaves_prompt_out_) text += " behind the prompt";
  if (!token_layers_.empty()) text += " (each" + text_of(token_layers_).substr(1) + ")";
  return text + text_of(layers_);
}

Tensor SentenceHead::run(Ops& ops, Tensor x, const Layers& layers) {
  for (const auto& layer : layers) {
    if (const auto* dense = std::get_if<Dense>(&layer)) x = ops.linear(x, dense->weight, {.bias = dense->bias, .activation = dense->activation});
    else x = ops.l2_normalize(x);
  }
  return x;
}

Tensor SentenceHead::finish_tokens(Ops& ops, const State& state) const { return run(ops, state.tensors.at("x"), token_layers_); }

Tensor SentenceHead::finish(Ops& ops, const State& state) const {
  Tensor x = finish_tokens(ops, state);
  if (!only_row()) {
    const auto parts = state.sequences.find("prompt and rest");
    std::vector<Tensor> pooled;
    for (const Pooling pooling : pooling_)
      pooled.push_back(parts == state.sequences.end() ? ops.pool(x, state.sequences.at("rows"), pooling)
                                                      : ops.pool(ops.pool(x, parts->second, pooling), state.sequences.at("pairs"), RowChoice::last));
    x = pooled.size() == 1 ? pooled[0] : ops.concat(pooled);
  }
  return run(ops, x, layers_);
}

TextSpec sentence_text_spec(const files::Configs& configs, int64_t vocabulary, int64_t positions) {
  TextSpec spec;
  spec.vocabulary = vocabulary;
  spec.max_tokens = positions;
  spec.end = TextSpec::End::none;
  const std::string folder = configs.encoder_folder();
  const auto tokenizer = configs.find(folder + "tokenizer_config.json");
  const auto sentences = configs.find(folder + "sentence_bert_config.json");
  if (sentences && sentences->has("max_seq_length")) {
    spec.max_tokens = sentences->integer("max_seq_length", std::nullopt, 3);
    if (spec.max_tokens > positions) sentences->refuse("max_seq_length", "the position table of config.json has room for " + std::to_string(positions) + " tokens");
  } else {
    limit_to_tokenizer(spec, tokenizer);
  }
  spec.lower_case = sentences && sentences->boolean("do_lower_case", false);
  const auto own = configs.find("config_sentence_transformers.json");
  if (!own) return spec;
  const files::Config prompts = own->section("prompts");
  for (const auto& [name, prompt] : prompts.json().items()) spec.prompts[name] = prompts.text(name, "");
  spec.default_prompt = own->text("default_prompt_name", "");
  if (!spec.default_prompt.empty() && !spec.prompts.contains(spec.default_prompt)) own->refuse("default_prompt_name", "prompts has none of that name");
  return spec;
}

}  // namespace oag::models
