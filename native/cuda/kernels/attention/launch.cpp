#include "kernels/attention/launch.h"

#include <cstddef>

#include "kernels/attention/shapes.h"

namespace oag::cuda::attention {
namespace {

struct Kernel {
  int head_size, longest;  // longest 0: tiled
  const char* names[2];    // f16, bf16
  int heads, threads;
  unsigned shared_bytes;
};

#define SHORT_KERNEL(D, N) \
  {D, N, {"attention_short_f16_" #D "_" #N, "attention_short_bf16_" #D "_" #N}, short_heads<N, D>, short_threads<N, D>, short_shared_bytes<N, D>}
#define HEAD_KERNELS(D)                                                                                                        \
  SHORT_KERNEL(D, 16), SHORT_KERNEL(D, 32), SHORT_KERNEL(D, 64), SHORT_KERNEL(D, 80), {                                        \
    D, 0, {"attention_tiled_f16_" #D, "attention_tiled_bf16_" #D}, 1, tiled_threads, tiled_shared_bytes<D>                     \
  }
// By head size; of one, the shortest first.
constexpr Kernel kernels[] = {HEAD_KERNELS(32), HEAD_KERNELS(64), HEAD_KERNELS(96), HEAD_KERNELS(128)};

const Kernel& choose(int head_size, int longest) {
  for (const Kernel& kernel : kernels)
    if (kernel.head_size >= head_size && (kernel.longest == 0 || kernel.longest >= longest)) return kernel;
  return kernels[sizeof kernels / sizeof kernels[0] - 1];
}

}  // namespace

std::vector<KernelShape> kernel_shapes() {
  std::vector<KernelShape> shapes;
  for (const Kernel& kernel : kernels)
    for (const char* name : kernel.names) shapes.push_back({name, static_cast<uint32_t>(kernel.threads), kernel.shared_bytes});
  return shapes;
}

const char* refusal(const Params& p) {
  if (p.head_size <= 0 || p.head_size % 8 || p.head_size > largest_head) return "the head size is not a multiple of 8 from 8 to 128";
  if (p.query_stride % 8 || p.out_stride % 8) return "a stride is not a multiple of 8";
  if (!aligned(p.queries) || !aligned(p.out)) return "a tensor does not begin at a multiple of 16 bytes";
  for (const KeySource& source : p.sources) {
    if (source.key_stride % 8 || source.value_stride % 8) return "a stride is not a multiple of 8";
    if (!aligned(source.keys) || !aligned(source.values)) return "a tensor does not begin at a multiple of 16 bytes";
  }
  if (p.heads > 65535) return "there are more heads than a grid has rows";
  return nullptr;
}

Launch launch(Format format, const Extent& extent, Params& p) {
  const int longest = extent.longest_queries > extent.longest_keys ? extent.longest_queries : extent.longest_keys;
  const Kernel& kernel = choose(p.head_size, longest);
  p.row_tiles = kernel.longest ? 1 : (extent.longest_queries + tile_rows - 1) / tile_rows;
  return {kernel.names[static_cast<int>(format)], static_cast<uint32_t>(p.runs) * static_cast<uint32_t>(p.row_tiles),
          static_cast<uint32_t>((p.heads + kernel.heads - 1) / kernel.heads), 1, static_cast<uint32_t>(kernel.threads), kernel.shared_bytes};
}

}  // namespace oag::cuda::attention
