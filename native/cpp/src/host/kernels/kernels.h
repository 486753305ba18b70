// The arithmetic of the host executor: one table of functions per instruction set.
//
// A kernel works on plain memory, in the calling thread, and allocates nothing: the executor cuts an operation into tiles and gives them to
// the worker pool. Inputs are finite or not, aligned or not; a kernel reads and writes exactly the rows and columns it is told, never
// beyond. A result's bits depend on the row's own input alone: not on which rows share a tile, nor on the tile's size (sums run along k in
// order, in one accumulator per output). All accumulate in fp32.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/activation.h"

namespace oag::host {

enum class Isa : int { reference = 1, avx2 = 2, avx512 = 3, neon = 4 };  // values of oag_isa

// One row block times one panel of packed weights, with the fused epilogue:
//   out[i, j] = activation(Σ_k rows[i, k] · panel[k, j] + bias[j]) + residual[i, j]
struct GemmTile {
  const float* rows;      // packed by pack_rows: `row_count` rows × inputs
  const float* panel;     // packed by pack_weights: inputs × columns_per_panel
  int64_t inputs;         // k, unpadded
  int row_count;          // 1 … rows_per_block
  int column_count;       // 1 … columns_per_panel: the columns that exist
  const float* bias;      // [column_count] or null
  const float* residual;  // [row_count, column_count] at residual_stride, or null; may be the memory of out
  int64_t residual_stride;
  float* out;             // [row_count, column_count] at out_stride
  int64_t out_stride;
  Activation activation;
};

// A run of keys and values of one head, consecutive positions.
struct KeyRun {
  const float* keys;    // [count, head_size] at stride
  const float* values;  // [count, head_size] at stride
  int64_t key_stride;
  int64_t value_stride;
  int64_t count;
  int64_t first_position;
};

// Attention of one sequence in one head (Dao et al. 2022: scores are never stored beyond a tile):
//   out[i] = Σ_j softmax_j(scale · queries[i]·keys[j]) values[j],  j over all keys, or those at positions ≤ the query's when causal.
// A query that may see no key gets zeros.
struct AttentionTask {
  const float* queries;  // [query_count, head_size] at query_stride
  int64_t query_stride;
  int64_t query_count;
  int64_t first_query_position;
  const KeyRun* runs;    // in order of position
  int run_count;
  int64_t head_size;     // any
  float scale;
  bool causal;
  float* out;            // [query_count, head_size] at out_stride
  int64_t out_stride;
  void* scratch;         // attention_scratch(keys in all, head_size) bytes, 64-byte aligned, private to the call
};

struct Kernels {
  const char* name;  // "avx512"
  Isa isa;

  // ---- matrix product on packed operands
  int rows_per_block;     // the most rows of a GemmTile
  int columns_per_panel;  // the columns of a packed panel; missing ones are zero
  // Floats of a packed panel, and of a packed row, for `inputs` (both padded with zeros to the kernel's step in k).
  int64_t (*panel_floats)(int64_t inputs);
  int64_t (*row_floats)(int64_t inputs);
  // weights [column_count, inputs] at `stride` (Hugging Face's [out, in]) → panel; and back, bit for bit.
  void (*pack_weights)(const float* weights, int64_t stride, int column_count, int64_t inputs, float* panel);
  void (*unpack_weights)(const float* panel, int column_count, int64_t inputs, float* weights, int64_t stride);
  // x [row_count, inputs] at `stride` → packed, row_count · row_floats(inputs) floats, 64-byte aligned.
  void (*pack_rows)(const float* x, int64_t stride, int row_count, int64_t inputs, float* packed);
  void (*gemm)(const GemmTile& tile);

  // ---- attention
  size_t (*attention_scratch)(int64_t key_count, int64_t head_size);
  void (*attention)(const AttentionTask& task);

  // ---- rows
  // out = (x − mean) / √(variance + epsilon) · gain + bias per row; two passes over the row (Ba et al. 2016). May be in place.
  void (*layer_norm)(const float* x, int64_t rows, int64_t width, const float* gain, const float* bias, float epsilon, float* out);
  // out = x / ‖x‖₂ per row; a zero row stays zero. May be in place.
  void (*l2_normalize)(const float* x, int64_t rows, int64_t width, float* out);
  // out = softmax(x) per row, maximum subtracted. May be in place.
  void (*softmax)(const float* x, int64_t rows, int64_t width, float* out);
  // out = a + b, `count` floats. May be in place.
  void (*add)(const float* a, const float* b, int64_t count, float* out);

  // ---- measuring
  // `rounds` of independent multiply-adds in registers: what no kernel can exceed. Returns the floating-point operations done (two per multiply-add); `result` receives a
  // number that depends on all of them.
  int64_t (*multiply_adds)(int64_t rounds, float* result);
};

// The table of an instruction set, or null when this build has none. Does not ask whether the CPU can run it: host/isa.h does.
const Kernels* find_kernels(Isa isa);

}  // namespace oag::host
