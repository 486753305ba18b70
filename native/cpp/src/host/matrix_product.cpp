#include "host/matrix_product.h"

#include <algorithm>

namespace oag::host {
namespace {

// Rows of one tile task: 160 × 768 inputs are 0.5 MB, half of a core's L2, read once per panel.
constexpr int64_t group_rows = 160;
constexpr int64_t task_panels = 4;  // at most
// Tasks for each thread, where the product has so many pieces: one that begins late, or loses its CPU for a while, leaves little behind. 50 rows × 768 columns are 12 tasks of
// four panels, too few for eight threads.
constexpr int64_t tasks_per_thread = 8;

int64_t pieces_per_task(int64_t pieces, int64_t most, const Parallel& parallel) {
  return std::clamp<int64_t>(pieces / (parallel.threads() * tasks_per_thread), 1, most);
}

// A run of rows cut into blocks that differ by one row at most: 50 rows are 12 + 13 + 12 + 13, not 14 + 14 + 14 + 8.
struct Blocks {
  Blocks(int64_t all_rows, int rows_per_block) : rows(all_rows), count((all_rows + rows_per_block - 1) / rows_per_block) {}
  int64_t first(int64_t block) const { return block * rows / count; }
  int size(int64_t block) const { return static_cast<int>(first(block + 1) - first(block)); }
  int64_t rows;
  int64_t count;
};

}  // namespace

size_t packed_bytes(const MatrixProduct& product, const MatrixKernels& kernels) {
  if (product.packed_rows) return 0;
  const int64_t rows = std::min(product.runs * product.rows_per_run, std::max(product.slab_rows, product.runs > 1 ? product.rows_per_run : 0));
  return static_cast<size_t>((rows + kernels.rows_per_block) * kernels.row_bytes(product.inputs));
}

size_t slot_bytes(const MatrixProduct& product, const MatrixKernels& kernels) {
  const auto tile = static_cast<size_t>(kernels.rows_per_block * kernels.columns_per_panel);
  return std::max(product.slot_floats, product.packed_out ? tile : 0) * sizeof(float);
}

void multiply(const MatrixProduct& product, const MatrixKernels& kernels, Parallel& parallel, char* packed, HostWorkspace& workspace) {
  const int64_t row_bytes = kernels.row_bytes(product.inputs), panel_bytes = kernels.panel_bytes(product.inputs), slab_rows = product.slab_rows;
  // A slab is a piece of the only run, or several whole runs.
  const bool one_run = product.runs == 1;
  const int64_t slab_runs = one_run ? 1 : std::max<int64_t>(1, slab_rows / product.rows_per_run);
  const int64_t steps = one_run ? (product.rows_per_run + slab_rows - 1) / slab_rows : (product.runs + slab_runs - 1) / slab_runs;
  for (int64_t step = 0; step < steps; step++) {
    const int64_t first_run = one_run ? 0 : step * slab_runs;
    const int64_t runs = one_run ? 1 : std::min(slab_runs, product.runs - first_run);
    const int64_t first_row = one_run ? step * product.rows_per_run / steps : 0;
    const int64_t rows = one_run ? (step + 1) * product.rows_per_run / steps - first_row : product.rows_per_run;
    const Blocks blocks(rows, kernels.rows_per_block);
    const int64_t all_blocks = runs * blocks.count;
    const char* const packed_rows = product.packed_rows ? product.packed_rows + first_row * row_bytes : packed;
    auto packed_row = [&](int64_t b) { return (b / blocks.count * rows + blocks.first(b % blocks.count)) * row_bytes; };

    // Packing moves memory and does little else: pieces of about 64 KiB at most.
    const int64_t pack_blocks = pieces_per_task(all_blocks, std::max<int64_t>(1, 65536 / (row_bytes * kernels.rows_per_block)), parallel);
    const int64_t pack_tasks = product.packed_rows ? 0 : (all_blocks + pack_blocks - 1) / pack_blocks;
    parallel.run(pack_tasks, [&](int64_t task, int slot) {
      for (int64_t b = task * pack_blocks; b < std::min(all_blocks, (task + 1) * pack_blocks); b++)
        product.pack(first_run + b / blocks.count, first_row + blocks.first(b % blocks.count), blocks.size(b % blocks.count), packed + packed_row(b),
                     workspace.slot<float>(slot));
    });

    const int64_t group_blocks = std::max<int64_t>(1, group_rows / kernels.rows_per_block);
    const int64_t groups = (all_blocks + group_blocks - 1) / group_blocks;
    const int64_t chunk_panels = pieces_per_task(groups * product.panels, task_panels, parallel), chunks = (product.panels + chunk_panels - 1) / chunk_panels;
    parallel.run(groups * chunks, [&](int64_t task, int slot) {
      const int64_t group = task / chunks, chunk = task % chunks;
      for (int64_t p = chunk * chunk_panels; p < std::min(product.panels, (chunk + 1) * chunk_panels); p++) {
        const MatrixProduct::Panel panel = product.panel(p);
        // What this thread will multiply next, most likely: weights lie in the order of their use, and the other threads have the chunks between.
        const int64_t panels_on = p + 1 < (chunk + 1) * chunk_panels ? 1 : 1 + (parallel.threads() - 1) * chunk_panels;
        const char* ahead = static_cast<const char*>(panel.memory) + panels_on * panel_bytes;
        for (int64_t b = group * group_blocks; b < std::min(all_blocks, (group + 1) * group_blocks); b++) {
          const int64_t run = first_run + b / blocks.count, row = first_row + blocks.first(b % blocks.count);
          GemmTile tile;
          tile.rows = packed_rows + packed_row(b);
          tile.panel = panel.memory;
          tile.inputs = product.inputs;
          tile.row_count = blocks.size(b % blocks.count);
          tile.column_count = panel.column_count;
          tile.bias = panel.bias;
          tile.residual = product.residual ? product.residual + (run * product.residual_run + row) * product.out_stride + panel.first_column : nullptr;
          tile.residual_stride = product.out_stride;
          tile.out = product.packed_out ? workspace.slot<float>(slot) : product.out + (run * product.out_run + row) * product.out_stride + panel.first_column;
          tile.out_stride = product.packed_out ? kernels.columns_per_panel : product.out_stride;
          tile.activation = product.activation;
          const int64_t quarter = b - group * group_blocks;
          tile.ahead = quarter < 4 ? ahead + quarter * panel_bytes / 4 : nullptr;
          tile.residual_first = product.residual_first;
          kernels.gemm(tile);
          if (product.packed_out) {
            char* const block = product.packed_out + row * kernels.row_bytes(product.out_stride);
            kernels.pack_columns(tile.out, tile.out_stride, tile.row_count, product.out_stride, panel.first_column, panel.column_count, block);
          }
        }
      }
    });
  }
}

}  // namespace oag::host
