// Sentence encoders: BERT, RoBERTa, XLM-RoBERTa, DistilBERT and MPNet, alone or with the modules of sentence-transformers behind them (MiniLM, BGE, E5, GTE).
#include <memory>
#include <string>
#include <utility>

#include "models/bert_encoder.h"
#include "models/definition.h"
#include "models/sentence.h"

namespace oag::models {
namespace {

class SentenceTower final : public Tower {
 public:
  SentenceTower(BertEncoder encoder, SentenceHead head) : encoder_(std::move(encoder)), head_(std::move(head)) {}

  int blocks() const override { return encoder_.blocks(); }
  State begin(Ops& ops, const TowerInput& ids, const Sequences& rows) const override { return encoder_.begin(ops, ids.values, rows); }
  State block(Ops& ops, const State& state) const override { return encoder_.block(ops, state, head_.only_row()); }
  Tensor finish(Ops& ops, const State& state) const override { return head_.finish(ops, state); }
  int64_t token_size() const override { return head_.token_size(); }
  State token_block(Ops& ops, const State& state) const override { return encoder_.block(ops, state, std::nullopt); }
  Tensor finish_tokens(Ops& ops, const State& state) const override { return head_.finish_tokens(ops, state); }
  const SentenceHead& head() const { return head_; }

 private:
  BertEncoder encoder_;
  SentenceHead head_;
};

class SentenceEncoder final : public Definition {
 public:
  using MakeEncoder = BertEncoder (*)(ParameterList&, const files::Config&, const std::string& role, const std::string& prefix);

  SentenceEncoder(const char* family, const files::Configs& configs, const Choices& choices, MakeEncoder make) : family_(family) {
    BertEncoder encoder = make(parameters_, configs.main(), "text", "");
    spec_ = sentence_text_spec(configs, encoder.vocabulary(), encoder.positions());
    SentenceHead head(parameters_, configs, encoder.width(), choices.pooling);
    spec_.leaves_prompt_out = head.leaves_prompt_out();
    tower_ = std::make_unique<SentenceTower>(std::move(encoder), std::move(head));
  }

  const char* family() const override { return family_; }
  int64_t embedding_size() const override { return tower_->head().embedding_size(); }
  std::string embedding() const override { return tower_->head().text(); }
  std::string tokens() const override { return tower_->head().token_text(); }
  const ImageSpec* image_spec() const override { return nullptr; }
  const TextSpec* text_spec() const override { return &spec_; }
  const Tower* image_tower() const override { return nullptr; }
  const Tower* text_tower() const override { return tower_.get(); }

 private:
  const char* family_;
  TextSpec spec_;
  std::unique_ptr<SentenceTower> tower_;
};

}  // namespace

std::unique_ptr<Definition> define_bert(const files::Configs& configs, const Choices& choices) {
  return std::make_unique<SentenceEncoder>("bert", configs, choices, BertEncoder::bert);
}
std::unique_ptr<Definition> define_roberta(const files::Configs& configs, const Choices& choices) {
  return std::make_unique<SentenceEncoder>("roberta", configs, choices, BertEncoder::roberta);
}
std::unique_ptr<Definition> define_xlm_roberta(const files::Configs& configs, const Choices& choices) {
  return std::make_unique<SentenceEncoder>("xlm-roberta", configs, choices, BertEncoder::roberta);
}
std::unique_ptr<Definition> define_distilbert(const files::Configs& configs, const Choices& choices) {
  return std::make_unique<SentenceEncoder>("distilbert", configs, choices, BertEncoder::distilbert);
}
std::unique_ptr<Definition> define_mpnet(const files::Configs& configs, const Choices& choices) {
  return std::make_unique<SentenceEncoder>("mpnet", configs, choices, BertEncoder::mpnet);
}

}  // namespace oag::models
