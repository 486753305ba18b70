// The fp32 table of a vector instruction set, from the texts that are written once for all of them; a unit adds what it has for bf16 and int8. A unit includes its simd_<isa>.h first.
#pragma once

#include "host/kernels/attention_simd.h"
#include "host/kernels/pack_simd.h"
#include "host/kernels/rows_simd.h"

namespace oag::host {
namespace {

constexpr Kernels simd_table(const char* name, Isa isa) {
  return {
      .name = name,
      .isa = isa,
      .fp32 = matrix_of<PackedProduct<PackedFp32, FullMath>>("fused multiply-add", true),
      .bf16 = {},
      .int8 = {},
      .attention = attention_kernels<AttentionInFp32>(),
      .bf16_attention = {},
      .layer_norm = layer_norm,
      .l2_normalize = l2_normalize,
      .softmax = softmax,
      .add = add,
      .multiply = multiply_values,
      .activate = activate_values,
  };
}

}  // namespace
}  // namespace oag::host
