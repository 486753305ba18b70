// The arithmetic of the host executor: one table of functions per instruction set.
//
// A kernel works on plain memory, in the calling thread, and allocates nothing: the executor cuts an operation into tiles and gives them to
// the worker pool. Inputs are finite or not, aligned or not; a kernel reads and writes exactly the rows and columns it is told, never
// beyond. A result's bits depend on the row's own input alone: not on which rows share a tile, nor on the tile's size (sums run along k in
// order, in one accumulator per output). All accumulate in fp32, and products of int8 in int32.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/activation.h"
#include "core/precision.h"

namespace oag::host {

enum class Isa : int { reference = 1, avx2 = 2, avx512 = 3, neon = 4 };  // values of oag_isa

// One row block times one panel of packed weights, with the fused epilogue:
//   out[i, j] = activation(Σ_k rows[i, k] · panel[k, j] + bias[j]) + residual[i, j],   or   activation(Σ_k … + bias[j] + residual[i, j])
struct GemmTile {
  const void* rows;       // packed by pack_rows: `row_count` rows × inputs
  const void* panel;      // packed by pack_weights: inputs × columns_per_panel
  int64_t inputs;         // k, unpadded
  int row_count;          // 1 … rows_per_block
  int column_count;       // 1 … columns_per_panel: the columns that exist
  const float* bias;      // [column_count] or null
  const float* residual;  // [row_count, column_count] at residual_stride, or null; may be the memory of out
  int64_t residual_stride;
  float* out;             // [row_count, column_count] at out_stride
  int64_t out_stride;
  Activation activation;
  const void* ahead = nullptr;  // a quarter of a panel that is wanted soon, brought nearer meanwhile (never read: it may lie behind the last one); or null
  bool residual_first = false;  // before the activation
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
//   out[i] = Σ_j softmax_j(scale · queries[i]·keys[j] + position_bias[j − i]) values[j],  j over all keys, or those at positions ≤ the query's when causal.
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
  const float* position_bias;  // of key position − query position, all that occur, from the distance 0 on both ways; or null
  float* out;            // [query_count, head_size] at out_stride
  int64_t out_stride;
  void* scratch;         // AttentionKernels::scratch(keys in all, head_size) bytes, 64-byte aligned, private to the call
};

// The matrix product on operands that are packed in one number format.
//
//   fp32  as they are
//   bf16  weights and rows rounded to bf16, to the nearest, ties to even; the products are exact in fp32
//   int8  weights s·q with one s per column: s = max |w| / 127, q = round(w · (127 / max |w|)) in −127 … 127. Rows s·(q − z) with one s and one z per row: over the row
//         and 0, s = max / 255 − min / 255, z = round(−min · (1 / s)), q = round(x · (1 / s)) + z in 0 … 255. The sum Σ (q_row − z) q_column of integers is exact, and
//         times (s_row · s_column), plus the bias, it has equal bits on every instruction set. A row that holds an infinity or NaN gives NaN.
struct MatrixKernels {
  const char* instruction;  // what multiplies: "vdpbf16ps"
  bool native;              // the CPU has multiply-adds of this format. If not they are made of fp32's: as right, in less memory, and no faster
  int rows_per_block;       // the most rows of a GemmTile
  int columns_per_panel;    // the columns of a packed panel; missing ones are zero
  // Bytes of a packed panel, and of a packed row, for `inputs` (both padded with zeros to the kernel's step in k).
  int64_t (*panel_bytes)(int64_t inputs);
  int64_t (*row_bytes)(int64_t inputs);
  // weights [column_count, inputs] at `stride` (Hugging Face's [out, in]), all finite → panel; and back, as rounded: in fp32 bit for bit, NaN and infinity too.
  void (*pack_weights)(const float* weights, int64_t stride, int column_count, int64_t inputs, void* panel);
  void (*unpack_weights)(const void* panel, int column_count, int64_t inputs, float* weights, int64_t stride);
  // x [row_count, inputs] at `stride` → packed, row_count · row_bytes(inputs), 64-byte aligned.
  void (*pack_rows)(const float* x, int64_t stride, int row_count, int64_t inputs, void* packed);
  // x [row_count, count] at `stride`, columns first … first + count of rows of `inputs` inputs → where pack_rows, given all of such a row, has them in `packed`, with its
  // bits. first is a multiple of columns_per_panel, and so is count unless these are the last columns. Null in int8: a row's scale depends on all of it.
  void (*pack_columns)(const float* x, int64_t stride, int row_count, int64_t inputs, int64_t first, int64_t count, void* packed);
  void (*gemm)(const GemmTile& tile);
  // `rounds` of independent multiply-adds in registers: what no product can exceed. Returns the operations done (two per multiply-add); `result` receives a number that
  // depends on all of them.
  int64_t (*multiply_adds)(int64_t rounds, float* result);
};

// The most inputs of an int8 product: 65,536 · 255 · 127 fits an int32.
constexpr int64_t most_int8_inputs = 65536;

struct AttentionKernels {
  size_t (*scratch)(int64_t key_count, int64_t head_size);  // bytes
  void (*attend)(const AttentionTask& task);
};

struct Kernels {
  const char* name;  // "avx512"
  Isa isa;

  MatrixKernels fp32, bf16, int8;
  // Of `precision`; of fp32 for one that has none.
  const MatrixKernels& matrix(Precision precision) const { return precision == Precision::bf16 ? bf16 : precision == Precision::int8 ? int8 : fp32; }

  AttentionKernels attention;
  AttentionKernels bf16_attention;  // scale · queries, keys, values and probabilities are rounded to bf16

  // ---- rows
  // out = (x − mean) / √(variance + epsilon) · gain + bias per row; two passes over the row (Ba et al. 2016). May be in place.
  void (*layer_norm)(const float* x, int64_t rows, int64_t width, const float* gain, const float* bias, float epsilon, float* out);
  // out = x / ‖x‖₂ per row; a zero row stays zero. May be in place.
  void (*l2_normalize)(const float* x, int64_t rows, int64_t width, float* out);
  // out = softmax(x) per row, maximum subtracted. May be in place.
  void (*softmax)(const float* x, int64_t rows, int64_t width, float* out);
  // out = a + b, `count` floats. May be in place.
  void (*add)(const float* a, const float* b, int64_t count, float* out);
  // out = a · b, element by element. May be in place.
  void (*multiply)(const float* a, const float* b, int64_t count, float* out);
  // out = activation(x). May be in place.
  void (*activate)(Activation activation, const float* x, int64_t count, float* out);
};

// The table of an instruction set, or null when this build has none. Does not ask whether the CPU can run it: host/isa.h does.
const Kernels* find_kernels(Isa isa);

}  // namespace oag::host
