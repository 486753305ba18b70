#include "host/pass.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/error.h"
#include "core/sequence_table.h"

namespace oag::host {
HostPass::HostPass(const ParameterList& parameters, const HostWeights& weights, const Recording& recording, const Bindings& bindings,
                   HostWorkspace& workspace, const Kernels& kernels, Parallel& parallel)
    : Pass(parameters), weights_(weights), order_(recording, bindings), workspace_(workspace), kernels_(kernels), parallel_(parallel), busy_(parallel),
      forms_(recording, weights), plan_(forms_.plan(bindings)), arena_(workspace.arena(plan_.bytes)) {}

char* HostPass::memory(const Tensor& tensor) const { return arena_ + plan_.offsets[tensor.id]; }

void HostPass::read(const Tensor& tensor, void* values) {
  order_.read(tensor);
  if (forms_[tensor] != Form::dense) throw Error(Status::internal, "the pass reads %" + std::to_string(tensor.id) + ", which was not recorded: its values were handed on to the next operation alone");
  std::memcpy(values, memory(tensor), static_cast<size_t>(tensor.shape.rows.value() * tensor.shape.width.value()) * size_of(tensor.dtype));
}

void HostPass::write(const Tensor& tensor, FunctionRef<void(void* values)> fill) {
  order_.input(tensor);
  fill(memory(tensor));
}

void HostPass::execute(const Operation& operation) {
  order_.operation(operation);
  if (operation.out.shape.rows.value() == 0) return;
  if (forms_[operation.out] == Form::in_passing) return;
  if (const auto* linear = std::get_if<op::Linear>(&operation.what)) return run(*linear, operation.out);
  float* out = reinterpret_cast<float*>(memory(operation.out));
  std::visit([&](const auto& what) {
    if constexpr (!std::is_same_v<decltype(what), const op::Linear&>) run(what, out);
  }, operation.what);
}

void HostPass::over_rows(int64_t rows, int64_t width, FunctionRef<void(int64_t first, int64_t count)> body) {
  const int64_t piece = std::max<int64_t>(1, 8192 / width);  // 32 KiB, an L1 cache
  parallel_.run((rows + piece - 1) / piece, [&](int64_t task, int) { body(task * piece, std::min(piece, rows - task * piece)); });
}

void HostPass::run(const op::LayerNorm& norm, float* out) {
  const float* x = floats(norm.x);
  const int64_t width = norm.x.shape.width.value();
  over_rows(norm.x.shape.rows.value(), width, [&](int64_t first, int64_t count) {
    kernels_.layer_norm(x + first * width, count, width, weights_.values(norm.gain), weights_.values(norm.bias), norm.epsilon, out + first * width);
  });
}

void HostPass::run(const op::Embed& embed, float* out) {
  const auto* ids = reinterpret_cast<const int32_t*>(memory(embed.ids));
  const ParameterSpec& tokens = parameters()[embed.tokens];
  const int64_t width = tokens.width(), position_count = parameters()[embed.positions].part_rows();
  const SequenceTable& rows = *embed.rows.table;
  parallel_.run(rows.runs(), [&](int64_t run, int) {
    for (int64_t i = 0; i < rows.length(run); i++) {
      const int64_t row = rows.begin(run) + i, position = rows.first_position(run) + i;
      if (ids[row] < 0 || ids[row] >= tokens.part_rows() || position >= position_count)
        throw Error(Status::invalid_argument, "token id " + std::to_string(ids[row]) + " at position " + std::to_string(position) + " is outside the tables");
      kernels_.add(weights_.values(embed.tokens) + ids[row] * width, weights_.values(embed.positions) + position * width, width, out + row * width);
    }
  });
}

void HostPass::run(const op::Pool& pool, float* out) {
  const float* x = floats(pool.x);
  const int64_t width = pool.x.shape.width.value();
  const SequenceTable& rows = *pool.rows.table;
  if (pool.pooling == Pooling::first || pool.pooling == Pooling::last) {
    const RowChoice choice = pool.pooling == Pooling::first ? RowChoice::first : RowChoice::last;
    for (int64_t s = 0; s < rows.count(); s++) std::copy_n(x + rows.chosen_row(s, choice) * width, width, out + s * width);
    return;
  }
  if (rows.has_tree()) throw Error(Status::internal, "pool: all rows of a sequence are asked for, and sequences share theirs");
  parallel_.run(rows.count(), [&](int64_t s, int) {
    const int64_t length = rows.length(s);
    const float* first = x + rows.begin(s) * width;
    float* to = out + s * width;
    std::copy_n(first, width, to);
    for (int64_t i = 1; i < length; i++) {
      const float* row = first + i * width;
      if (pool.pooling == Pooling::max)
        for (int64_t c = 0; c < width; c++) to[c] = std::max(to[c], row[c]);
      else if (pool.pooling == Pooling::weighted_mean)
        for (int64_t c = 0; c < width; c++) to[c] += static_cast<float>(i + 1) * row[c];
      else kernels_.add(to, row, width, to);
    }
    const auto n = static_cast<float>(length);
    const float divisor = pool.pooling == Pooling::mean ? n : pool.pooling == Pooling::mean_sqrt_length ? std::sqrt(n) : pool.pooling == Pooling::weighted_mean ? n * (n + 1) / 2 : 1;
    for (int64_t c = 0; c < width; c++) to[c] /= divisor;
  });
}

void HostPass::run(const op::Concat& concat, float* out) {
  const int64_t rows = concat.parts.front().shape.rows.value();
  int64_t out_width = 0, column = 0;
  for (const Tensor& part : concat.parts) out_width += part.shape.width.value();
  for (const Tensor& part : concat.parts) {
    const int64_t width = part.shape.width.value();
    for (int64_t row = 0; row < rows; row++) std::copy_n(floats(part) + row * width, width, out + row * out_width + column);
    column += width;
  }
}

void HostPass::run(const op::L2Normalize& normalize, float* out) {
  const float* x = floats(normalize.x);
  const int64_t width = normalize.x.shape.width.value();
  over_rows(normalize.x.shape.rows.value(), width,
            [&](int64_t first, int64_t count) { kernels_.l2_normalize(x + first * width, count, width, out + first * width); });
}

void HostPass::run(const op::Softmax& softmax, float* out) {
  const float* x = floats(softmax.x);
  const int64_t width = softmax.x.shape.width.value();
  over_rows(softmax.x.shape.rows.value(), width,
            [&](int64_t first, int64_t count) { kernels_.softmax(x + first * width, count, width, out + first * width); });
}

void HostPass::run(const op::Repeat& repeat, float* out) {
  const int64_t numbers = parameters()[repeat.rows].part_numbers();
  for (int64_t i = 0; i < repeat.count.value(); i++) std::copy_n(weights_.values(repeat.rows), numbers, out + i * numbers);
}

void HostPass::run(const op::Multiply& multiply, float* out) {
  const float *a = floats(multiply.a), *b = floats(multiply.b);
  const int64_t width = multiply.a.shape.width.value();
  over_rows(multiply.a.shape.rows.value(), width,
            [&](int64_t first, int64_t count) { kernels_.multiply(a + first * width, b + first * width, count * width, out + first * width); });
}

void HostPass::run(const op::Add& add, float* out) {
  const float *a = floats(add.a), *b = floats(add.b);
  const int64_t width = add.a.shape.width.value();
  over_rows(add.a.shape.rows.value(), width, [&](int64_t first, int64_t count) { kernels_.add(a + first * width, b + first * width, count * width, out + first * width); });
}

void HostPass::run(const op::Activate& activate, float* out) {
  const float* x = floats(activate.x);
  const int64_t width = activate.x.shape.width.value();
  over_rows(activate.x.shape.rows.value(), width,
            [&](int64_t first, int64_t count) { kernels_.activate(activate.activation, x + first * width, count * width, out + first * width); });
}

}  // namespace oag::host
