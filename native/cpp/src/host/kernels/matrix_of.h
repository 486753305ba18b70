// The table of a matrix product from the type that has its functions. Internal linkage, for units of several instruction sets include it.
#pragma once

#include "host/kernels/kernels.h"

namespace oag::host {
namespace {

// Product has, as static members, rows_per_block, columns_per_panel and every function of MatrixKernels; pack_columns is null in a format that has none.
template <class Product>
constexpr MatrixKernels matrix_of(const char* instruction, bool native) {
  return {.instruction = instruction,
          .native = native,
          .rows_per_block = Product::rows_per_block,
          .columns_per_panel = Product::columns_per_panel,
          .panel_bytes = Product::panel_bytes,
          .row_bytes = Product::row_bytes,
          .pack_weights = Product::pack_weights,
          .unpack_weights = Product::unpack_weights,
          .pack_rows = Product::pack_rows,
          .pack_columns = Product::pack_columns,
          .gemm = Product::gemm,
          .multiply_adds = Product::multiply_adds};
}

// For formats in which a packed row depends on all its inputs together.
constexpr decltype(MatrixKernels::pack_columns) no_columns = nullptr;

}  // namespace
}  // namespace oag::host
