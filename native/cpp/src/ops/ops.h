// The operations a model may use: all that models/ knows of the machine.
//
// A tensor is a matrix of packed rows, [rows, width]; its rows may be a symbol. An operation is a function of its inputs: it never changes
// one, and what memory it writes is the executor's secret. A model cannot see a value, a row count or a sequence's length. Sums
// are accumulated in fp32 whatever the precision of the weights.
//
// Shapes are checked here, once for all executors; a mismatch is a defect of the model file and throws Error(internal).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/activation.h"
#include "core/sequences.h"
#include "core/state.h"
#include "core/tensor.h"
#include "ops/operation.h"
#include "core/parameters.h"

namespace oag {

// What is fused behind a matrix product, and which of the weight's parts are used.
struct LinearOptions {
  std::optional<Parameter> bias = {};  // vector with the same parts as the weight
  Activation activation = Activation::none;
  std::optional<Tensor> residual = {}; // [rows, out], added last
  int first_part = 0;
  int parts = 0;                       // 0: from first_part to the last
  bool residual_first = false;         // the residual is added before the activation, as in residual networks (He et al. 2016)
};

struct Conv2dOptions {
  std::optional<Parameter> bias = {};  // vector [out]
  Activation activation = Activation::none;
  std::optional<Tensor> residual = {}; // of the result's shape, added last
  bool residual_first = false;         // or before the activation
};

struct AttentionOptions {
  int heads = 1;
  float scale = 1;      // of the scores, usually head_size^-1/2
  bool causal = false;  // a query sees the keys at its own position and before
  std::optional<PositionBias> position_bias = {};  // added to the scaled scores
};

struct PatchOptions {
  Parameter weight;                       // matrix [width, channels·patch·patch]
  std::optional<Parameter> bias = {};     // vector [width]
  std::optional<Parameter> prefix = {};   // vector [width], or table [tokens, width]: what comes before the patches (the class token, registers)
  Parameter positions;                    // table [prefix + patches, width], added
  int channels = 3;
  int height = 0;  // of a picture, in pixels
  int width = 0;
  int patch = 0;   // edge of a patch; pixels beyond the last whole patch are not seen
};

class Ops {
 public:
  explicit Ops(const ParameterList& parameters) : parameters_(parameters) {}
  virtual ~Ops() = default;
  Ops(const Ops&) = delete;
  Ops& operator=(const Ops&) = delete;

  // [rows, in] → [rows, out]: activation(x·wᵀ + bias) + residual, or activation(x·wᵀ + bias + residual). `out` is the sum of the used parts' outputs, side by side.
  Tensor linear(const Tensor& x, Parameter weight, const LinearOptions& options = {});

  // [rows, width] → [rows, width]: each row to mean 0 and variance 1, times gain, plus bias (Ba et al. 2016).
  Tensor layer_norm(const Tensor& x, Parameter gain, Parameter bias, float epsilon);

  // Scaled dot-product attention in `heads` heads (Vaswani et al. 2017). queries [query_rows, heads·size]; the keys of a sequence are those
  // of all segments, in order; result [query_rows, heads·size]. Positions come from the sequences.
  Tensor attention(const Columns& queries, const Sequences& query_rows, const std::vector<KeySegment>& segments, const AttentionOptions& options);

  // ids i32 [rows, 1] → [rows, width]: tokens[id] + positions[position of the row in its sequence].
  Tensor embed(const Tensor& ids, const Sequences& rows, Parameter tokens, Parameter positions);

  // images u8 [images, height·width·channels], pixel by pixel as they are decoded; levels f32 [channels, 256], the value that each byte of a channel stands for
  // (rescaled and normalised) → [(prefix + patches)·images, width]: each picture's prefix token, then its patches row by row times the weight, all plus
  // their positions (Dosovitskiy et al. 2020). The weight's columns go channel by channel, as published weights have them.
  Tensor patches(const Tensor& images, const Tensor& levels, const PatchOptions& options);

  // images u8 and levels as above → [height·width·images, channels]: a row for each pixel.
  Tensor pixels(const Tensor& images, const Tensor& levels);

  // [height·width·n, in] → [out_height·out_width·n, out], n pictures of packed rows: each square of the window, row by row and channels innermost, times the weight, a matrix
  // [out, kernel·kernel·in] in that order; beyond the edges are zeros (LeCun et al. 1989). With a window of one cell it is `linear`.
  Tensor conv2d(const Tensor& x, Parameter weight, const Window& window, const Conv2dOptions& options = {});

  // [height·width·n, width] → [out_height·out_width·n, width]: the mean or the maximum of each square, of those of its cells that lie in the picture.
  Tensor pool2d(const Tensor& x, const Window& window, Pooling pooling);

  // [rows, width] → [sequences, width]: the rows of each sequence as one.
  Tensor pool(const Tensor& x, const Sequences& rows, Pooling pooling);
  // The chosen row of each sequence.
  Tensor pool(const Tensor& x, const Sequences& rows, RowChoice choice);

  // [rows, a], [rows, b], … → [rows, a + b + …]: side by side.
  Tensor concat(const std::vector<Tensor>& parts);

  // [rows, width] → [rows, width]: each row to Euclidean length 1; a zero row stays zero.
  Tensor l2_normalize(const Tensor& x);

  // a [m, width], b [n, width] → [m, n]: exp(log_scale) · a·bᵀ + bias. log_scale and bias are scalars.
  Tensor similarity(const Tensor& a, const Tensor& b, Parameter log_scale, std::optional<Parameter> bias = {});

  // [rows, width] → [rows, width]: exp(x) over its row's sum.
  Tensor softmax(const Tensor& x);

  // rows, a vector [width] or a table [k, width] → [k·count, width]: the same rows for each of `count` sequences (learnt queries).
  Tensor repeat(Parameter rows, const Extent& count);

  // a, b [rows, width] → [rows, width]: element by element (gated units).
  Tensor multiply(const Tensor& a, const Tensor& b);
  Tensor add(const Tensor& a, const Tensor& b);

  // [rows, width] → [rows, width]: element by element, where there is no linear map that it could be fused with.
  Tensor activate(const Tensor& x, Activation activation);

 protected:
  // Computes operation.out. The executor's part.
  virtual void execute(const Operation& operation) = 0;

  const ParameterList& parameters() const { return parameters_; }
  Tensor new_tensor(DType dtype, const Shape& shape) { return {next_id_++, dtype, shape}; }

 private:
  template <class What>
  Tensor run(What&& what, const Shape& shape);

  const ParameterList& parameters_;
  uint32_t next_id_ = 0;
};

}  // namespace oag
