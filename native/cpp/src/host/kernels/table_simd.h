// The table of a vector instruction set, from the texts that are written once for all of them. A unit includes its simd_<isa>.h first.
#pragma once

#include "host/kernels/attention_simd.h"
#include "host/kernels/gemm_simd.h"
#include "host/kernels/peak_simd.h"
#include "host/kernels/rows_simd.h"

namespace oag::host {
namespace {

constexpr Kernels simd_table(const char* name, Isa isa) {
  return {
      .name = name,
      .isa = isa,
      .fp32 = {.instruction = "fused multiply-add",
               .native = true,
               .rows_per_block = kRowsPerBlock,
               .columns_per_panel = kColumnsPerPanel,
               .panel_bytes = panel_bytes,
               .row_bytes = row_bytes,
               .pack_weights = pack_weights,
               .unpack_weights = unpack_weights,
               .pack_rows = pack_rows,
               .gemm = gemm,
               .multiply_adds = multiply_adds},
      .bf16 = {},
      .int8 = {},
      .attention = {attention_scratch, attention},
      .bf16_attention = {},
      .layer_norm = layer_norm,
      .l2_normalize = l2_normalize,
      .softmax = softmax,
      .add = add,
  };
}

}  // namespace
}  // namespace oag::host
