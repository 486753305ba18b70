#include "kernels/gemm/launch.h"

#include "kernels/gemm/shapes.h"

namespace oag::cuda::gemm {
namespace {

struct Kernel {
  Shape shape;
  const char* names[2];  // f16, bf16
};
constexpr Kernel kernels[] = {{large, {"gemm_f16_128x128", "gemm_bf16_128x128"}}, {small, {"gemm_f16_64x64", "gemm_bf16_64x64"}}};

}  // namespace

std::vector<KernelShape> kernel_shapes() {
  std::vector<KernelShape> shapes;
  for (const Kernel& kernel : kernels)
    for (const char* name : kernel.names) shapes.push_back({name, static_cast<uint32_t>(threads(kernel.shape)), shared_bytes(kernel.shape)});
  return shapes;
}

const char* refusal(const Params& p) {
  for (const void* pointer : {p.x, p.weights, p.residual, static_cast<const void*>(p.out)})
    if (!aligned(pointer)) return "a tensor does not begin at a multiple of 16 bytes";
  if (p.x_stride % 8 || p.weight_stride % 8 || p.out_stride % 8 || (p.residual && p.residual_stride % 8)) return "a stride is not a multiple of 8";
  if (p.columns % 8 || p.inputs % 8) return "columns or inputs are not a multiple of 8";
  if (p.rows > 65535 * small.rows) return "there are more rows than a grid has";
  return nullptr;
}

Launch launch(Format format, int multiprocessors, const Params& p) {
  const auto blocks = [](int64_t length, int tile) { return (length + tile - 1) / tile; };
  const bool fills = blocks(p.rows, large.rows) * blocks(p.columns, large.columns) >= multiprocessors;
  const Kernel& kernel = kernels[fills ? 0 : 1];
  return {kernel.names[static_cast<int>(format)], static_cast<uint32_t>(blocks(p.columns, kernel.shape.columns)), static_cast<uint32_t>(blocks(p.rows, kernel.shape.rows)), 1,
          static_cast<uint32_t>(threads(kernel.shape)), shared_bytes(kernel.shape)};
}

}  // namespace oag::cuda::gemm
