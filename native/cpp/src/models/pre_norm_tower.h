// The tower that CLIP, SigLIP, ViT and DINOv2 share: rows from patches or tokens, pre-norm blocks, a last norm, and a head that makes one embedding of
// each sequence.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "models/definition.h"
#include "models/transformer.h"
#include "models/transformer_config.h"

namespace oag::models {

// The embedding is one row of each sequence, through a linear map where there is one. The last block computes nothing that only other rows would need.
struct RowHead {
  RowChoice choice = RowChoice::first;
  std::optional<Parameter> weight = {}, bias = {};
  Activation activation = Activation::none;
  int64_t token_size = 0;  // floats behind the map, where it is one for any row, into a space in which tokens are compared too; 0: it is for the chosen row alone
};

// SigLIP's pooling head (Zhai et al. 2023; after Lee et al. 2019): a learnt query attends to all rows of a sequence, then x + mlp(norm(x)).
class AttentionPool {
 public:
  // `tensors` + ".probe", ".attention.in_proj_weight" and on, as SiglipMultiheadAttentionPoolingHead names them.
  AttentionPool(ParameterList& parameters, const std::string& role, const std::string& tensors, const TransformerSize& size);

  // x [rows, width] → [sequences, width].
  Tensor pool(Ops& ops, const Tensor& x, const Sequences& rows) const;

 private:
  TransformerSize size_;
  Parameter probe_, qkv_, qkv_bias_, out_, out_bias_, up_, up_bias_, down_, down_bias_;
  Norm norm_;
};

struct PreNormParts {
  TransformerSize size = {};
  std::optional<Norm> first_norm = {};  // before the blocks
  std::vector<TransformerBlock> blocks = {};
  Norm last_norm = {};
  std::variant<RowHead, AttentionPool> head = RowHead{};
};

class PreNormTower : public Tower {
 public:
  explicit PreNormTower(PreNormParts parts) : parts_(std::move(parts)) {}

  int blocks() const override { return static_cast<int>(parts_.blocks.size()); }
  State block(Ops& ops, const State& state) const override;
  Tensor finish(Ops& ops, const State& state) const override;
  int64_t keys_values_width() const override { return parts_.size.causal ? 2 * parts_.size.width : 0; }
  Tensor keys_values(Ops& ops, const State& state) const override;
  int64_t token_size() const override;
  State token_block(Ops& ops, const State& state) const override;
  Tensor finish_tokens(Ops& ops, const State& state) const override;

 protected:
  State first_state(Ops& ops, const Tensor& x, const Sequences& rows) const;

 private:
  // With `only`, that row of each sequence alone.
  State run_block(Ops& ops, const State& state, std::optional<RowChoice> only) const;
  Tensor last_norm(Ops& ops, const State& state) const;
  static Tensor mapped(Ops& ops, const Tensor& x, const RowHead& head);

  PreNormParts parts_;
};

// Of pictures: patches are rows.
class PatchTower final : public PreNormTower {
 public:
  PatchTower(PreNormParts parts, const PatchOptions& patches) : PreNormTower(std::move(parts)), patches_(patches) {}
  State begin(Ops& ops, const TowerInput& images, const Sequences& rows) const override {
    return first_state(ops, ops.patches(images.values, images.levels.value(), patches_), rows);
  }

 private:
  PatchOptions patches_;
};

// Of texts: tokens are rows.
class TokenTower final : public PreNormTower {
 public:
  TokenTower(PreNormParts parts, Parameter tokens, Parameter positions) : PreNormTower(std::move(parts)), tokens_(tokens), positions_(positions) {}
  State begin(Ops& ops, const TowerInput& ids, const Sequences& rows) const override {
    return first_state(ops, ops.embed(ids.values, rows, tokens_, positions_), rows);
  }

 private:
  Parameter tokens_, positions_;
};

// size.blocks blocks; `names` says how the folder names those of block b.
std::vector<TransformerBlock> add_blocks(ParameterList& parameters, const std::string& role, const TransformerSize& size,
                                         const std::function<BlockNames(const std::string& b)>& names);

// As CLIP and SigLIP name them: `tensors` + ".encoder.layers.3.self_attn.q_proj".
BlockNames clip_block_names(const std::string& tensors, const std::string& b);

// What a tower over this grid takes, with `extra` rows before the patches.
ImageSpec image_spec(const PatchGrid& grid, int64_t extra, const std::string& default_processor);

// Patches of a grid; weight, positions and what else there is are the caller's.
PatchOptions patch_options(const PatchGrid& grid);

}  // namespace oag::models
