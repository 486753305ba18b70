#include "models/pre_norm_tower.h"

#include <cmath>

#include "core/derived_parts.h"

namespace oag::models {

AttentionPool::AttentionPool(ParameterList& parameters, const std::string& role, const std::string& tensors, const TransformerSize& size) : size_(size) {
  const int64_t width = size.width, mlp_width = size.mlp_width;
  const std::string fused = tensors + ".attention.in_proj_weight", fused_bias = tensors + ".attention.in_proj_bias";
  const auto part = [&](const std::string& tensor, std::vector<int64_t> shape, int which) {
    const char* names[] = {" (query)", " (key)", " (value)"};
    return parameters.derive(tensor + names[which], rows_of(tensor, shape, which * width));
  };
  const std::vector<int64_t> fused_shape{3 * width, width}, fused_bias_shape{3 * width};
  probe_ = parameters.add({role + ".probe", ParameterKind::vector, {tensors + ".probe"}, {1, 1, width}});
  qkv_ = parameters.add({role + ".qkv", ParameterKind::matrix, {part(fused, fused_shape, 0), part(fused, fused_shape, 1), part(fused, fused_shape, 2)}, {width, width}});
  qkv_bias_ = parameters.add({role + ".qkv.bias", ParameterKind::vector,
                              {part(fused_bias, fused_bias_shape, 0), part(fused_bias, fused_bias_shape, 1), part(fused_bias, fused_bias_shape, 2)}, {width}});
  out_ = add_matrix(parameters, role + ".out", tensors + ".attention.out_proj.weight", width, width);
  out_bias_ = add_vector(parameters, role + ".out.bias", tensors + ".attention.out_proj.bias", width);
  norm_ = add_norm(parameters, role + ".norm", tensors + ".layernorm", width);
  up_ = add_matrix(parameters, role + ".mlp.up", tensors + ".mlp.fc1.weight", mlp_width, width);
  up_bias_ = add_vector(parameters, role + ".mlp.up.bias", tensors + ".mlp.fc1.bias", mlp_width);
  down_ = add_matrix(parameters, role + ".mlp.down", tensors + ".mlp.fc2.weight", width, mlp_width);
  down_bias_ = add_vector(parameters, role + ".mlp.down.bias", tensors + ".mlp.fc2.bias", width);
}

Tensor AttentionPool::pool(Ops& ops, const Tensor& x, const Sequences& rows) const {
  const int64_t width = size_.width;
  const Tensor queries = ops.linear(ops.repeat(probe_, rows.count), qkv_, {.bias = qkv_bias_, .first_part = 0, .parts = 1});  // [sequences, width]
  const Tensor keys_values = ops.linear(x, qkv_, {.bias = qkv_bias_, .first_part = 1, .parts = 2});                           // [rows, 2·width]
  const float scale = 1.0f / std::sqrt(static_cast<float>(width / size_.heads));
  const Tensor mixed = ops.attention({queries, 0, width}, choose_rows(rows, RowChoice::first),
                                     {{{keys_values, 0, width}, {keys_values, width, width}, rows}}, {.heads = size_.heads, .scale = scale});
  const Tensor pooled = ops.linear(mixed, out_, {.bias = out_bias_});
  const Tensor normed = ops.layer_norm(pooled, norm_.gain, norm_.bias, size_.epsilon);
  const Tensor wide = ops.linear(normed, up_, {.bias = up_bias_, .activation = size_.activation});  // [sequences, mlp_width]
  return ops.linear(wide, down_, {.bias = down_bias_, .residual = pooled});
}

State PreNormTower::first_state(Ops& ops, const Tensor& x, const Sequences& rows) const {
  const auto& norm = parts_.first_norm;
  return {0, {{"x", norm ? ops.layer_norm(x, norm->gain, norm->bias, parts_.size.epsilon) : x}}, {{"rows", rows}}};
}

State PreNormTower::block(Ops& ops, const State& state) const {
  const auto* one = std::get_if<RowHead>(&parts_.head);
  return run_block(ops, state, one && state.next_block + 1 == blocks() ? std::optional(one->choice) : std::nullopt);
}

State PreNormTower::token_block(Ops& ops, const State& state) const { return run_block(ops, state, std::nullopt); }

State PreNormTower::run_block(Ops& ops, const State& state, std::optional<RowChoice> only) const {
  const Tensor& x = state.tensors.at("x");
  const Sequences& rows = state.sequences.at("rows");
  const TransformerBlock& block = parts_.blocks[static_cast<size_t>(state.next_block)];
  std::vector<KeySegment> earlier;
  if (const auto prefix = state.tensors.find("prefix"); prefix != state.tensors.end())
    earlier.push_back(block.segment(prefix->second, state.next_block * keys_values_width(), state.sequences.at("prefix")));
  State next = state;  // with its prefix, if it has one
  next.next_block++;
  if (only) {
    next.tensors = {{"x", block.one_row(ops, x, rows, *only, earlier)}};  // [sequences, width]
    next.sequences.clear();
  } else {
    next.tensors["x"] = block.all_rows(ops, x, rows, earlier);
  }
  return next;
}

Tensor PreNormTower::keys_values(Ops& ops, const State& state) const {
  return parts_.blocks[static_cast<size_t>(state.next_block)].keys_values(ops, state.tensors.at("x"));
}

Tensor PreNormTower::last_norm(Ops& ops, const State& state) const {
  return ops.layer_norm(state.tensors.at("x"), parts_.last_norm.gain, parts_.last_norm.bias, parts_.size.epsilon);
}

Tensor PreNormTower::mapped(Ops& ops, const Tensor& x, const RowHead& head) {
  return head.weight ? ops.linear(x, *head.weight, {.bias = head.bias, .activation = head.activation}) : x;
}

Tensor PreNormTower::finish(Ops& ops, const State& state) const {
  const Tensor x = last_norm(ops, state);
  if (const auto* attention = std::get_if<AttentionPool>(&parts_.head)) return attention->pool(ops, x, state.sequences.at("rows"));
  return mapped(ops, x, std::get<RowHead>(parts_.head));
}

int64_t PreNormTower::token_size() const {
  const auto* one = std::get_if<RowHead>(&parts_.head);
  return one && one->token_size > 0 ? one->token_size : parts_.size.width;
}

Tensor PreNormTower::finish_tokens(Ops& ops, const State& state) const {
  const Tensor x = last_norm(ops, state);
  const auto* one = std::get_if<RowHead>(&parts_.head);
  return one && one->token_size > 0 ? mapped(ops, x, *one) : x;
}

std::vector<TransformerBlock> add_blocks(ParameterList& parameters, const std::string& role, const TransformerSize& size,
                                         const std::function<BlockNames(const std::string& b)>& names) {
  std::vector<TransformerBlock> blocks;
  for (int64_t b = 0; b < size.blocks; b++) blocks.emplace_back(parameters, role + ".block." + std::to_string(b), names(std::to_string(b)), size);
  return blocks;
}

BlockNames clip_block_names(const std::string& tensors, const std::string& b) {
  const std::string layer = tensors + ".encoder.layers." + b;
  return {.norm1 = layer + ".layer_norm1", .query = layer + ".self_attn.q_proj", .key = layer + ".self_attn.k_proj", .value = layer + ".self_attn.v_proj",
          .out = layer + ".self_attn.out_proj", .norm2 = layer + ".layer_norm2", .up = layer + ".mlp.fc1", .down = layer + ".mlp.fc2"};
}

ImageSpec image_spec(const PatchGrid& grid, int64_t extra, const std::string& default_processor) {
  return {.channels = 3, .height = static_cast<int>(grid.height), .width = static_cast<int>(grid.width), .rows_per_image = extra + grid.cells(),
          .default_processor = default_processor};
}

PatchOptions patch_options(const PatchGrid& grid) {
  PatchOptions options{};
  options.height = static_cast<int>(grid.height);
  options.width = static_cast<int>(grid.width);
  options.patch = static_cast<int>(grid.patch);
  return options;
}

}  // namespace oag::models
