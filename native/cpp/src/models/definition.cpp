#include "models/definition.h"

#include "core/error.h"

namespace oag::models {
namespace {

constexpr Family families[] = {
    {"clip", define_clip},       {"chinese_clip", define_chinese_clip}, {"siglip", define_siglip},   {"vit", define_vit},         {"dinov2", define_dinov2},
    {"dinov2_with_registers", define_dinov2_with_registers}, {"bert", define_bert},       {"roberta", define_roberta},
    {"xlm-roberta", define_xlm_roberta}, {"distilbert", define_distilbert}, {"mpnet", define_mpnet},
};

}  // namespace

std::unique_ptr<Definition> define(const files::Configs& configs, const Choices& choices) {
  if (!configs.find("config.json"))
    if (const auto open_clip = configs.find("open_clip_config.json")) return define_open_clip(configs, *open_clip, choices);
  const files::Config config = configs.main();
  const std::string type = config.text("model_type", std::nullopt);
  std::string known;
  for (const Family& family : families) {
    if (type == family.model_type) return family.define(configs, choices);
    known += (known.empty() ? "" : ", ") + std::string(family.model_type);
  }
  throw Error(Status::unsupported, config.source() + ": model_type is \"" + type + "\"; this version knows: " + known);
}

TextSpec read_text_spec(const files::Config& config, int64_t vocabulary, int64_t max_tokens) {
  TextSpec spec;
  spec.vocabulary = config.integer("vocab_size", vocabulary, 1, INT32_MAX);
  spec.max_tokens = config.integer("max_position_embeddings", max_tokens, 1, 1 << 20);
  return spec;
}

void refuse_pooling(const files::Config& config, const Choices& choices) {
  if (choices.pooling)
    throw Error(Status::invalid_argument, config.source() + ": a pooling was asked for, and this model pools as it was trained: leave the option out");
}

void limit_to_tokenizer(TextSpec& spec, const std::optional<files::Config>& tokenizer) {
  if (!tokenizer || !tokenizer->has("model_max_length")) return;
  const double limit = tokenizer->number("model_max_length", std::nullopt);  // tokenizers without a limit of their own write 10^30 here
  if (limit < 3) tokenizer->refuse("model_max_length", "expected at least 3: the start, a token, and the end of a text");
  if (limit < static_cast<double>(spec.max_tokens)) spec.max_tokens = static_cast<int64_t>(limit);
}

Tensor Definition::logits(Ops&, const Tensor&, const Tensor&) const { throw Error(Status::internal, std::string(family()) + " has no logits"); }
Tensor Definition::probabilities(Ops&, const Tensor&) const { throw Error(Status::internal, std::string(family()) + " has no logits"); }

Tensor Tower::keys_values(Ops&, const State&) const { throw Error(Status::internal, "this tower's rows cannot be continued in another pass"); }

State Tower::token_block(Ops&, const State&) const { throw Error(Status::internal, "this tower has no vectors of tokens"); }
Tensor Tower::finish_tokens(Ops&, const State&) const { throw Error(Status::internal, "this tower has no vectors of tokens"); }

Tensor Tower::tokens(Ops& ops, const TowerInput& input, const Sequences& rows) const {
  State state = begin(ops, input, rows);
  while (state.next_block < blocks()) state = token_block(ops, state);
  return finish_tokens(ops, state);
}

Tensor Tower::forward_behind_prompt(Ops& ops, const TowerInput& input, const Sequences& rows, const PromptAndRest& prompt) const {
  State state = begin(ops, input, rows);
  state.sequences["prompt and rest"] = prompt.parts;
  state.sequences["pairs"] = prompt.pairs;
  while (state.next_block < blocks()) state = block(ops, state);
  return finish(ops, state);
}

Tensor Tower::forward(Ops& ops, const TowerInput& input, const Sequences& rows, const Prefix* prefix) const {
  State state = begin(ops, input, rows);
  if (prefix) {
    state.tensors["prefix"] = prefix->keys_values;
    state.sequences["prefix"] = prefix->rows;
  }
  while (state.next_block < blocks()) state = block(ops, state);
  return finish(ops, state);
}

}  // namespace oag::models
