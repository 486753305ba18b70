#include "kernels/rows/launch.h"

namespace oag::cuda::rows {
namespace {

constexpr uint32_t rows_per_block = 4, row_threads = 32 * rows_per_block, patch_threads = 256;

struct Kernel {
  int widest;
  const char *add[2], *gather[2], *pool[2];  // f16, bf16
};
#define WIDTH_KERNELS(V) \
  {256 * V, {"add_norm_f16_" #V, "add_norm_bf16_" #V}, {"gather_norm_f16_" #V, "gather_norm_bf16_" #V}, {"pool_f16_" #V, "pool_bf16_" #V}}
constexpr Kernel kernels[] = {WIDTH_KERNELS(1), WIDTH_KERNELS(2), WIDTH_KERNELS(3), WIDTH_KERNELS(4), WIDTH_KERNELS(8)};
constexpr const char* patch_kernels[] = {"patches_f16", "patches_bf16"};

const Kernel& choose(int width) {
  for (const Kernel& kernel : kernels)
    if (width <= kernel.widest) return kernel;
  return kernels[4];
}

Launch of_rows(const char* name, int rows) { return {name, (static_cast<uint32_t>(rows) + rows_per_block - 1) / rows_per_block, 1, 1, row_threads, 0}; }

const char* width_refusal(int width) { return width <= 0 || width % 8 || width > widest ? "the width is not a multiple of 8 from 8 to 2048" : nullptr; }
constexpr const char *not_aligned = "a tensor does not begin at a multiple of 16 bytes", *odd_stride = "a stride is not a multiple of 8";

}  // namespace

std::vector<KernelShape> kernel_shapes() {
  std::vector<KernelShape> shapes;
  for (int format = 0; format < 2; format++) {
    for (const Kernel& kernel : kernels)
      for (const char* name : {kernel.add[format], kernel.gather[format], kernel.pool[format]}) shapes.push_back({name, row_threads, 0});
    shapes.push_back({patch_kernels[format], patch_threads, 0});
  }
  return shapes;
}

const char* refusal(const AddParams& p) {
  if (!aligned(p.x) || !aligned(p.residual) || !aligned(p.sum) || !aligned(p.out)) return not_aligned;
  if (p.x_stride % 8 || p.residual_stride % 8 || p.sum_stride % 8 || p.out_stride % 8) return odd_stride;
  return width_refusal(p.width);
}
const char* refusal(const GatherParams& p) {
  for (const Table& table : p.tables) {
    if (!aligned(table.rows)) return not_aligned;
    if (table.stride % 8) return odd_stride;
  }
  if (!aligned(p.out)) return not_aligned;
  return p.out_stride % 8 ? odd_stride : width_refusal(p.width);
}
const char* refusal(const PatchParams& p) {
  if (!aligned(p.out)) return not_aligned;
  if (p.out_stride % 8) return odd_stride;
  if (p.patch <= 0 || p.height < p.patch || p.width < p.patch) return "a picture holds no patch";
  return p.columns != (p.channels * p.patch * p.patch + 7) / 8 * 8 ? "the columns are not those of a patch" : nullptr;
}
const char* refusal(const PoolParams& p) {
  if (!aligned(p.x) || !aligned(p.out)) return not_aligned;
  return p.x_stride % 8 ? odd_stride : width_refusal(p.width);
}

Launch launch(Format format, const AddParams& p) { return of_rows(choose(p.width).add[static_cast<int>(format)], p.rows); }
Launch launch(Format format, const GatherParams& p) { return of_rows(choose(p.width).gather[static_cast<int>(format)], p.rows); }
Launch launch(Format format, const PoolParams& p) { return of_rows(choose(p.width).pool[static_cast<int>(format)], p.runs); }
Launch launch(Format format, const PatchParams& p) {
  const int64_t pieces = static_cast<int64_t>(p.images) * (p.height / p.patch) * (p.width / p.patch) * (p.columns / 8);
  return {patch_kernels[static_cast<int>(format)], static_cast<uint32_t>((pieces + patch_threads - 1) / patch_threads), 1, 1, patch_threads, 0};
}

}  // namespace oag::cuda::rows
