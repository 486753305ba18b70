#include "ops/ops.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/error.h"

namespace oag {
namespace {

void require(bool holds, const char* operation, const std::string& what) {
  if (!holds) throw Error(Status::internal, std::string(operation) + ": " + what);
}

void require_floats(const Tensor& tensor, const char* operation) {
  require(tensor.dtype == DType::f32, operation, std::string("takes f32, not ") + name_of(tensor.dtype) + " " + tensor.shape.text());
}

void require_columns(const Columns& columns, const char* operation) {
  require_floats(columns.tensor, operation);
  require(columns.first >= 0 && columns.count > 0 && columns.first + columns.count <= columns.tensor.shape.width.value(), operation,
          "columns " + std::to_string(columns.first) + " … " + std::to_string(columns.first + columns.count) + " of " + columns.tensor.shape.text());
}

void require_vector(const ParameterSpec& spec, int64_t width, const char* operation) {
  require(spec.kind == ParameterKind::vector && spec.parts() == 1 && spec.width() == width, operation,
          spec.role + " is not a vector of " + std::to_string(width));
}

// As many pictures of `cells` rows as `rows` are.
Extent pictures(const Tensor& x, const Window& window, const char* operation) {
  require_floats(x, operation);
  require(window.height > 0 && window.width > 0 && x.shape.rows.factor % window.cells() == 0, operation,
          x.shape.text() + " are no pictures of " + std::to_string(window.height) + " x " + std::to_string(window.width));
  // With half a kernel of padding or less every square has cells of the picture.
  require(window.kernel > 0 && window.stride > 0 && window.padding >= 0 && 2 * int64_t{window.padding} <= window.kernel &&
              window.kernel <= std::min(window.height, window.width) + 2 * int64_t{window.padding},
          operation, "there is no such window: kernel " + std::to_string(window.kernel) + ", stride " + std::to_string(window.stride) + ", padding " + std::to_string(window.padding));
  return {x.shape.rows.factor / window.cells(), x.shape.rows.symbol};
}

void require_pixels(const Tensor& images, const Tensor& levels, int64_t channels, const char* operation) {
  require(images.dtype == DType::u8 && channels > 0 && images.shape.width.value() % channels == 0, operation, std::string("images are ") + name_of(images.dtype) + " " + images.shape.text());
  require(levels.dtype == DType::f32 && levels.shape == Shape{channels, 256}, operation, std::string("levels are ") + name_of(levels.dtype) + " " + levels.shape.text());
}

}  // namespace

template <class What>
Tensor Ops::run(What&& what, const Shape& shape) {
  Operation operation{std::forward<What>(what), new_tensor(DType::f32, shape)};
  execute(operation);
  return operation.out;
}

Tensor Ops::linear(const Tensor& x, Parameter weight, const LinearOptions& options) {
  const ParameterSpec& spec = parameters_[weight];
  const int parts = options.parts == 0 ? spec.parts() - options.first_part : options.parts;
  require(spec.kind == ParameterKind::matrix, "linear", spec.role + " is not a matrix");
  require(options.first_part >= 0 && parts > 0 && options.first_part + parts <= spec.parts(), "linear", spec.role + " has no such parts");
  require(x.dtype == DType::f32 && x.shape.width == Extent(spec.width()), "linear",
          spec.role + " takes rows of " + std::to_string(spec.width()) + ", not " + x.shape.text());
  const Shape out{x.shape.rows, parts * spec.part_rows()};
  if (options.bias) {
    const ParameterSpec& bias = parameters_[*options.bias];
    require(bias.kind == ParameterKind::vector && bias.parts() == spec.parts() && bias.width() == spec.part_rows(), "linear",
            bias.role + " does not fit " + spec.role);
  }
  if (options.residual) {
    require_floats(*options.residual, "linear");
    require(options.residual->shape == out, "linear", "the residual is " + options.residual->shape.text() + ", not " + out.text());
  }
  return run(op::Linear{x, weight, options.first_part, parts, options.bias, options.activation, options.residual, options.residual_first}, out);
}

Tensor Ops::layer_norm(const Tensor& x, Parameter gain, Parameter bias, float epsilon) {
  require_floats(x, "layer_norm");
  require_vector(parameters_[gain], x.shape.width.value(), "layer_norm");
  require_vector(parameters_[bias], x.shape.width.value(), "layer_norm");
  return run(op::LayerNorm{x, gain, bias, epsilon}, x.shape);
}

Tensor Ops::attention(const Columns& queries, const Sequences& query_rows, const std::vector<KeySegment>& segments, const AttentionOptions& options) {
  require_columns(queries, "attention");
  require(options.heads > 0 && queries.count % options.heads == 0, "attention", "heads do not divide the width of the queries");
  require(queries.tensor.shape.rows == query_rows.rows, "attention", "queries and their sequences differ in rows");
  require(!segments.empty(), "attention", "there are no keys");
  for (const KeySegment& segment : segments) {
    require_columns(segment.keys, "attention");
    require_columns(segment.values, "attention");
    require(segment.keys.count == queries.count && segment.values.count == queries.count, "attention", "keys, values and queries differ in width");
    require(segment.keys.tensor.shape.rows == segment.rows.rows && segment.values.tensor.shape.rows == segment.rows.rows, "attention",
            "keys and their sequences differ in rows");
    require(segment.rows.count == query_rows.count, "attention", "keys and queries differ in sequences");
  }
  if (options.position_bias) {
    const ParameterSpec& table = parameters_[options.position_bias->table];
    require(table.kind == ParameterKind::table && table.parts() == 1 && table.width() == options.heads, "attention",
            table.role + " is not a table of " + std::to_string(options.heads) + " heads");
    require(table.part_rows() % 4 == 0 && options.position_bias->max_distance > table.part_rows(), "attention", table.role + " has no such buckets");
  }
  return run(op::Attention{queries, query_rows, segments, options.heads, options.scale, options.causal, options.position_bias},
             {query_rows.rows, queries.count});
}

Tensor Ops::embed(const Tensor& ids, const Sequences& rows, Parameter tokens, Parameter positions) {
  const ParameterSpec& table = parameters_[tokens];
  require(ids.dtype == DType::i32 && ids.shape == Shape{rows.rows, 1}, "embed", "ids are " + ids.shape.text());
  require(table.kind == ParameterKind::table && table.parts() == 1, "embed", table.role + " is not a table");
  require(parameters_[positions].kind == ParameterKind::table && parameters_[positions].width() == table.width(), "embed",
          parameters_[positions].role + " does not fit " + table.role);
  return run(op::Embed{ids, rows, tokens, positions}, {rows.rows, table.width()});
}

Tensor Ops::patches(const Tensor& images, const Tensor& levels, const PatchOptions& options) {
  const ParameterSpec& weight = parameters_[options.weight];
  op::Patches patches{images, levels, options.weight, options.bias, options.prefix, options.positions,
                      options.channels, options.height, options.width, options.patch};
  const int64_t width = weight.part_rows();
  if (options.prefix) {
    const ParameterSpec& prefix = parameters_[*options.prefix];
    if (prefix.kind != ParameterKind::table) require_vector(prefix, width, "patches");
    require(prefix.parts() == 1 && prefix.width() == width, "patches", prefix.role + " is not a table of " + std::to_string(width));
    patches.prefix_rows = prefix.part_rows();
  }
  require(options.patch > 0 && options.height >= options.patch && options.width >= options.patch, "patches", "a picture has no whole patch");
  require(images.shape.width == Extent(int64_t{options.channels} * options.height * options.width), "patches", std::string("images are ") + name_of(images.dtype) + " " + images.shape.text());
  require_pixels(images, levels, options.channels, "patches");
  require(weight.kind == ParameterKind::matrix && weight.parts() == 1 && weight.width() == int64_t{options.channels} * options.patch * options.patch,
          "patches", weight.role + " does not fit the patch size");
  if (options.bias) require_vector(parameters_[*options.bias], width, "patches");
  const ParameterSpec& positions = parameters_[options.positions];
  require(positions.kind == ParameterKind::table && positions.part_rows() == patches.rows_per_image() && positions.width() == width, "patches",
          positions.role + " does not have " + std::to_string(patches.rows_per_image()) + " positions");
  return run(patches, {images.shape.rows.times(patches.rows_per_image()), width});
}

Tensor Ops::pixels(const Tensor& images, const Tensor& levels) {
  const int64_t channels = levels.shape.rows.value();
  require_pixels(images, levels, channels, "pixels");
  return run(op::Pixels{images, levels}, {images.shape.rows.times(images.shape.width.value() / channels), channels});
}

Tensor Ops::conv2d(const Tensor& x, Parameter weight, const Window& window, const Conv2dOptions& options) {
  const ParameterSpec& spec = parameters_[weight];
  const Extent count = pictures(x, window, "conv2d");
  require(spec.kind == ParameterKind::matrix && spec.parts() == 1 && spec.width() == int64_t{window.kernel} * window.kernel * x.shape.width.value(), "conv2d",
          spec.role + " does not fit a window of " + std::to_string(window.kernel) + " over " + x.shape.text());
  const Shape out{count.times(window.out_cells()), spec.part_rows()};
  if (options.bias) require_vector(parameters_[*options.bias], spec.part_rows(), "conv2d");
  if (options.residual) {
    require_floats(*options.residual, "conv2d");
    require(options.residual->shape == out, "conv2d", "the residual is " + options.residual->shape.text() + ", not " + out.text());
  }
  return run(op::Conv2d{x, weight, window, options.bias, options.activation, options.residual, options.residual_first}, out);
}

Tensor Ops::pool2d(const Tensor& x, const Window& window, Pooling pooling) {
  const Extent count = pictures(x, window, "pool2d");
  require(pooling == Pooling::mean || pooling == Pooling::max, "pool2d", "it knows the mean and the maximum");
  return run(op::Pool2d{x, window, pooling}, {count.times(window.out_cells()), x.shape.width});
}

Tensor Ops::pool(const Tensor& x, const Sequences& rows, Pooling pooling) {
  require_floats(x, "pool");
  require(x.shape.rows == rows.rows, "pool", "the tensor and its sequences differ in rows");
  return run(op::Pool{x, rows, pooling}, {rows.count, x.shape.width});
}

Tensor Ops::pool(const Tensor& x, const Sequences& rows, RowChoice choice) {
  return pool(x, rows, choice == RowChoice::first ? Pooling::first : Pooling::last);
}

Tensor Ops::concat(const std::vector<Tensor>& parts) {
  require(!parts.empty(), "concat", "there are no parts");
  int64_t width = 0;
  for (const Tensor& part : parts) {
    require_floats(part, "concat");
    require(part.shape.rows == parts.front().shape.rows, "concat", part.shape.text() + " beside " + parts.front().shape.text());
    width += part.shape.width.value();
  }
  return run(op::Concat{parts}, {parts.front().shape.rows, width});
}

Tensor Ops::l2_normalize(const Tensor& x) {
  require_floats(x, "l2_normalize");
  return run(op::L2Normalize{x}, x.shape);
}

Tensor Ops::similarity(const Tensor& a, const Tensor& b, Parameter log_scale, std::optional<Parameter> bias) {
  require_floats(a, "similarity");
  require_floats(b, "similarity");
  require(a.shape.width == b.shape.width, "similarity", a.shape.text() + " against " + b.shape.text());
  require(parameters_[log_scale].kind == ParameterKind::scalar, "similarity", parameters_[log_scale].role + " is not a scalar");
  if (bias) require(parameters_[*bias].kind == ParameterKind::scalar, "similarity", parameters_[*bias].role + " is not a scalar");
  return run(op::Similarity{a, b, log_scale, bias}, {a.shape.rows, b.shape.rows});
}

Tensor Ops::softmax(const Tensor& x) {
  require_floats(x, "softmax");
  return run(op::Softmax{x}, x.shape);
}

Tensor Ops::repeat(Parameter rows, const Extent& count) {
  const ParameterSpec& spec = parameters_[rows];
  require((spec.kind == ParameterKind::vector || spec.kind == ParameterKind::table) && spec.parts() == 1, "repeat", spec.role + " is neither a vector nor a table");
  return run(op::Repeat{rows, count}, {count.times(spec.part_rows()), spec.width()});
}

Tensor Ops::multiply(const Tensor& a, const Tensor& b) {
  require_floats(a, "multiply");
  require_floats(b, "multiply");
  require(a.shape == b.shape, "multiply", a.shape.text() + " by " + b.shape.text());
  return run(op::Multiply{a, b}, a.shape);
}

Tensor Ops::add(const Tensor& a, const Tensor& b) {
  require_floats(a, "add");
  require_floats(b, "add");
  require(a.shape == b.shape, "add", a.shape.text() + " plus " + b.shape.text());
  return run(op::Add{a, b}, a.shape);
}

Tensor Ops::activate(const Tensor& x, Activation activation) {
  require_floats(x, "activate");
  return run(op::Activate{x, activation}, x.shape);
}

}  // namespace oag
