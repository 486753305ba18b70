// What a model family is: its parameters, its towers, and how a call's inputs become rows. One file per family implements it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/parameters.h"
#include "core/sequences.h"
#include "core/state.h"
#include "files/configs.h"
#include "ops/ops.h"

namespace oag::models {

// What a tower begins with: the ids of texts, or pixels and what each of their bytes stands for (Ops::patches).
struct TowerInput {
  TowerInput(const Tensor& ids) : values(ids) {}  // NOLINT: a tensor is the usual input
  TowerInput(const Tensor& pixels, const Tensor& byte_levels) : values(pixels), levels(byte_levels) {}

  Tensor values;
  std::optional<Tensor> levels;
};

// Rows that an earlier pass computed, which the rows of this one continue: keys and values of every block, side by side.
struct Prefix {
  Tensor keys_values;  // [prefix rows, blocks · keys_values_width]
  Sequences rows;
};

// Where the first rows of each sequence are a prompt's, which is not pooled.
struct PromptAndRest {
  Sequences parts;  // each sequence as two, in turn: the prompt and the rest
  Sequences pairs;  // the rows that the parts become when each is pooled, by twos
};

// A stack of blocks from one input tensor to one embedding per sequence. begin, then block 0 … blocks()-1, each State → State, then finish: a pass may
// stop after any block, be written to bytes, and go on elsewhere.
class Tower {
 public:
  virtual ~Tower() = default;
  virtual int blocks() const = 0;
  virtual State begin(Ops& ops, const TowerInput& input, const Sequences& rows) const = 0;
  virtual State block(Ops& ops, const State& state) const = 0;  // runs state.next_block
  virtual Tensor finish(Ops& ops, const State& state) const = 0;  // [sequences, embedding size], not normalised

  // Numbers that later rows need of a row in a block; 0: a row depends on those behind it, and there is no Prefix.
  virtual int64_t keys_values_width() const { return 0; }
  // [rows, keys_values_width]: those numbers of the block that comes next. Not asked where the width is 0.
  virtual Tensor keys_values(Ops& ops, const State& state) const;

  // Floats of a token's vector, for late interaction (Khattab & Zaharia 2020; Yao et al. 2021): a token is a row, which is a text's token, or a picture's patch or class
  // token. 0: this tower has embeddings alone, and the next two are not asked.
  virtual int64_t token_size() const { return 0; }
  // As block(), but every row of the last one is computed.
  virtual State token_block(Ops& ops, const State& state) const;
  // [rows, token_size] behind the last norm, and where a family has one map for any row, in the space of its embeddings; not normalised.
  virtual Tensor finish_tokens(Ops& ops, const State& state) const;
  Tensor tokens(Ops& ops, const TowerInput& input, const Sequences& rows) const;

  // Where TextSpec::leaves_prompt_out.
  Tensor forward_behind_prompt(Ops& ops, const TowerInput& input, const Sequences& rows, const PromptAndRest& prompt) const;

  // `prefix` may be null.
  Tensor forward(Ops& ops, const TowerInput& input, const Sequences& rows, const Prefix* prefix = nullptr) const;
};

// The pixels an image tower takes.
struct ImageSpec {
  int channels = 3;
  int height = 0;
  int width = 0;
  int64_t rows_per_image = 0;
  int64_t rows_in_pass = 0;       // what a picture counts for in a pass of max_tokens, where it is more than its rows: a tower may begin with tensors that are larger
  std::string default_processor;  // image_processor_type where the folder names none
  files::JsonTree processor = {};  // what a family's own file says of it, in the keys of preprocessor_config.json; null where that file holds

  int64_t bytes_per_image() const { return int64_t{channels} * height * width; }
};

// What must be done to a text before its tower, and which of its ids become rows.
struct TextSpec {
  enum class End : uint8_t {
    highest_id,  // rows after the first highest id are not computed (CLIP folders written with eos_token_id 2)
    token,       // rows after the first `end_id` are not computed; a text without it keeps its first row alone, as transformers pools it
    none,        // every id is a row: the tower is not causal, or pools over all
  };
  int64_t vocabulary = 0;
  int64_t max_tokens = 0;
  int64_t pad_to = 0;  // 0: never padded
  int64_t pad_id = 0;
  bool lower_case = false;
  std::map<std::string, std::string> prompts;  // put before a text when asked for by name
  std::string default_prompt;                  // the name of the one that is put where none is asked for; empty: none
  bool leaves_prompt_out = false;              // rows of a prompt are not pooled
  End end = End::token;
  int64_t end_id = 0;
  bool causal = false;  // a row depends on none behind it: texts that begin alike may share their first rows
};

// What a family's logits say: nothing in a model of one tower.
enum class Scores : uint8_t {
  none,
  among_texts,  // probabilities of an image's texts sum to 1
  each_pair,    // each pair has a probability of its own
};

class Definition {
 public:
  virtual ~Definition() = default;

  const ParameterList& parameters() const { return parameters_; }
  virtual const char* family() const = 0;
  virtual int64_t embedding_size() const = 0;
  // Which vector of the model its embedding is, for people: "the class token behind the last layer norm".
  virtual std::string embedding() const = 0;
  // Which vectors its tokens' are, for people; empty without any.
  virtual std::string tokens() const { return ""; }
  virtual const ImageSpec* image_spec() const = 0;  // null without an image tower
  virtual const TextSpec* text_spec() const = 0;    // null without a text tower
  virtual const Tower* image_tower() const = 0;
  virtual const Tower* text_tower() const = 0;

  // With both towers: [images, embedding], [texts, embedding] → [images, texts], as the model was trained; rows may be normalised or not. A model of one
  // tower has none of these and is never asked.
  virtual Tensor logits(Ops& ops, const Tensor& images, const Tensor& texts) const;
  // The logits as probabilities.
  virtual Tensor probabilities(Ops& ops, const Tensor& logits) const;

  virtual Scores scores() const { return Scores::none; }

 protected:
  ParameterList parameters_;
};

// What the caller decides where a folder leaves it open.
struct Choices {
  std::optional<Pooling> pooling;  // of an encoder of texts that is no sentence-transformers folder
};

// Builds the definition that config.json's model_type names, or else that of open_clip_config.json; Error(unsupported) lists the known ones, Error(invalid_argument) for a choice that the model does
// not leave.
std::unique_ptr<Definition> define(const files::Configs& configs, const Choices& choices = {});

// One family: the JSON files of its folder → definition.
struct Family {
  const char* model_type;
  std::unique_ptr<Definition> (*define)(const files::Configs& configs, const Choices& choices);
};

std::unique_ptr<Definition> define_clip(const files::Configs& configs, const Choices& choices);
// `file`: open_clip_config.json, which such a folder has in place of config.json.
std::unique_ptr<Definition> define_open_clip(const files::Configs& configs, const files::Config& file, const Choices& choices);
std::unique_ptr<Definition> define_chinese_clip(const files::Configs& configs, const Choices& choices);
std::unique_ptr<Definition> define_siglip(const files::Configs& configs, const Choices& choices);
std::unique_ptr<Definition> define_vit(const files::Configs& configs, const Choices& choices);
std::unique_ptr<Definition> define_dinov2(const files::Configs& configs, const Choices& choices);
std::unique_ptr<Definition> define_dinov2_with_registers(const files::Configs& configs, const Choices& choices);
std::unique_ptr<Definition> define_bert(const files::Configs& configs, const Choices& choices);
std::unique_ptr<Definition> define_roberta(const files::Configs& configs, const Choices& choices);
std::unique_ptr<Definition> define_xlm_roberta(const files::Configs& configs, const Choices& choices);
std::unique_ptr<Definition> define_distilbert(const files::Configs& configs, const Choices& choices);
std::unique_ptr<Definition> define_mpnet(const files::Configs& configs, const Choices& choices);

// For a family that pools as it was trained: Error(invalid_argument), naming the config's file, when a pooling was asked for.
void refuse_pooling(const files::Config& config, const Choices& choices);
// vocab_size and max_position_embeddings, with the defaults of a family's config class.
TextSpec read_text_spec(const files::Config& config, int64_t vocabulary, int64_t max_tokens);
// model_max_length of tokenizer_config.json, where it is less. Error(bad_model) below 3.
void limit_to_tokenizer(TextSpec& spec, const std::optional<files::Config>& tokenizer);

}  // namespace oag::models
