// BERT (Devlin et al. 2018) and the encoders that differ from it in names and positions: RoBERTa (Liu et al. 2019), XLM-RoBERTa (Conneau et al. 2019),
// DistilBERT (Sanh et al. 2019) and MPNet (Song et al. 2020), as transformers has them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/state.h"
#include "files/config.h"
#include "models/post_norm.h"

namespace oag::models {

// From token ids to the vectors of the tokens. A tower that reads texts this way is made of one: it pools the rows of the last block and goes on from there.
// Not causal. Each text is one segment, so of token types the first is used; it is added to the positions when the weights are read.
class BertEncoder {
 public:
  // Each takes the config of its family, with transformers' defaults. `prefix` is what the names of all tensors begin with ("text_model."), `role` what parameters
  // are called by. Error(bad_model) naming the key for what this version does not compute.
  static BertEncoder bert(ParameterList& parameters, const files::Config& config, const std::string& role, const std::string& prefix = "");
  static BertEncoder roberta(ParameterList& parameters, const files::Config& config, const std::string& role, const std::string& prefix = "");
  static BertEncoder distilbert(ParameterList& parameters, const files::Config& config, const std::string& role, const std::string& prefix = "");
  static BertEncoder mpnet(ParameterList& parameters, const files::Config& config, const std::string& role, const std::string& prefix = "");

  int blocks() const { return static_cast<int>(blocks_.size()); }
  int64_t width() const { return size_.width; }
  int64_t vocabulary() const { return vocabulary_; }
  int64_t positions() const { return positions_; }  // the most tokens of a text

  // ids i32 [rows, 1] → {x [rows, width]; rows}.
  State begin(Ops& ops, const Tensor& ids, const Sequences& rows) const;

  // Runs state.next_block. With `pooled` the last block computes that row of each text alone: x is then [sequences, width], and the state has no rows.
  State block(Ops& ops, const State& state, std::optional<RowChoice> pooled) const;

 private:
  // Where the families differ.
  struct Kind {
    std::string words, positions, types, norm;         // tensors of the embeddings; `types` empty without token types
    BlockNames names;                                  // within a block, behind `layers` and its number
    std::string layers;                                // "encoder.layer."
    int64_t first_position = 0;                        // of the table, taken by a text's first token
    int64_t type_count = 0;
    std::string bias_table;                            // of relative positions; empty without
  };
  BertEncoder(ParameterList& parameters, const files::Config& config, const std::string& role, const std::string& prefix, const Kind& kind, int64_t blocks,
              const TransformerSize& size, int64_t vocabulary);
  static Kind bert_kind();

  TransformerSize size_;
  int64_t vocabulary_ = 0, positions_ = 0;
  std::vector<PostNormBlock> blocks_;
  Parameter words_, position_table_, norm_gain_, norm_bias_;
};

}  // namespace oag::models
