// The pointwise functions behind a product, by the formulas of core/activation.h, in fp32.
#pragma once

#include "kernels/gemm/task.h"
#include "simt/simt.h"

namespace oag::cuda {

SIMT_FN float sigmoid(float x) { return 1.f / (1.f + simt::fast_exp2(x * -1.4426950408889634f)); }

SIMT_FN float activate(gemm::Activation activation, float x) {
  switch (activation) {
    case gemm::Activation::none: return x;
    case gemm::Activation::quick_gelu: return x * sigmoid(1.702f * x);
    case gemm::Activation::gelu: return 0.5f * x * (1.f + erff(x * 0.7071067811865476f));
    case gemm::Activation::gelu_tanh: return x * sigmoid(1.5957691216057308f * (x + 0.044715f * x * x * x));  // (1 + tanh y) / 2 = sigmoid 2 y
    case gemm::Activation::relu: return fmaxf(x, 0.f);
    case gemm::Activation::tanh: return tanhf(x);
    case gemm::Activation::silu: return x * sigmoid(x);
    case gemm::Activation::sigmoid: return sigmoid(x);
  }
  return x;
}

}  // namespace oag::cuda
