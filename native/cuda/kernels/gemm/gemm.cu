#include "kernels/gemm/product.h"

#define OAG_GEMM(suffix, T)                                                                                                          \
  SIMT_KERNEL(gemm_##suffix##_128x128, oag::cuda::gemm::Params, 256, 2) { oag::cuda::gemm::product<T, 128, 128, 64, 32>(p); } \
  SIMT_KERNEL(gemm_##suffix##_64x64, oag::cuda::gemm::Params, 128, 3) { oag::cuda::gemm::product<T, 64, 64, 32, 32>(p); }

OAG_GEMM(f16, simt::half_t)
OAG_GEMM(bf16, simt::bf16_t)
