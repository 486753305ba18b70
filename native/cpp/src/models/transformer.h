// The pre-norm transformer block that CLIP's two towers, and most towers after it, are made of.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/state.h"
#include "files/config.h"
#include "ops/ops.h"

namespace oag::models {

// Helpers to declare parameters as Hugging Face names them.
Parameter add_matrix(ParameterList& parameters, const std::string& role, const std::string& tensor, int64_t outputs, int64_t inputs);
Parameter add_vector(ParameterList& parameters, const std::string& role, const std::string& tensor, int64_t width);
Parameter add_table(ParameterList& parameters, const std::string& role, const std::string& tensor, int64_t rows, int64_t width);

// Keys of a config that transformers names alike in every family. Error(bad_model) for what this version does not compute.
Activation read_activation(const files::Config& config, const std::string& key, const std::string& fallback);
float read_epsilon(const files::Config& config, const std::string& key, double fallback);

struct Norm {
  Parameter gain, bias;
};
// `tensor` before ".weight" and ".bias".
Norm add_norm(ParameterList& parameters, const std::string& role, const std::string& tensor, int64_t width);

struct TransformerSize {
  int64_t width = 0;
  int64_t mlp_width = 0;
  int heads = 1;
  int64_t blocks = 1;
  float epsilon = 1e-5f;
  Activation activation = Activation::quick_gelu;
  bool causal = false;
  bool qkv_bias = true;
  bool gated = false;  // the MLP is down(activation(gate(x)) · up(x)) (Shazeer 2020); `up` of the names holds gate over up
};

// Names of one block's tensors in the folder, before ".weight" and ".bias".
struct BlockNames {
  std::string norm1, query, key, value, out, norm2, up, down;
  std::string scale1 = {}, scale2 = {};  // whole names of LayerScale's vectors (Touvron et al. 2021), which are folded into `out` and `down`; empty without
};

// Parameters of one block:
//   x = x + out(attention(qkv(norm1(x))));  x = x + down(activation(up(norm2(x))))        (Radford et al. 2019, 2021)
class TransformerBlock {
 public:
  TransformerBlock(ParameterList& parameters, const std::string& role, const BlockNames& names, const TransformerSize& size);

  // x [rows, width] → [rows, width]. The keys are those of `earlier` rows, if there are any, and then of x.
  Tensor all_rows(Ops& ops, const Tensor& x, const Sequences& rows, const std::vector<KeySegment>& earlier = {}) const;

  // x [rows, width] → [sequences, width]: the chosen row of each sequence, and nothing that only other rows would need.
  Tensor one_row(Ops& ops, const Tensor& x, const Sequences& rows, RowChoice choice, const std::vector<KeySegment>& earlier = {}) const;

  // x [rows, width] → [rows, 2·width]: its keys and its values; as a segment, from `column` on of a tensor that has them there.
  Tensor keys_values(Ops& ops, const Tensor& x) const;
  KeySegment segment(const Tensor& tensor, int64_t column, const Sequences& rows) const;

 private:
  Tensor mlp(Ops& ops, const Tensor& x) const;
  AttentionOptions attention() const;

  TransformerSize size_;
  Norm norm1_, norm2_;
  Parameter qkv_, out_, out_bias_, up_, up_bias_, down_, down_bias_;
  std::optional<Parameter> qkv_bias_;
};

}  // namespace oag::models
