// The matrix product with what is fused behind it:
//
//   out[i, j] = activation(Σ_k x[i, k] · weights[j, k] + bias[j]) + residual[i, j]
//
// x and weights (Hugging Face's [out, in]) in fp16 or bf16, sums and everything behind them in fp32, rounded once into the result.
#pragma once

#include <cstdint>

namespace oag::cuda::gemm {

// Numbers and formulas of core/activation.h.
enum class Activation : int32_t { none, quick_gelu, gelu, gelu_tanh, relu, tanh, silu, sigmoid };

// All on the device; tensors begin at multiples of 16 bytes, strides are in elements and multiples of 8.
struct Params {
  const void* x;         // [rows, inputs]
  const void* weights;   // [columns, inputs]
  const float* bias;     // [columns], or null
  const void* residual;  // [rows, columns], or null; may be the memory of out
  void* out;             // [rows, columns]
  int64_t x_stride, weight_stride, residual_stride, out_stride;
  int32_t rows;
  int32_t columns;       // a multiple of 8
  int32_t inputs;        // a multiple of 8
  Activation activation;
};

}  // namespace oag::cuda::gemm
