// He et al. 2016 with three convolutions as a stem, an average pool before every convolution that would have a stride (Zhang 2019), and attention in place of the last
// average. Every batch norm is folded into the convolution before it.
#include "models/clip_resnet.h"

#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "core/derived_parts.h"
#include "models/transformer.h"

namespace oag::models {
namespace {

Window window(int64_t edge, int kernel, int stride, int padding) {
  return {.height = static_cast<int>(edge), .width = static_cast<int>(edge), .kernel = kernel, .stride = stride, .padding = padding};
}

// A convolution with its batch norm, which stand in the folder under these names.
struct Convolution {
  Convolution(ParameterList& parameters, const std::string& role, const std::string& tensor, const std::string& norm, int64_t outputs, int64_t inputs, int64_t kernel) {
    const BatchNorm names{.gain = norm + ".weight", .bias = norm + ".bias", .mean = norm + ".running_mean", .variance = norm + ".running_var"};
    weight = add_matrix(parameters, role, parameters.derive(tensor + ".weight (with norm)", convolution_with_norm(tensor + ".weight", outputs, inputs, kernel, names)), outputs,
                        kernel * kernel * inputs);
    bias = add_vector(parameters, role + ".bias", parameters.derive(norm + ".bias (with norm)", bias_with_norm(outputs, names)), outputs);
  }

  Parameter weight, bias;
};

class Bottleneck {
 public:
  // Pictures of x have edge · edge cells of `inputs` numbers; those of the result a stride-th of the edge, and four times the width.
  Bottleneck(ParameterList& parameters, const std::string& role, const std::string& tensors, int64_t inputs, int64_t width, int64_t edge, int stride)
      : edge_(edge), stride_(stride), narrow_(parameters, role + ".conv1", tensors + ".conv1", tensors + ".bn1", width, inputs, 1),
        middle_(parameters, role + ".conv2", tensors + ".conv2", tensors + ".bn2", width, width, 3),
        wide_(parameters, role + ".conv3", tensors + ".conv3", tensors + ".bn3", 4 * width, width, 1) {
    if (stride > 1 || inputs != 4 * width) shortcut_.emplace(parameters, role + ".shortcut", tensors + ".downsample.0", tensors + ".downsample.1", 4 * width, inputs, 1);
  }

  Tensor run(Ops& ops, const Tensor& x) const {
    const Tensor narrow = ops.linear(x, narrow_.weight, {.bias = narrow_.bias, .activation = Activation::relu});
    const Tensor middle = shrunk(ops, ops.conv2d(narrow, middle_.weight, window(edge_, 3, 1, 1), {.bias = middle_.bias, .activation = Activation::relu}));
    const Tensor shortcut = shortcut_ ? ops.linear(shrunk(ops, x), shortcut_->weight, {.bias = shortcut_->bias}) : x;
    return ops.linear(middle, wide_.weight, {.bias = wide_.bias, .activation = Activation::relu, .residual = shortcut, .residual_first = true});
  }

 private:
  Tensor shrunk(Ops& ops, const Tensor& x) const { return stride_ == 1 ? x : ops.pool2d(x, window(edge_, stride_, stride_, 0), Pooling::mean); }

  int64_t edge_;
  int stride_;
  Convolution narrow_, middle_, wide_;
  std::optional<Convolution> shortcut_;
};

// The mean of a picture's cells attends to itself and to the cells; each has a position.
class CellAttention {
 public:
  CellAttention(ParameterList& parameters, const std::string& tensors, const ClipResNetSize& size) : width_(size.features()), heads_(size.heads) {
    const int64_t cells = size.edge() * size.edge();
    const std::string positions = tensors + "positional_embedding";
    const auto of_positions = [&](const char* part, int64_t first) { return parameters.derive(positions + part, rows_of(positions, {1 + cells, width_}, first)); };
    mean_position_ = add_vector(parameters, "image.pool.mean_position", of_positions(" (mean)", 0), width_);
    positions_ = add_table(parameters, "image.pool.positions", of_positions(" (cells)", 1), cells, width_);
    const auto all = [&](const char* what) { return std::vector{tensors + "q_proj" + what, tensors + "k_proj" + what, tensors + "v_proj" + what}; };
    qkv_ = parameters.add({"image.pool.qkv", ParameterKind::matrix, all(".weight"), {width_, width_}});
    qkv_bias_ = parameters.add({"image.pool.qkv.bias", ParameterKind::vector, all(".bias"), {width_}});
    out_ = add_matrix(parameters, "image.pool.out", tensors + "c_proj.weight", size.embedding, width_);
    out_bias_ = add_vector(parameters, "image.pool.out.bias", tensors + "c_proj.bias", size.embedding);
  }

  // x [cells·images, width] → [images, embedding].
  Tensor pool(Ops& ops, const Tensor& x, const Sequences& rows) const {
    const Tensor mean = ops.add(ops.pool(x, rows, Pooling::mean), ops.repeat(mean_position_, rows.count));
    const Tensor cells = ops.add(x, ops.repeat(positions_, rows.count));
    const Tensor own = ops.linear(mean, qkv_, {.bias = qkv_bias_});                                           // [images, 3·width]
    const Tensor others = ops.linear(cells, qkv_, {.bias = qkv_bias_, .first_part = 1, .parts = 2});          // [cells·images, 2·width]
    const Sequences one = choose_rows(rows, RowChoice::first);
    const float scale = 1.0f / std::sqrt(static_cast<float>(width_ / heads_));
    const Tensor mixed = ops.attention({own, 0, width_}, one,
                                       {{{own, width_, width_}, {own, 2 * width_, width_}, one}, {{others, 0, width_}, {others, width_, width_}, rows}},
                                       {.heads = heads_, .scale = scale});
    return ops.linear(mixed, out_, {.bias = out_bias_});
  }

 private:
  int64_t width_;
  int heads_;
  Parameter mean_position_, positions_, qkv_, qkv_bias_, out_, out_bias_;
};

class ClipResNet final : public Tower {
 public:
  ClipResNet(ParameterList& parameters, const std::string& tensors, const ClipResNetSize& size) : image_(size.image) {
    const int64_t half = size.width / 2;
    for (const auto& [layer, outputs, inputs] : {std::tuple{"1", half, int64_t{3}}, {"2", half, half}, {"3", size.width, half}})
      stem_.emplace_back(parameters, std::string("image.stem.") + layer, tensors + "conv" + layer, tensors + "bn" + layer, outputs, inputs, 3);
    int64_t inputs = size.width, width = size.width, edge = size.image / 4;
    for (size_t stage = 0; stage < size.blocks.size(); stage++, width *= 2)
      for (int64_t b = 0; b < size.blocks[stage]; b++) {
        const int stride = stage > 0 && b == 0 ? 2 : 1;
        blocks_.emplace_back(parameters, "image.block." + std::to_string(blocks_.size()), tensors + "layer" + std::to_string(stage + 1) + "." + std::to_string(b), inputs, width,
                             edge, stride);
        inputs = 4 * width;
        edge /= stride;
      }
    attention_.emplace(parameters, tensors + "attnpool.", size);
  }

  int blocks() const override { return static_cast<int>(blocks_.size()); }

  // "rows" are the cells behind the last block; "x" has the cells of the next.
  State begin(Ops& ops, const TowerInput& images, const Sequences& rows) const override {
    const int64_t half = image_ / 2;
    Tensor x = ops.pixels(images.values, images.levels.value());
    for (size_t i = 0; i < stem_.size(); i++)
      x = ops.conv2d(x, stem_[i].weight, i == 0 ? window(image_, 3, 2, 1) : window(half, 3, 1, 1), {.bias = stem_[i].bias, .activation = Activation::relu});
    return {0, {{"x", ops.pool2d(x, window(half, 2, 2, 0), Pooling::mean)}}, {{"rows", rows}}};
  }

  State block(Ops& ops, const State& state) const override {
    return {state.next_block + 1, {{"x", blocks_[static_cast<size_t>(state.next_block)].run(ops, state.tensors.at("x"))}}, state.sequences};
  }

  Tensor finish(Ops& ops, const State& state) const override { return attention_->pool(ops, state.tensors.at("x"), state.sequences.at("rows")); }

 private:
  int64_t image_;
  std::vector<Convolution> stem_;
  std::vector<Bottleneck> blocks_;
  std::optional<CellAttention> attention_;
};

}  // namespace

std::unique_ptr<Tower> clip_resnet(ParameterList& parameters, const std::string& tensors, const ClipResNetSize& size) {
  return std::make_unique<ClipResNet>(parameters, tensors, size);
}

ImageSpec image_spec(const ClipResNetSize& size, const std::string& default_processor) {
  const int64_t largest = size.image / 2 * (size.image / 2) * size.width;  // the stem's result
  return {.channels = 3, .height = static_cast<int>(size.image), .width = static_cast<int>(size.image), .rows_per_image = size.edge() * size.edge(),
          .rows_in_pass = (largest + size.features() - 1) / size.features(), .default_processor = default_processor};
}

}  // namespace oag::models
