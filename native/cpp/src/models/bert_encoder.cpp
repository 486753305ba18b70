#include "models/bert_encoder.h"

#include "core/derived_parts.h"

namespace oag::models {
namespace {

// The keys of a size, as a family writes them, and its defaults where they are not BERT's.
struct SizeKeys {
  const char* width = "hidden_size";
  const char* mlp_width = "intermediate_size";
  const char* heads = "num_attention_heads";
  const char* activation = "hidden_act";
};

TransformerSize read_size(const files::Config& config, const SizeKeys& keys = {}) {
  TransformerSize size;
  size.width = config.integer(keys.width, 768, 1, 1 << 16);
  size.mlp_width = config.integer(keys.mlp_width, 3072, 1, 1 << 18);
  size.heads = static_cast<int>(config.integer(keys.heads, 12, 1, 1 << 12));
  if (size.width % size.heads != 0) config.refuse(keys.heads, std::string("expected a divisor of ") + keys.width + " " + std::to_string(size.width));
  size.activation = read_activation(config, keys.activation, "gelu");
  size.epsilon = 1e-12f;
  return size;
}

// What BERT's descendants in transformers could be told to do, and no sentence encoder does.
void refuse_other_forms(const files::Config& config) {
  if (config.text("position_embedding_type", "absolute") != "absolute") config.refuse("position_embedding_type", "this version knows absolute");
  if (config.boolean("is_decoder", false)) config.refuse("is_decoder", "this version computes encoders");
}

int64_t vocabulary(const files::Config& config, int64_t fallback) { return config.integer("vocab_size", fallback, 1, INT32_MAX); }
int64_t block_count(const files::Config& config, const char* key, int64_t fallback) { return config.integer(key, fallback, 1, 1 << 10); }

}  // namespace

BertEncoder::Kind BertEncoder::bert_kind() {
  return {.words = "embeddings.word_embeddings.weight", .positions = "embeddings.position_embeddings.weight", .types = "embeddings.token_type_embeddings.weight",
          .norm = "embeddings.LayerNorm",
          .names = {.norm1 = "attention.output.LayerNorm", .query = "attention.self.query", .key = "attention.self.key", .value = "attention.self.value",
                    .out = "attention.output.dense", .norm2 = "output.LayerNorm", .up = "intermediate.dense", .down = "output.dense"},
          .layers = "encoder.layer.", .bias_table = {}};
}

BertEncoder BertEncoder::bert(ParameterList& parameters, const files::Config& config, const std::string& role, const std::string& prefix) {
  refuse_other_forms(config);
  TransformerSize size = read_size(config);
  size.epsilon = read_epsilon(config, "layer_norm_eps", 1e-12);
  Kind kind = bert_kind();
  kind.type_count = config.integer("type_vocab_size", 2, 1, 1 << 16);
  return {parameters, config, role, prefix, kind, block_count(config, "num_hidden_layers", 12), size, models::vocabulary(config, 30522)};
}

// Positions are numbered from behind the padding id, for in training padding had a row of the table.
BertEncoder BertEncoder::roberta(ParameterList& parameters, const files::Config& config, const std::string& role, const std::string& prefix) {
  refuse_other_forms(config);
  TransformerSize size = read_size(config);
  size.epsilon = read_epsilon(config, "layer_norm_eps", 1e-12);
  Kind kind = bert_kind();
  kind.type_count = config.integer("type_vocab_size", 2, 1, 1 << 16);
  kind.first_position = config.integer("pad_token_id", 1, 0, INT32_MAX) + 1;
  const bool multilingual = config.text("model_type", "roberta") == "xlm-roberta";
  return {parameters, config, role, prefix, kind, block_count(config, "num_hidden_layers", 12), size, models::vocabulary(config, multilingual ? 30522 : 50265)};
}

BertEncoder BertEncoder::distilbert(ParameterList& parameters, const files::Config& config, const std::string& role, const std::string& prefix) {
  const TransformerSize size = read_size(config, {.width = "dim", .mlp_width = "hidden_dim", .heads = "n_heads", .activation = "activation"});
  Kind kind = bert_kind();
  kind.types.clear();
  kind.layers = "transformer.layer.";
  kind.names = {.norm1 = "sa_layer_norm", .query = "attention.q_lin", .key = "attention.k_lin", .value = "attention.v_lin", .out = "attention.out_lin",
                .norm2 = "output_layer_norm", .up = "ffn.lin1", .down = "ffn.lin2"};
  return {parameters, config, role, prefix, kind, block_count(config, "n_layers", 6), size, models::vocabulary(config, 30522)};
}

BertEncoder BertEncoder::mpnet(ParameterList& parameters, const files::Config& config, const std::string& role, const std::string& prefix) {
  TransformerSize size = read_size(config);
  size.epsilon = read_epsilon(config, "layer_norm_eps", 1e-12);
  Kind kind = bert_kind();
  kind.types.clear();
  kind.names.query = "attention.attn.q";
  kind.names.key = "attention.attn.k";
  kind.names.value = "attention.attn.v";
  kind.names.out = "attention.attn.o";
  kind.names.norm1 = "attention.LayerNorm";
  kind.first_position = 2;  // transformers holds the padding id, 1, fixed here
  kind.bias_table = "encoder.relative_attention_bias.weight";
  return {parameters, config, role, prefix, kind, block_count(config, "num_hidden_layers", 12), size, models::vocabulary(config, 30527)};
}

BertEncoder::BertEncoder(ParameterList& parameters, const files::Config& config, const std::string& role, const std::string& prefix, const Kind& kind,
                         int64_t blocks, const TransformerSize& size, int64_t vocabulary)
    : size_(size), vocabulary_(vocabulary) {
  const int64_t width = size.width, table_rows = config.integer("max_position_embeddings", 512, 1, 1 << 20);
  positions_ = table_rows - kind.first_position;
  if (positions_ < 3)
    config.refuse("max_position_embeddings", "expected at least " + std::to_string(kind.first_position + 3) + ": the start, a token and the end of a text, behind the " +
                                                 std::to_string(kind.first_position) + " first positions that are not used");
  words_ = add_table(parameters, role + ".tokens", prefix + kind.words, vocabulary, width);
  const std::string table = prefix + kind.positions;
  const std::vector<int64_t> table_shape{table_rows, width};
  const DerivedPart part = kind.types.empty() ? rows_of(table, table_shape, kind.first_position)
                                              : rows_plus_row(table, table_shape, kind.first_position, prefix + kind.types, {kind.type_count, width});
  position_table_ = add_table(parameters, role + ".positions", parameters.derive(role + ".positions", part), positions_, width);
  norm_gain_ = add_vector(parameters, role + ".first_norm.gain", prefix + kind.norm + ".weight", width);
  norm_bias_ = add_vector(parameters, role + ".first_norm.bias", prefix + kind.norm + ".bias", width);
  std::optional<PositionBias> bias;
  if (!kind.bias_table.empty()) {
    // transformers finds buckets as if there were 32, whatever the config says.
    if (config.integer("relative_attention_num_buckets", 32) != 32) config.refuse("relative_attention_num_buckets", "this version knows 32");
    bias = PositionBias{.table = add_table(parameters, role + ".position_bias", prefix + kind.bias_table, 32, size.heads)};
  }
  for (int64_t b = 0; b < blocks; b++) {
    const std::string layer = prefix + kind.layers + std::to_string(b) + ".";
    const BlockNames& names = kind.names;
    blocks_.emplace_back(parameters, role + ".block." + std::to_string(b),
                         BlockNames{.norm1 = layer + names.norm1, .query = layer + names.query, .key = layer + names.key, .value = layer + names.value,
                                    .out = layer + names.out, .norm2 = layer + names.norm2, .up = layer + names.up, .down = layer + names.down},
                         size, bias);
  }
}

State BertEncoder::begin(Ops& ops, const Tensor& ids, const Sequences& rows) const {
  return {0, {{"x", ops.layer_norm(ops.embed(ids, rows, words_, position_table_), norm_gain_, norm_bias_, size_.epsilon)}}, {{"rows", rows}}};
}

State BertEncoder::block(Ops& ops, const State& state, std::optional<RowChoice> pooled) const {
  const Tensor& x = state.tensors.at("x");
  const Sequences& rows = state.sequences.at("rows");
  const PostNormBlock& block = blocks_[static_cast<size_t>(state.next_block)];
  if (state.next_block + 1 == blocks() && pooled) return {state.next_block + 1, {{"x", block.one_row(ops, x, rows, *pooled)}}, {}};
  return {state.next_block + 1, {{"x", block.all_rows(ops, x, rows)}}, state.sequences};
}

}  // namespace oag::models
