// One pass on the CPU: each operation cut into tiles for the kernels.
#pragma once

#include "core/arena.h"
#include "host/kernels/kernels.h"
#include "host/tensor_forms.h"
#include "host/weights.h"
#include "host/workspace.h"
#include "ops/recorder.h"

namespace oag::host {

class HostPass final : public Pass {
 public:
  HostPass(const ParameterList& parameters, const HostWeights& weights, const Recording& recording, const Bindings& bindings, HostWorkspace& workspace,
           const Kernels& kernels, Parallel& parallel);

  void read(const Tensor& tensor, void* values) override;

 protected:
  void execute(const Operation& operation) override;
  void write(const Tensor& tensor, FunctionRef<void(void* values)> fill) override;

 private:
  void run(const op::Linear& linear, const Tensor& out);
  void run(const op::LayerNorm& norm, float* out);
  void run(const op::Attention& attention, float* out);
  void run(const op::Embed& embed, float* out);
  void run(const op::Patches& patches, float* out);
  void run(const op::Pool& pool, float* out);
  void run(const op::L2Normalize& normalize, float* out);
  void run(const op::Similarity& similarity, float* out);
  void run(const op::Softmax& softmax, float* out);
  void run(const op::Concat& concat, float* out);
  void run(const op::Repeat& repeat, float* out);
  void run(const op::Multiply& multiply, float* out);
  void run(const op::Activate& activate, float* out);
  void run(const op::Add& add, float* out);
  void run(const op::Pixels& pixels, float* out);
  void run(const op::Conv2d& convolution, float* out);
  void run(const op::Pool2d& pool, float* out);

  char* memory(const Tensor& tensor) const;
  const float* floats(const Tensor& tensor) const { return reinterpret_cast<const float*>(memory(tensor)); }
  // Calls body(first row, row count) over `rows` rows of `width` numbers, a cache-sized piece at a time.
  void over_rows(int64_t rows, int64_t width, FunctionRef<void(int64_t first, int64_t count)> body);

  const HostWeights& weights_;
  RecordedOrder order_;
  HostWorkspace& workspace_;
  const Kernels& kernels_;
  Parallel& parallel_;
  const Parallel::Busy busy_;
  const TensorForms forms_;
  ArenaPlan plan_;
  char* arena_;
};

}  // namespace oag::host
