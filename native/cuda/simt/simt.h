// The only door from a kernel to the device.
//
// A kernel is ordinary CUDA C++ (threadIdx, __syncthreads, float4) that reaches every other device instruction through the names below. nvcc
// turns each into one PTX instruction or one intrinsic (simt/device); any C++20 compiler gives the same names to the block emulator
// (simt/emulator), so that the same source runs, and is checked, on a machine without a GPU. Kernels include this header, never
// <cuda_fp16.h>, hold no inline assembly, and launch nothing.
//
//   SIMT_KERNEL(name, Params, threads, blocks_per_sm)   a kernel: extern "C", one parameter block `p`, found by its name
//   SIMT_DYN_SMEM(name)            the dynamic shared memory of the block, aligned to 1024 bytes
//   SIMT_SHARED(T, name, n)        a static shared array
//   sptr<T>                        pointer into shared memory: T* on the device, a checked handle in the emulator
//   smem_at<T>(base, offset)       sptr<T> to a byte offset
//   saddr(p)                       its 32-bit shared address, which the instructions below take
//   half_t, bf16_t                 16-bit numbers
//   to_float, from_float<T>, pack2<T>(low, high)
//   fast_exp2, fast_rsqrt, fast_log2   approximations of the special-function unit
//   shfl_xor, shfl_down, shfl_idx, vote_ballot, vote_any, vote_all, syncwarp
//   atomic_add
//   cp_async16(dst, src, bytes), cp_async_commit, cp_async_wait<N>      16 bytes global → shared, zero-filled behind `bytes` (sm_80)
//   ldmatrix_x4, ldmatrix_x4_trans, mma_m16n8k16<T>                     tensor-core path of sm_80 and later
//
// sm_90a has its own names in simt/sm90.h. A kernel must not say `using namespace simt` at file scope: CUDA's own names clash.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__CUDACC__)
#include "simt/device/device.h"
#include "simt/device/tensor_core.h"
#else
#include "simt/emulator/vocabulary.h"
#include "simt/emulator/block.h"
#include "simt/emulator/launch.h"
#include "simt/emulator/scalars.h"
#include "simt/emulator/shared.h"
#include "simt/emulator/tensor_core.h"
#include "simt/emulator/warp.h"
#endif
