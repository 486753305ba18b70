// What sentence-transformers does behind an encoder of texts (Reimers & Gurevych 2019): pooling, dense layers, normalising, as a folder's modules.json says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "files/configs.h"
#include "models/definition.h"

namespace oag::models {

// The modules behind the first, which is the encoder. A folder without modules.json has none, but a pooling.
class SentenceHead {
 public:
  // `width` is the encoder's. `asked` is the caller's choice for a folder that says nothing of pooling; without it the mean is taken. Error(bad_model) naming file
  // and key for a module that this version does not compute, Error(invalid_argument) when a pooling is asked for and the folder has its own.
  SentenceHead(ParameterList& parameters, const files::Configs& configs, int64_t width, std::optional<Pooling> asked);

  // Where one row of each text is all that is pooled.
  std::optional<RowChoice> only_row() const;
  int64_t embedding_size() const { return width_; }
  int64_t token_size() const { return token_size_; }
  bool leaves_prompt_out() const { return leaves_prompt_out_; }
  std::string text() const;  // "mean of the tokens, dense to 16 (tanh), length 1"
  std::string token_text() const;

  // x [rows, width] of the encoder's last block → [texts, embedding_size()]; with only_row() x is [texts, width] already. Of Tower::forward_behind_prompt the rest
  // of each text is pooled.
  Tensor finish(Ops& ops, const State& state) const;

  // x [rows, width] → [rows, token_size()]: what is done to each token before they are pooled.
  Tensor finish_tokens(Ops& ops, const State& state) const;

 private:
  struct Dense {
    Parameter weight;
    std::optional<Parameter> bias;
    Activation activation = Activation::none;
    int64_t outputs = 0;
  };
  struct Normalize {};
  using Layers = std::vector<std::variant<Dense, Normalize>>;

  void read_pooling(const files::Config& config);
  void add_dense(ParameterList& parameters, const files::Config& config, const std::string& folder, int number);
  // A layer is of the tokens before pooling, and of the text behind it.
  void check_place(const files::Config& config) const;
  Layers& next_layers() { return pooling_.empty() ? token_layers_ : layers_; }
  static Tensor run(Ops& ops, Tensor x, const Layers& layers);
  static std::string text_of(const Layers& layers);

  int64_t width_;
  int64_t token_size_;
  bool leaves_prompt_out_ = false;
  Layers token_layers_;           // before pooling
  std::vector<Pooling> pooling_;  // side by side
  Layers layers_;                 // behind it
};

// How texts are prepared: the folder's maximum length, lower-casing and prompts. Error(bad_model) when the folder asks for more tokens than there are positions.
TextSpec sentence_text_spec(const files::Configs& configs, int64_t vocabulary, int64_t positions);

}  // namespace oag::models
