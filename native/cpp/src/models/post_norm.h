// The post-norm transformer block of BERT and its kin.
#pragma once

#include <optional>
#include <string>

#include "models/transformer.h"

namespace oag::models {

// Parameters of one block (Vaswani et al. 2017; Devlin et al. 2018):
//   x = norm1(x + out(attention(qkv(x))));  x = norm2(x + down(activation(up(x))))
class PostNormBlock {
 public:
  // `position_bias` is shared by all blocks of an encoder (MPNet), or absent.
  PostNormBlock(ParameterList& parameters, const std::string& role, const BlockNames& names, const TransformerSize& size,
                const std::optional<PositionBias>& position_bias);

  // x [rows, width] → [rows, width].
  Tensor all_rows(Ops& ops, const Tensor& x, const Sequences& rows) const;

  // x [rows, width] → [sequences, width]: the chosen row of each sequence, and nothing that only other rows would need.
  Tensor one_row(Ops& ops, const Tensor& x, const Sequences& rows, RowChoice choice) const;

 private:
  Tensor behind_attention(Ops& ops, const Tensor& mixed, const Tensor& x) const;
  AttentionOptions attention() const;

  TransformerSize size_;
  std::optional<PositionBias> position_bias_;
  Parameter qkv_, qkv_bias_, out_, out_bias_, norm1_gain_, norm1_bias_, up_, up_bias_, down_, down_bias_, norm2_gain_, norm2_bias_;
};

}  // namespace oag::models
