// The pointwise functions that follow a linear map.
#pragma once

namespace oag {

enum class Activation : int { none, quick_gelu, gelu, gelu_tanh, relu, tanh, silu, sigmoid };  // crosses the plugin boundary: new ones at the end
//   quick_gelu  x · sigmoid(1.702 x)                          (Hendrycks & Gimpel 2016, the sigmoid form; OpenAI's CLIP)
//   gelu        x · Φ(x), by erf                              (Hendrycks & Gimpel 2016)
//   gelu_tanh   0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³)))   (its tanh form; transformers' gelu_pytorch_tanh, gelu_new)
//   relu        max(x, 0)
//   silu        x · sigmoid(x)                                (Hendrycks & Gimpel 2016; Ramachandran et al. 2017)
//   sigmoid     1 / (1 + e⁻ˣ)

}  // namespace oag
