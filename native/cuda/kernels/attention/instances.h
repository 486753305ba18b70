// Every attention kernel of one number format. A file per format says OAG_ATTENTION_KERNELS(suffix, T).
#pragma once

#include "kernels/attention/short.h"
#include "kernels/attention/tiled.h"

#define OAG_ATTENTION_SHORT(suffix, T, D, N) \
  SIMT_KERNEL(attention_short_##suffix##_##D##_##N, oag::cuda::attention::Params, (oag::cuda::attention::short_threads<N, D>), (oag::cuda::attention::short_blocks<N, D>)) { oag::cuda::attention::short_runs<T, D, N>(p); }
#define OAG_ATTENTION_HEAD(suffix, T, D) \
  SIMT_KERNEL(attention_tiled_##suffix##_##D, oag::cuda::attention::Params, oag::cuda::attention::tiled_threads, oag::cuda::attention::tiled_blocks<D>) { oag::cuda::attention::tiled<T, D>(p); } \
  OAG_ATTENTION_SHORT(suffix, T, D, 16) \
  OAG_ATTENTION_SHORT(suffix, T, D, 32) \
  OAG_ATTENTION_SHORT(suffix, T, D, 64) \
  OAG_ATTENTION_SHORT(suffix, T, D, 80)
#define OAG_ATTENTION_KERNELS(suffix, T) \
  OAG_ATTENTION_HEAD(suffix, T, 32) \
  OAG_ATTENTION_HEAD(suffix, T, 64) \
  OAG_ATTENTION_HEAD(suffix, T, 96) \
  OAG_ATTENTION_HEAD(suffix, T, 128)
