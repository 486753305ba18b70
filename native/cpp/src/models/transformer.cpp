#include "models/transformer.h"

#include <cmath>

namespace oag::models {

Parameter add_matrix(ParameterList& parameters, const std::string& role, const std::string& tensor, int64_t outputs, int64_t inputs) {
  return parameters.add({role, ParameterKind::matrix, {tensor}, {outputs, inputs}});
}

Parameter add_vector(ParameterList& parameters, const std::string& role, const std::string& tensor, int64_t width) {
  return parameters.add({role, ParameterKind::vector, {tensor}, {width}});
}

Parameter add_table(ParameterList& parameters, const std::string& role, const std::string& tensor, int64_t rows, int64_t width) {
  return parameters.add({role, ParameterKind::table, {tensor}, {rows, width}});
}

Activation read_activation(const files::Config& config, const std::string& key, const std::string& fallback) {
  const std::string name = config.text(key, fallback);
  if (name == "quick_gelu") return Activation::quick_gelu;
  if (name == "gelu") return Activation::gelu;
  if (name == "gelu_pytorch_tanh" || name == "gelu_new" || name == "gelu_fast") return Activation::gelu_tanh;
  if (name == "relu") return Activation::relu;
  config.refuse(key, "this version knows quick_gelu, gelu, gelu_pytorch_tanh, gelu_new and relu");
}

float read_epsilon(const files::Config& config, const std::string& key, double fallback) {
  const double epsilon = config.number(key, fallback);
  if (epsilon < 0 || epsilon > 1) config.refuse(key, "expected a number from 0 to 1");
  return static_cast<float>(epsilon);
}

TransformerBlock::TransformerBlock(ParameterList& parameters, const std::string& role, const BlockNames& names, const TransformerSize& size) : size_(size) {
  const int64_t width = size.width, mlp_width = size.mlp_width;
  norm1_gain_ = add_vector(parameters, role + ".norm1.gain", names.norm1 + ".weight", width);
  norm1_bias_ = add_vector(parameters, role + ".norm1.bias", names.norm1 + ".bias", width);
  qkv_ = parameters.add({role + ".qkv", ParameterKind::matrix, {names.query + ".weight", names.key + ".weight", names.value + ".weight"}, {width, width}});
  qkv_bias_ = parameters.add({role + ".qkv.bias", ParameterKind::vector, {names.query + ".bias", names.key + ".bias", names.value + ".bias"}, {width}});
  out_ = add_matrix(parameters, role + ".out", names.out + ".weight", width, width);
  out_bias_ = add_vector(parameters, role + ".out.bias", names.out + ".bias", width);
  norm2_gain_ = add_vector(parameters, role + ".norm2.gain", names.norm2 + ".weight", width);
  norm2_bias_ = add_vector(parameters, role + ".norm2.bias", names.norm2 + ".bias", width);
  up_ = add_matrix(parameters, role + ".mlp.up", names.up + ".weight", mlp_width, width);
  up_bias_ = add_vector(parameters, role + ".mlp.up.bias", names.up + ".bias", mlp_width);
  down_ = add_matrix(parameters, role + ".mlp.down", names.down + ".weight", width, mlp_width);
  down_bias_ = add_vector(parameters, role + ".mlp.down.bias", names.down + ".bias", width);
}

AttentionOptions TransformerBlock::attention() const {
  const auto head_size = static_cast<float>(size_.width / size_.heads);
  return {.heads = size_.heads, .scale = 1.0f / std::sqrt(head_size), .causal = size_.causal};
}

Tensor TransformerBlock::all_rows(Ops& ops, const Tensor& x, const Sequences& rows) const {
  const int64_t width = size_.width;
  const Tensor normed = ops.layer_norm(x, norm1_gain_, norm1_bias_, size_.epsilon);
  const Tensor qkv = ops.linear(normed, qkv_, {.bias = qkv_bias_});  // [rows, 3·width]
  const Tensor mixed = ops.attention({qkv, 0, width}, rows, {{{qkv, width, width}, {qkv, 2 * width, width}, rows}}, attention());
  return mlp(ops, ops.linear(mixed, out_, {.bias = out_bias_, .residual = x}));
}

Tensor TransformerBlock::one_row(Ops& ops, const Tensor& x, const Sequences& rows, RowChoice choice) const {
  const int64_t width = size_.width;
  const Tensor normed = ops.layer_norm(x, norm1_gain_, norm1_bias_, size_.epsilon);
  const Tensor keys_values = ops.linear(normed, qkv_, {.bias = qkv_bias_, .first_part = 1, .parts = 2});                              // [rows, 2·width]
  const Tensor queries = ops.linear(ops.pool(normed, rows, choice), qkv_, {.bias = qkv_bias_, .first_part = 0, .parts = 1});  // [sequences, width]
  const Tensor mixed = ops.attention({queries, 0, width}, choose_rows(rows, choice),
                                     {{{keys_values, 0, width}, {keys_values, width, width}, rows}}, attention());
  return mlp(ops, ops.linear(mixed, out_, {.bias = out_bias_, .residual = ops.pool(x, rows, choice)}));
}

Tensor TransformerBlock::mlp(Ops& ops, const Tensor& x) const {
  const Tensor normed = ops.layer_norm(x, norm2_gain_, norm2_bias_, size_.epsilon);
  const Tensor wide = ops.linear(normed, up_, {.bias = up_bias_, .activation = size_.activation});  // [rows, mlp_width]
  return ops.linear(wide, down_, {.bias = down_bias_, .residual = x});
}

}  // namespace oag::models
