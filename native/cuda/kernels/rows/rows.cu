#include "kernels/rows/rows.h"

// By width: up to 256 · V.
#define OAG_ROWS_OF(suffix, T, V)                                                                                                              \
  SIMT_KERNEL(add_norm_##suffix##_##V, oag::cuda::rows::AddParams, oag::cuda::rows::row_threads, 1) { oag::cuda::rows::add_norm<T, V>(p); }           \
  SIMT_KERNEL(gather_norm_##suffix##_##V, oag::cuda::rows::GatherParams, oag::cuda::rows::row_threads, 1) { oag::cuda::rows::gather_norm<T, V>(p); } \
  SIMT_KERNEL(pool_##suffix##_##V, oag::cuda::rows::PoolParams, oag::cuda::rows::row_threads, 1) { oag::cuda::rows::pool<T, V>(p); }
#define OAG_ROWS(suffix, T)   \
  OAG_ROWS_OF(suffix, T, 1)   \
  OAG_ROWS_OF(suffix, T, 2)   \
  OAG_ROWS_OF(suffix, T, 3)   \
  OAG_ROWS_OF(suffix, T, 4)   \
  OAG_ROWS_OF(suffix, T, 8)   \
  SIMT_KERNEL(patches_##suffix, oag::cuda::rows::PatchParams, oag::cuda::rows::patch_threads, 1) { oag::cuda::rows::patches<T>(p); }

OAG_ROWS(f16, simt::half_t)
OAG_ROWS(bf16, simt::bf16_t)
