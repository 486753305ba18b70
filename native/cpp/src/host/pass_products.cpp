// The operations of a pass that are matrix products.
#include <algorithm>
#include <cmath>

#include "host/matrix_product.h"
#include "host/pass.h"

namespace oag::host {
namespace {

// Texts of a similarity whose vectors are packed at once: 1024 × 512 floats are 2 MB.
constexpr int64_t similarity_slab = 1024;

}  // namespace

void HostPass::run(const op::Linear& linear, const Tensor& out) {
  const ParameterSpec& spec = parameters()[linear.weight];
  const op::LayerNorm* norm = forms_.norm(linear.x);
  const float* x = floats(norm ? norm->x : linear.x);
  const bool is_packed = forms_[linear.x] == Form::packed, packs = forms_[out] == Form::packed;
  const int64_t inputs = spec.width(), part_columns = spec.part_rows(), panels_per_part = weights_.panels_per_part(linear.weight);
  const MatrixKernels& format = weights_.format(linear.weight);
  const float* bias = linear.bias ? weights_.values(*linear.bias) + linear.first_part * part_columns : nullptr;

  auto pack = [&](int64_t, int64_t first, int count, void* packed, float* scratch) {
    const float* rows = x + first * inputs;
    if (norm) {
      kernels_.layer_norm(rows, count, inputs, weights_.values(norm->gain), weights_.values(norm->bias), norm->epsilon, scratch);
      rows = scratch;
    }
    format.pack_rows(rows, inputs, count, inputs, packed);
  };
  auto panel = [&](int64_t p) {
    const int64_t part = p / panels_per_part, in_part = p % panels_per_part * format.columns_per_panel, column = part * part_columns + in_part;
    const auto columns = static_cast<int>(std::min<int64_t>(format.columns_per_panel, part_columns - in_part));
    return MatrixProduct::Panel{weights_.panel(linear.weight, linear.first_part + part, p % panels_per_part), column, columns, bias ? bias + column : nullptr};
  };
  const MatrixProduct product{.rows_per_run = linear.x.shape.rows.value(), .inputs = inputs, .packed_rows = is_packed ? memory(linear.x) : nullptr, .pack = pack,
                              .slot_floats = norm ? static_cast<size_t>(format.rows_per_block * inputs) : 0, .panels = linear.parts * panels_per_part,
                              .panel = panel, .activation = linear.activation, .residual = linear.residual ? floats(*linear.residual) : nullptr,
                              .residual_first = linear.residual_first, .out = packs ? nullptr : reinterpret_cast<float*>(memory(out)), .out_stride = linear.parts * part_columns,
                              .packed_out = packs ? memory(out) : nullptr};
  workspace_.reserve_scratch(packed_bytes(product, format), slot_bytes(product, format), parallel_.threads());
  host::multiply(product, format, parallel_, workspace_.shared<char>(), workspace_);
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
  workspace_.reserve_scratch(packed_bytes(product, format), slot_bytes(product, format), parallel_.threads());
  host::multiply(product, format, parallel_, workspace_.shared<char>(), workspace_);
  if (patches.prefix)
    for (int64_t i = 0; i < count; i++) kernels_.add(weights_.values(*patches.prefix), positions, prefix * width, out + i * rows_per_image * width);
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
    workspace_.reserve_scratch(b_bytes + packed_bytes(product, format), slot_bytes(product, format), parallel_.threads());
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

}  // namespace oag::host
