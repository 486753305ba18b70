#include "models/post_norm.h"

#include <cmath>

namespace oag::models {

PostNormBlock::PostNormBlock(ParameterList& parameters, const std::string& role, const BlockNames& names, const TransformerSize& size,
                             const std::optional<PositionBias>& position_bias)
    : size_(size), position_bias_(position_bias) {
  const int64_t width = size.width, mlp_width = size.mlp_width;
  qkv_ = parameters.add({role + ".qkv", ParameterKind::matrix, {names.query + ".weight", names.key + ".weight", names.value + ".weight"}, {width, width}});
  qkv_bias_ = parameters.add({role + ".qkv.bias", ParameterKind::vector, {names.query + ".bias", names.key + ".bias", names.value + ".bias"}, {width}});
  out_ = add_matrix(parameters, role + ".out", names.out + ".weight", width, width);
  out_bias_ = add_vector(parameters, role + ".out.bias", names.out + ".bias", width);
  norm1_gain_ = add_vector(parameters, role + ".norm1.gain", names.norm1 + ".weight", width);
  norm1_bias_ = add_vector(parameters, role + ".norm1.bias", names.norm1 + ".bias", width);
  up_ = add_matrix(parameters, role + ".mlp.up", names.up + ".weight", mlp_width, width);
  up_bias_ = add_vector(parameters, role + ".mlp.up.bias", names.up + ".bias", mlp_width);
  down_ = add_matrix(parameters, role + ".mlp.down", names.down + ".weight", width, mlp_width);
  down_bias_ = add_vector(parameters, role + ".mlp.down.bias", names.down + ".bias", width);
  norm2_gain_ = add_vector(parameters, role + ".norm2.gain", names.norm2 + ".weight", width);
  norm2_bias_ = add_vector(parameters, role + ".norm2.bias", names.norm2 + ".bias", width);
}

AttentionOptions PostNormBlock::attention() const {
  const auto head_size = static_cast<float>(size_.width / size_.heads);
  return {.heads = size_.heads, .scale = 1.0f / std::sqrt(head_size), .causal = size_.causal, .position_bias = position_bias_};
}

Tensor PostNormBlock::all_rows(Ops& ops, const Tensor& x, const Sequences& rows) const {
  const int64_t width = size_.width;
  const Tensor qkv = ops.linear(x, qkv_, {.bias = qkv_bias_});  // [rows, 3·width]
  return behind_attention(ops, ops.attention({qkv, 0, width}, rows, {{{qkv, width, width}, {qkv, 2 * width, width}, rows}}, attention()), x);
}

Tensor PostNormBlock::one_row(Ops& ops, const Tensor& x, const Sequences& rows, RowChoice choice) const {
  const int64_t width = size_.width;
  const Tensor keys_values = ops.linear(x, qkv_, {.bias = qkv_bias_, .first_part = 1, .parts = 2});         // [rows, 2·width]
  const Tensor chosen = ops.pool(x, rows, choice);                                                          // [sequences, width]
  const Tensor queries = ops.linear(chosen, qkv_, {.bias = qkv_bias_, .first_part = 0, .parts = 1});        // [sequences, width]
  const Tensor mixed = ops.attention({queries, 0, width}, choose_rows(rows, choice), {{{keys_values, 0, width}, {keys_values, width, width}, rows}}, attention());
  return behind_attention(ops, mixed, chosen);
}

Tensor PostNormBlock::behind_attention(Ops& ops, const Tensor& mixed, const Tensor& x) const {
  const Tensor attended = ops.layer_norm(ops.linear(mixed, out_, {.bias = out_bias_, .residual = x}), norm1_gain_, norm1_bias_, size_.epsilon);
  const Tensor wide = ops.linear(attended, up_, {.bias = up_bias_, .activation = size_.activation});  // [rows, mlp_width]
  return ops.layer_norm(ops.linear(wide, down_, {.bias = down_bias_, .residual = attended}), norm2_gain_, norm2_bias_, size_.epsilon);
}

}  // namespace oag::models
