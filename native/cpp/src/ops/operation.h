// An operation as data: what Ops hands to an executor. One struct per operation of ops/ops.h, where each is documented.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/activation.h"
#include "core/position_bias.h"
#include "core/sequences.h"
#include "core/tensor.h"
#include "core/parameters.h"

namespace oag {

// Keys and values that queries attend to: those of `rows` that belong to the same sequences as the queries (key_chains of core/sequence_table.h).
struct KeySegment {
  Columns keys;
  Columns values;
  Sequences rows;
};

// Squares of `kernel` rows by `kernel` columns that slide over pictures by `stride`; `padding` cells beyond each edge belong to squares, too. A picture is height · width
// packed rows, line by line.
struct Window {
  int height = 0, width = 0;  // of a picture
  int kernel = 1, stride = 1, padding = 0;

  int64_t cells() const { return int64_t{height} * width; }
  int64_t out_height() const { return (int64_t{height} + 2 * padding - kernel) / stride + 1; }
  int64_t out_width() const { return (int64_t{width} + 2 * padding - kernel) / stride + 1; }
  int64_t out_cells() const { return out_height() * out_width(); }
};

namespace op {

struct Linear {
  Tensor x;
  Parameter weight;
  int first_part = 0;
  int parts = 1;
  std::optional<Parameter> bias;
  Activation activation = Activation::none;
  std::optional<Tensor> residual;
  bool residual_first = false;
};

struct LayerNorm {
  Tensor x;
  Parameter gain;
  Parameter bias;
  float epsilon = 0;
};

struct Attention {
  Columns queries;
  Sequences query_rows;
  std::vector<KeySegment> segments;
  int heads = 1;
  float scale = 1;
  bool causal = false;
  std::optional<PositionBias> position_bias;

  // In a pass: no key and query are farther apart.
  int64_t span() const;
};

struct Embed {
  Tensor ids;
  Sequences rows;
  Parameter tokens;
  Parameter positions;
};

struct Patches {
  Tensor images;
  Tensor levels;
  Parameter weight;
  std::optional<Parameter> bias;
  std::optional<Parameter> prefix;
  Parameter positions;
  int channels = 3;
  int height = 0;
  int width = 0;
  int patch = 0;
  int64_t prefix_rows = 0;

  int64_t grid_rows() const { return height / patch; }
  int64_t grid_columns() const { return width / patch; }
  int64_t rows_per_image() const { return prefix_rows + grid_rows() * grid_columns(); }
};

struct Pixels {
  Tensor images;
  Tensor levels;
};

struct Conv2d {
  Tensor x;
  Parameter weight;
  Window window;
  std::optional<Parameter> bias;
  Activation activation = Activation::none;
  std::optional<Tensor> residual;
  bool residual_first = false;
};

struct Pool2d {
  Tensor x;
  Window window;
  Pooling pooling = Pooling::mean;
};

struct Pool {
  Tensor x;
  Sequences rows;
  Pooling pooling = Pooling::first;
};

struct Concat {
  std::vector<Tensor> parts;
};

struct L2Normalize {
  Tensor x;
};

struct Similarity {
  Tensor a;
  Tensor b;
  Parameter log_scale;
  std::optional<Parameter> bias;
};

struct Softmax {
  Tensor x;
};

struct Repeat {
  Parameter rows;
  Extent count;
};

struct Multiply {
  Tensor a;
  Tensor b;
};

struct Add {
  Tensor a;
  Tensor b;
};

struct Activate {
  Tensor x;
  Activation activation = Activation::none;
};

}  // namespace op

struct Operation {
  std::variant<op::Linear, op::LayerNorm, op::Attention, op::Embed, op::Patches, op::Pool, op::L2Normalize, op::Similarity, op::Softmax, op::Concat, op::Repeat,
               op::Multiply, op::Activate, op::Pixels, op::Conv2d, op::Pool2d, op::Add>
      what;
  Tensor out;

  std::vector<Tensor> inputs() const;
  const char* name() const;
  // "linear  7 ← 5 text.block.0.qkv + 3  [tokens, 1536]": for people.
  std::string text(const ParameterList& parameters) const;
};

}  // namespace oag
