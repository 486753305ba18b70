// The operations on pictures of packed rows: pixels as rows, convolution and pooling over squares.
#include "host/pass.h"

#include <algorithm>

#include "host/matrix_product.h"

namespace oag::host {
namespace {

// Squares that are packed before any is multiplied, where they are short: work for many threads, and less than half of what long rows take.
constexpr int64_t slab_bytes = 3 << 19;

}  // namespace

void HostPass::run(const op::Pixels& pixels, float* out) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(memory(pixels.images));
  const float* levels = floats(pixels.levels);  // [channels, 256]
  const int64_t channels = pixels.levels.shape.rows.value(), rows = pixels.images.shape.rows.value() * pixels.images.shape.width.value() / channels;
  over_rows(rows, channels, [&](int64_t first, int64_t count) {
    for (int64_t i = first * channels; i < (first + count) * channels; i += channels)
      for (int64_t c = 0; c < channels; c++) out[i + c] = levels[c * 256 + bytes[i + c]];
  });
}

// Implicit GEMM (Chellapilla et al. 2006, without the matrix): the squares of a block of rows are gathered when the block is packed. Of a square, the cells of one line lie
// together in x, so that a line is one copy where the picture's edge does not cut it.
void HostPass::run(const op::Conv2d& convolution, float* out) {
  const Window& window = convolution.window;
  const MatrixKernels& format = weights_.format(convolution.weight);
  const float* x = floats(convolution.x);
  const int64_t channels = convolution.x.shape.width.value(), outputs = parameters()[convolution.weight].part_rows(), inputs = parameters()[convolution.weight].width();
  const int64_t out_cells = window.out_cells(), out_width = window.out_width(), line = window.kernel * channels;
  const int64_t rows_out = convolution.x.shape.rows.value() / window.cells() * out_cells;

  auto gather = [&](int64_t row, float* to) {
    const float* picture = x + row / out_cells * window.cells() * channels;
    const int64_t top = row % out_cells / out_width * window.stride - window.padding, left = row % out_width * window.stride - window.padding;
    const int64_t from = std::max<int64_t>(left, 0), end = std::min<int64_t>(left + window.kernel, window.width);
    const int64_t before = (from - left) * channels, inside = (end - from) * channels;
    for (int64_t y = top; y < top + window.kernel; y++, to += line) {
      if (y < 0 || y >= window.height) {
        std::fill_n(to, line, 0.0f);
        continue;
      }
      std::fill_n(to, before, 0.0f);
      std::copy_n(picture + (y * window.width + from) * channels, inside, to + before);
      std::fill(to + before + inside, to + line, 0.0f);
    }
  };
  auto pack = [&](int64_t, int64_t first, int count, void* packed, float* scratch) {
    for (int64_t r = 0; r < count; r++) gather(first + r, scratch + r * inputs);
    format.pack_rows(scratch, inputs, count, inputs, packed);
  };
  auto panel = [&](int64_t p) {
    const int64_t column = p * format.columns_per_panel;
    return MatrixProduct::Panel{weights_.panel(convolution.weight, 0, p), column, static_cast<int>(std::min<int64_t>(format.columns_per_panel, outputs - column)),
                                convolution.bias ? weights_.values(*convolution.bias) + column : nullptr};
  };
  const MatrixProduct product{.rows_per_run = rows_out, .inputs = inputs, .slab_rows = std::max<int64_t>(480, slab_bytes / format.row_bytes(inputs)), .pack = pack, .slot_floats = static_cast<size_t>(format.rows_per_block * inputs),
                              .panels = weights_.panels_per_part(convolution.weight), .panel = panel, .activation = convolution.activation,
                              .residual = convolution.residual ? floats(*convolution.residual) : nullptr, .residual_first = convolution.residual_first,
                              .out = out, .out_stride = outputs};
  workspace_.reserve_scratch(packed_bytes(product, format), slot_bytes(product, format), parallel_.threads());
  host::multiply(product, format, parallel_, workspace_.shared<char>(), workspace_);
}

void HostPass::run(const op::Pool2d& pool, float* out) {
  const Window& window = pool.window;
  const float* x = floats(pool.x);
  const int64_t width = pool.x.shape.width.value(), out_cells = window.out_cells(), out_width = window.out_width();
  over_rows(pool.x.shape.rows.value() / window.cells() * out_cells, width, [&](int64_t first, int64_t count) {
    for (int64_t row = first; row < first + count; row++) {
      const float* picture = x + row / out_cells * window.cells() * width;
      const int64_t top = row % out_cells / out_width * window.stride - window.padding, left = row % out_width * window.stride - window.padding;
      float* to = out + row * width;
      int64_t cells = 0;
      for (int64_t y = std::max<int64_t>(top, 0); y < std::min<int64_t>(top + window.kernel, window.height); y++)
        for (int64_t column = std::max<int64_t>(left, 0); column < std::min<int64_t>(left + window.kernel, window.width); column++) {
          const float* cell = picture + (y * window.width + column) * width;
          if (cells++ == 0) std::copy_n(cell, width, to);
          else if (pool.pooling == Pooling::mean) kernels_.add(to, cell, width, to);
          else
            for (int64_t c = 0; c < width; c++) to[c] = std::max(to[c], cell[c]);
        }
      if (pool.pooling == Pooling::mean)
        for (int64_t c = 0; c < width; c++) to[c] /= static_cast<float>(cells);
    }
  });
}

}  // namespace oag::host
