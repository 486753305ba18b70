#include "host/pass.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "core/error.h"
#include "core/sequence_table.h"
#include "host/matrix_product.h"

namespace oag::host {
namespace {

// Texts of a similarity whose vectors are packed at once: 1024 × 512 floats are 2 MB.
constexpr int64_t similarity_slab = 1024;

}  // namespace

HostPass::HostPass(const ParameterList& parameters, const HostWeights& weights, const Recording& recording, const Bindings& bindings,
                   HostWorkspace& workspace, const Kernels& kernels, Parallel& parallel)
    : Pass(parameters), weights_(weights), order_(recording, bindings), workspace_(workspace), kernels_(kernels), parallel_(parallel), busy_(parallel),
      plan_(recording.plan(bindings)), arena_(workspace.arena(plan_.bytes)) {}

char* HostPass::memory(const Tensor& tensor) const { return arena_ + plan_.offsets[tensor.id]; }

void HostPass::read(const Tensor& tensor, void* values) {
  order_.read(tensor);
  std::memcpy(values, memory(tensor), static_cast<size_t>(tensor.shape.rows.value() * tensor.shape.width.value()) * size_of(tensor.dtype));
}

void HostPass::write(const Tensor& tensor, FunctionRef<void(void* values)> fill) {
  order_.input(tensor);
  fill(memory(tensor));
}

void HostPass::execute(const Operation& operation) {
  order_.operation(operation);
  if (operation.out.shape.rows.value() == 0) return;
  float* out = reinterpret_cast<float*>(memory(operation.out));
  std::visit([&](const auto& what) { run(what, out); }, operation.what);
}

void HostPass::over_rows(int64_t rows, int64_t width, FunctionRef<void(int64_t first, int64_t count)> body) {
  const int64_t piece = std::max<int64_t>(1, 8192 / width);  // 32 KiB, an L1 cache
  parallel_.run((rows + piece - 1) / piece, [&](int64_t task, int) { body(task * piece, std::min(piece, rows - task * piece)); });
}

void HostPass::run(const op::Linear& linear, float* out) {
  const ParameterSpec& spec = parameters()[linear.weight];
  const float* x = floats(linear.x);
  const int64_t inputs = spec.width(), part_columns = spec.part_rows(), panels_per_part = weights_.panels_per_part(linear.weight);
  const MatrixKernels& format = weights_.format(linear.weight);
  const float* bias = linear.bias ? weights_.values(*linear.bias) + linear.first_part * part_columns : nullptr;

  auto pack = [&](int64_t, int64_t first, int count, void* packed, float*) { format.pack_rows(x + first * inputs, inputs, count, inputs, packed); };
  auto panel = [&](int64_t p) {
    const int64_t part = p / panels_per_part, in_part = p % panels_per_part * format.columns_per_panel, column = part * part_columns + in_part;
    const auto columns = static_cast<int>(std::min<int64_t>(format.columns_per_panel, part_columns - in_part));
    return MatrixProduct::Panel{weights_.panel(linear.weight, linear.first_part + part, p % panels_per_part), column, columns, bias ? bias + column : nullptr};
  };
  const MatrixProduct product{.rows_per_run = linear.x.shape.rows.value(), .inputs = inputs, .pack = pack, .panels = linear.parts * panels_per_part,
                              .panel = panel, .activation = linear.activation, .residual = linear.residual ? floats(*linear.residual) : nullptr,
                              .out = out, .out_stride = linear.parts * part_columns};
  workspace_.reserve_scratch(packed_bytes(product, format), 0, parallel_.threads());
  host::multiply(product, format, parallel_, workspace_.shared<char>(), workspace_);
}

void HostPass::run(const op::LayerNorm& norm, float* out) {
  const float* x = floats(norm.x);
  const int64_t width = norm.x.shape.width.value();
  over_rows(norm.x.shape.rows.value(), width, [&](int64_t first, int64_t count) {
    kernels_.layer_norm(x + first * width, count, width, weights_.values(norm.gain), weights_.values(norm.bias), norm.epsilon, out + first * width);
  });
}

void HostPass::run(const op::Attention& attention, float* out) {
  const SequenceTable& query_rows = *attention.query_rows.table;
  const int64_t head_size = attention.queries.count / attention.heads;
  const int64_t query_stride = attention.queries.tensor.shape.width.value();
  const float* queries = floats(attention.queries.tensor) + attention.queries.first;
  std::vector<KeyChains> chains;  // [segments]
  for (const KeySegment& segment : attention.segments) chains.push_back(key_chains(query_rows, *segment.rows.table));
  int64_t most_keys = 0, most_runs = 0;
  for (int64_t q = 0; q < query_rows.runs(); q++) {
    int64_t keys = 0, runs = 0;
    for (size_t g = 0; g < chains.size(); g++) {
      for (int64_t c = chains[g].offsets[q]; c < chains[g].offsets[q + 1]; c++) keys += attention.segments[g].rows.table->length(chains[g].runs[c]);
      runs += chains[g].offsets[q + 1] - chains[g].offsets[q];
    }
    most_keys = std::max(most_keys, keys);
    most_runs = std::max(most_runs, runs);
  }
  // In int8, too, where the CPU multiplies bf16: beside rounded weights its roundings do not show.
  const bool in_bf16 = weights_.precision() == Precision::bf16 || (weights_.precision() == Precision::int8 && kernels_.bf16.native);
  const AttentionKernels& kernels = in_bf16 ? kernels_.bf16_attention : kernels_.attention;
  const size_t run_bytes = (static_cast<size_t>(most_runs) * sizeof(KeyRun) + 63) / 64 * 64;
  const int64_t span = attention.position_bias ? attention.span() : 0, bias_width = 2 * span + 1;
  workspace_.reserve_scratch(attention.position_bias ? static_cast<size_t>(attention.heads * bias_width) * sizeof(float) : 0,
                             run_bytes + kernels.scratch(most_keys, head_size), parallel_.threads());
  float* biases = nullptr;  // [heads, 2·span + 1]
  if (attention.position_bias) {
    const Parameter table = attention.position_bias->table;
    const std::vector<int32_t> buckets = position_buckets(*attention.position_bias, parameters()[table].part_rows(), span);
    biases = workspace_.shared<float>();
    for (int64_t head = 0; head < attention.heads; head++)
      for (int64_t d = 0; d < bias_width; d++) biases[head * bias_width + d] = weights_.values(table)[buckets[static_cast<size_t>(d)] * attention.heads + head];
  }

  parallel_.run(query_rows.runs() * attention.heads, [&](int64_t task, int slot) {
    const int64_t q = task / attention.heads, head = task % attention.heads;
    auto* runs = workspace_.slot<KeyRun>(slot);
    int run_count = 0;
    for (size_t g = 0; g < chains.size(); g++) {
      const KeySegment& segment = attention.segments[g];
      const SequenceTable& key_rows = *segment.rows.table;
      const int64_t key_stride = segment.keys.tensor.shape.width.value(), value_stride = segment.values.tensor.shape.width.value();
      for (int64_t c = chains[g].offsets[q]; c < chains[g].offsets[q + 1]; c++) {
        const int64_t run = chains[g].runs[c], row = key_rows.begin(run);
        runs[run_count++] = {floats(segment.keys.tensor) + row * key_stride + segment.keys.first + head * head_size,
                             floats(segment.values.tensor) + row * value_stride + segment.values.first + head * head_size, key_stride, value_stride,
                             key_rows.length(run), key_rows.first_position(run)};
      }
    }
    AttentionTask piece;
    piece.queries = queries + query_rows.begin(q) * query_stride + head * head_size;
    piece.query_stride = query_stride;
    piece.query_count = query_rows.length(q);
    piece.first_query_position = query_rows.first_position(q);
    piece.runs = runs;
    piece.run_count = run_count;
    piece.head_size = head_size;
    piece.scale = attention.scale;
    piece.causal = attention.causal;
    piece.position_bias = biases ? biases + head * bias_width + span : nullptr;
    piece.out_stride = attention.queries.count;
    piece.out = out + query_rows.begin(q) * piece.out_stride + head * head_size;
    piece.scratch = workspace_.slot<char>(slot) + run_bytes;
    kernels.attend(piece);
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

void HostPass::run(const op::Patches& patches, float* out) {
  const ParameterSpec& spec = parameters()[patches.weight];
  const MatrixKernels& format = weights_.format(patches.weight);
  const auto* images = reinterpret_cast<const uint8_t*>(memory(patches.images));  // [images, height, width, channels]
  const float* levels = floats(patches.levels);                                  // [channels, 256]
  const int64_t width = spec.part_rows(), inputs = spec.width(), patch = patches.patch, channels = patches.channels;
  const int64_t count = patches.images.shape.rows.value(), pixels = patches.images.shape.width.value();
  const int64_t grid_columns = patches.grid_columns(), prefix = patches.prefix_rows, rows_per_image = patches.rows_per_image();
  const float* positions = weights_.values(patches.positions);

  auto pack = [&](int64_t image, int64_t first, int rows, void* packed, float* scratch) {
    for (int64_t r = 0; r < rows; r++) {
      const int64_t top = (first + r) / grid_columns * patch, left = (first + r) % grid_columns * patch;
      float* to = scratch + r * inputs;  // [channels, patch, patch]
      for (int64_t c = 0; c < channels; c++)
        for (int64_t y = 0; y < patch; y++) {
          const uint8_t* from = images + image * pixels + ((top + y) * patches.width + left) * channels + c;
          for (int64_t x = 0; x < patch; x++) *to++ = levels[c * 256 + from[x * channels]];
        }
    }
    format.pack_rows(scratch, inputs, rows, inputs, packed);
  };
  auto panel = [&](int64_t p) {
    const int64_t column = p * format.columns_per_panel;
    return MatrixProduct::Panel{weights_.panel(patches.weight, 0, p), column, static_cast<int>(std::min<int64_t>(format.columns_per_panel, width - column)),
                                patches.bias ? weights_.values(*patches.bias) + column : nullptr};
  };
  const MatrixProduct product{.runs = count, .rows_per_run = patches.grid_rows() * grid_columns, .out_run = rows_per_image, .inputs = inputs, .pack = pack,
                              .slot_floats = static_cast<size_t>(format.rows_per_block * inputs), .panels = weights_.panels_per_part(patches.weight),
                              .panel = panel, .residual = positions + prefix * width, .residual_run = 0, .out = out + prefix * width, .out_stride = width};
  workspace_.reserve_scratch(packed_bytes(product, format), product.slot_floats * sizeof(float), parallel_.threads());
  host::multiply(product, format, parallel_, workspace_.shared<char>(), workspace_);
  if (patches.prefix)
    for (int64_t i = 0; i < count; i++) kernels_.add(weights_.values(*patches.prefix), positions, prefix * width, out + i * rows_per_image * width);
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

void HostPass::run(const op::Similarity& similarity, float* out) {
  const float *a = floats(similarity.a), *b = floats(similarity.b);
  const int64_t rows = similarity.a.shape.rows.value(), columns = similarity.b.shape.rows.value(), inputs = similarity.a.shape.width.value();
  const MatrixKernels& format = kernels_.fp32;  // scores are what users compare: a logit of 30 has no digit to spare for bf16
  const int64_t panel_columns = format.columns_per_panel, panel_bytes = format.panel_bytes(inputs);
  const float scale = std::exp(weights_.values(similarity.log_scale)[0]), bias = similarity.bias ? weights_.values(*similarity.bias)[0] : 0.0f;
  auto pack = [&](int64_t, int64_t first, int count, void* packed, float*) { format.pack_rows(a + first * inputs, inputs, count, inputs, packed); };
  for (int64_t slab = 0; slab < columns; slab += similarity_slab) {
    const int64_t slab_columns = std::min(similarity_slab, columns - slab), panels = (slab_columns + panel_columns - 1) / panel_columns;
    char* packed_b = nullptr;
    auto columns_of = [&](int64_t p) { return static_cast<int>(std::min(panel_columns, slab_columns - p * panel_columns)); };
    auto panel = [&](int64_t p) { return MatrixProduct::Panel{packed_b + p * panel_bytes, slab + p * panel_columns, columns_of(p), nullptr}; };
    const MatrixProduct product{.rows_per_run = rows, .inputs = inputs, .pack = pack, .panels = panels, .panel = panel, .out = out, .out_stride = columns};
    const size_t b_bytes = (static_cast<size_t>(panels * panel_bytes) + 63) / 64 * 64;
    workspace_.reserve_scratch(b_bytes + packed_bytes(product, format), 0, parallel_.threads());
    packed_b = workspace_.shared<char>();
    parallel_.run(panels, [&](int64_t p, int) {
      format.pack_weights(b + (slab + p * panel_columns) * inputs, inputs, columns_of(p), inputs, packed_b + p * panel_bytes);
    });
    host::multiply(product, format, parallel_, packed_b + b_bytes, workspace_);
  }
  over_rows(rows, columns, [&](int64_t first, int64_t count) {
    for (int64_t i = first * columns; i < (first + count) * columns; i++) out[i] = out[i] * scale + bias;
  });
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

void HostPass::run(const op::Activate& activate, float* out) {
  const float* x = floats(activate.x);
  const int64_t width = activate.x.shape.width.value();
  over_rows(activate.x.shape.rows.value(), width,
            [&](int64_t first, int64_t count) { kernels_.activate(activate.activation, x + first * width, count * width, out + first * width); });
}

}  // namespace oag::host
