// The formula of task.h, plainly, on the host: in double what kernels are measured against; in float, rounded at the end, the plain implementation in the same precision.
#pragma once

#include <cmath>
#include <cstddef>
#include <type_traits>
#include <vector>

#include "kernels/gemm/task.h"
#include "simt/simt.h"

namespace oag::cuda::gemm {

template <class Number> Number plain_activation(Activation activation, Number x) {
  const auto sigmoid = [](Number y) { return 1 / (1 + std::exp(-y)); };
  switch (activation) {
    case Activation::none: return x;
    case Activation::quick_gelu: return x * sigmoid(static_cast<Number>(1.702) * x);
    case Activation::gelu: return x / 2 * (1 + std::erf(x * static_cast<Number>(0.70710678118654752)));
    case Activation::gelu_tanh: return x / 2 * (1 + std::tanh(static_cast<Number>(0.79788456080286536) * (x + static_cast<Number>(0.044715) * x * x * x)));
    case Activation::relu: return x > 0 ? x : 0;
    case Activation::tanh: return std::tanh(x);
    case Activation::silu: return x * sigmoid(x);
    case Activation::sigmoid: return sigmoid(x);
  }
  return x;
}

template <class T, class Number> std::vector<double> reference(const Params& p) {
  const auto number = [](const void* tensor, int64_t at) { return static_cast<Number>(simt::to_float(static_cast<const T*>(tensor)[at])); };
  std::vector<double> out;
  for (int64_t i = 0; i < p.rows; i++)
    for (int64_t j = 0; j < p.columns; j++) {
      Number sum = 0;
      for (int64_t k = 0; k < p.inputs; k++) sum += number(p.x, i * p.x_stride + k) * number(p.weights, j * p.weight_stride + k);
      if (p.bias) sum += static_cast<Number>(p.bias[j]);
      sum = plain_activation(p.activation, sum);
      if (p.residual) sum += number(p.residual, i * p.residual_stride + j);
      out.push_back(std::is_same_v<Number, double> ? static_cast<double>(sum) : static_cast<double>(simt::to_float(simt::from_float<T>(static_cast<float>(sum)))));
    }
  return out;
}

}  // namespace oag::cuda::gemm
