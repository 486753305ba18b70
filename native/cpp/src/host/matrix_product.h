// The matrix product over threads: rows packed once, then row blocks × panels as tiles.
#pragma once

#include <cstdint>

#include "core/activation.h"
#include "core/parallel.h"
#include "host/kernels/kernels.h"
#include "host/workspace.h"

namespace oag::host {

// out[r] = activation(x[r] · W + bias) + residual[r], or activation(x[r] · W + bias + residual[r]), over runs of rows that lie together in the result.
struct MatrixProduct {
  int64_t runs = 1;          // run i: rows_per_run rows of x, to rows i · out_run … of out
  int64_t rows_per_run = 0;
  int64_t out_run = 0;       // rows from one run's result to the next; with one run it does not matter
  int64_t inputs = 0;
  // Rows that are packed before any is multiplied. 480 × 3072 inputs are 5.9 MB: they stay in the last-level cache while the panels pass by, and bound the scratch. Products that
  // hand packed rows on to each other have the same.
  int64_t slab_rows = 480;

  // All rows, of one run, packed already: where another product left them (packed_out); or null, and each is packed here.
  const char* packed_rows = nullptr;
  // Writes rows first … first + count of run `run` to `packed` (MatrixKernels::pack_rows). `scratch` has slot_floats floats.
  FunctionRef<void(int64_t run, int64_t first, int count, void* packed, float* scratch)> pack;
  size_t slot_floats = 0;

  // Panel p's memory and the columns of the result that it makes.
  struct Panel {
    const void* memory;
    int64_t first_column;
    int column_count;
    const float* bias;  // of first_column, or null
  };
  int64_t panels = 0;
  FunctionRef<Panel(int64_t panel)> panel;

  Activation activation = Activation::none;
  const float* residual = nullptr;  // row r of run i at (i · residual_run + r) · out_stride, or null
  int64_t residual_run = 0;
  bool residual_first = false;  // before the activation
  float* out = nullptr;
  int64_t out_stride = 0;      // the columns of a result
  char* packed_out = nullptr;  // in place of out: results of one run, packed for a product by the same kernels, each panel's to MatrixKernels::pack_columns
};

// `packed` has packed_bytes bytes on a 64-byte boundary; the workspace has slot scratch of slot_bytes per thread.
void multiply(const MatrixProduct& product, const MatrixKernels& kernels, Parallel& parallel, char* packed, HostWorkspace& workspace);

// Bytes of packed rows that `multiply` needs at once.
size_t packed_bytes(const MatrixProduct& product, const MatrixKernels& kernels);
size_t slot_bytes(const MatrixProduct& product, const MatrixKernels& kernels);

}  // namespace oag::host
