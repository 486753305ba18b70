// The table of a vector instruction set, from the texts that are written once for all of them, with the arithmetic of fp32 for bf16; a unit brings its own int8. It includes its
// simd_<isa>.h first.
#pragma once

#include "host/kernels/attention_simd.h"
#include "host/kernels/bf16_simd.h"
#include "host/kernels/pack_simd.h"
#include "host/kernels/rows_simd.h"

namespace oag::host {
namespace {

constexpr Kernels simd_table(const char* name, Isa isa, const MatrixKernels& int8) {
  return {
      .name = name,
      .isa = isa,
      .fp32 = matrix_of<PackedProduct<PackedFp32, FullMath>>("fused multiply-add", true),
      .bf16 = matrix_of<PackedProduct<WidenedBf16, ReducedMath>>("fused multiply-add of fp32", false),
      .int8 = int8,
      .attention = attention_kernels<AttentionInFp32>(),
      .bf16_attention = attention_kernels<RoundedToBf16>(),
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
