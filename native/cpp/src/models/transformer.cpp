#include "models/transformer.h"

#include <cmath>

#include "core/derived_parts.h"

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
  if (name == "silu" || name == "swish") return Activation::silu;
  if (name == "tanh") return Activation::tanh;
  config.refuse(key, "this version knows quick_gelu, gelu, gelu_pytorch_tanh, gelu_new, relu, silu and tanh");
}

float read_epsilon(const files::Config& config, const std::string& key, double fallback) {
  const double epsilon = config.number(key, fallback);
  if (epsilon < 0 || epsilon > 1) config.refuse(key, "expected a number from 0 to 1");
  return static_cast<float>(epsilon);
}

Norm add_norm(ParameterList& parameters, const std::string& role, const std::string& tensor, int64_t width) {
  return {add_vector(parameters, role + ".gain", tensor + ".weight", width), add_vector(parameters, role + ".bias", tensor + ".bias", width)};
}

namespace {

// The name of a tensor's first or second half.
std::string half(ParameterList& parameters, const std::string& tensor, std::vector<int64_t> shape, int which) {
  const int64_t first = which * shape[0] / 2;
  return parameters.derive(tensor + (which == 0 ? " (first half)" : " (second half)"), rows_of(tensor, shape, first));
}

}  // namespace

TransformerBlock::TransformerBlock(ParameterList& parameters, const std::string& role, const BlockNames& names, const TransformerSize& size) : size_(size) {
  const int64_t width = size.width, mlp_width = size.mlp_width;
  // A map's output times a vector is another map's output.
  const auto scaled = [&](const std::string& map, const std::string& scale, int64_t inputs) {
    if (scale.empty()) return std::pair{map + ".weight", map + ".bias"};
    return std::pair{parameters.derive(map + ".weight (scaled)", rows_scaled(map + ".weight", width, inputs, scale)),
                     parameters.derive(map + ".bias (scaled)", rows_scaled(map + ".bias", width, 1, scale))};
  };
  norm1_ = add_norm(parameters, role + ".norm1", names.norm1, width);
  qkv_ = parameters.add({role + ".qkv", ParameterKind::matrix, {names.query + ".weight", names.key + ".weight", names.value + ".weight"}, {width, width}});
  if (size.qkv_bias)
    qkv_bias_ = parameters.add({role + ".qkv.bias", ParameterKind::vector, {names.query + ".bias", names.key + ".bias", names.value + ".bias"}, {width}});
  const auto [out, out_bias] = scaled(names.out, names.scale1, width);
  out_ = add_matrix(parameters, role + ".out", out, width, width);
  out_bias_ = add_vector(parameters, role + ".out.bias", out_bias, width);
  norm2_ = add_norm(parameters, role + ".norm2", names.norm2, width);
  if (size.gated) {
    const std::string weight = names.up + ".weight", bias = names.up + ".bias";
    up_ = parameters.add({role + ".mlp.up", ParameterKind::matrix,
                          {half(parameters, weight, {2 * mlp_width, width}, 0), half(parameters, weight, {2 * mlp_width, width}, 1)}, {mlp_width, width}});
    up_bias_ = parameters.add({role + ".mlp.up.bias", ParameterKind::vector,
                               {half(parameters, bias, {2 * mlp_width}, 0), half(parameters, bias, {2 * mlp_width}, 1)}, {mlp_width}});
  } else {
    up_ = add_matrix(parameters, role + ".mlp.up", names.up + ".weight", mlp_width, width);
    up_bias_ = add_vector(parameters, role + ".mlp.up.bias", names.up + ".bias", mlp_width);
  }
  const auto [down, down_bias] = scaled(names.down, names.scale2, mlp_width);
  down_ = add_matrix(parameters, role + ".mlp.down", down, width, mlp_width);
  down_bias_ = add_vector(parameters, role + ".mlp.down.bias", down_bias, width);
}

AttentionOptions TransformerBlock::attention() const {
  const auto head_size = static_cast<float>(size_.width / size_.heads);
  return {.heads = size_.heads, .scale = 1.0f / std::sqrt(head_size), .causal = size_.causal};
}

KeySegment TransformerBlock::segment(const Tensor& tensor, int64_t column, const Sequences& rows) const {
  return {{tensor, column, size_.width}, {tensor, column + size_.width, size_.width}, rows};
}

Tensor TransformerBlock::keys_values(Ops& ops, const Tensor& x) const {
  return ops.linear(ops.layer_norm(x, norm1_.gain, norm1_.bias, size_.epsilon), qkv_, {.bias = qkv_bias_, .first_part = 1, .parts = 2});
}

Tensor TransformerBlock::all_rows(Ops& ops, const Tensor& x, const Sequences& rows, const std::vector<KeySegment>& earlier) const {
  const int64_t width = size_.width;
  const Tensor normed = ops.layer_norm(x, norm1_.gain, norm1_.bias, size_.epsilon);
  const Tensor qkv = ops.linear(normed, qkv_, {.bias = qkv_bias_});  // [rows, 3·width]
  std::vector<KeySegment> keys = earlier;
  keys.push_back(segment(qkv, width, rows));
  const Tensor mixed = ops.attention({qkv, 0, width}, rows, keys, attention());
  return mlp(ops, ops.linear(mixed, out_, {.bias = out_bias_, .residual = x}));
}

Tensor TransformerBlock::one_row(Ops& ops, const Tensor& x, const Sequences& rows, RowChoice choice, const std::vector<KeySegment>& earlier) const {
  const int64_t width = size_.width;
  const Tensor normed = ops.layer_norm(x, norm1_.gain, norm1_.bias, size_.epsilon);
  const Tensor keys_values = ops.linear(normed, qkv_, {.bias = qkv_bias_, .first_part = 1, .parts = 2});                              // [rows, 2·width]
  const Tensor queries = ops.linear(ops.pool(normed, rows, choice), qkv_, {.bias = qkv_bias_, .first_part = 0, .parts = 1});  // [sequences, width]
  std::vector<KeySegment> keys = earlier;
  keys.push_back(segment(keys_values, 0, rows));
  const Tensor mixed = ops.attention({queries, 0, width}, choose_rows(rows, choice), keys, attention());
  return mlp(ops, ops.linear(mixed, out_, {.bias = out_bias_, .residual = ops.pool(x, rows, choice)}));
}

Tensor TransformerBlock::mlp(Ops& ops, const Tensor& x) const {
  const Tensor normed = ops.layer_norm(x, norm2_.gain, norm2_.bias, size_.epsilon);
  Tensor wide;  // [rows, mlp_width]
  if (size_.gated) {
    const Tensor gate = ops.linear(normed, up_, {.bias = up_bias_, .activation = size_.activation, .first_part = 0, .parts = 1});
    wide = ops.multiply(gate, ops.linear(normed, up_, {.bias = up_bias_, .first_part = 1, .parts = 1}));
  } else {
    wide = ops.linear(normed, up_, {.bias = up_bias_, .activation = size_.activation});
  }
  return ops.linear(wide, down_, {.bias = down_bias_, .residual = x});
}

}  // namespace oag::models
