// simt.h under nvcc: keywords, shared memory, scalars, warp operations, atomics. One PTX instruction or intrinsic each.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <type_traits>

#define SIMT_FN __device__ __forceinline__
#define SIMT_GRID_CONSTANT __grid_constant__
#define SIMT_UNROLL _Pragma("unroll")
#define SIMT_KERNEL(name, Params, threads, blocks_per_sm) \
  extern "C" __global__ void __launch_bounds__(threads, blocks_per_sm) name(const __grid_constant__ Params p)
#define SIMT_DYN_SMEM(name) extern __shared__ __align__(1024) unsigned char name[]
#define SIMT_SHARED(T, name, n) __shared__ T name[n]

namespace simt {

using half_t = __half;
using bf16_t = __nv_bfloat16;

template <class T> using sptr = T*;
template <class T> SIMT_FN T* smem_at(unsigned char* base, unsigned offset) { return reinterpret_cast<T*>(base + offset); }
SIMT_FN uint32_t saddr(const void* p) { return static_cast<uint32_t>(__cvta_generic_to_shared(p)); }

// ---- scalars
SIMT_FN float to_float(float v) { return v; }
SIMT_FN float to_float(half_t v) { return __half2float(v); }
SIMT_FN float to_float(bf16_t v) { return __bfloat162float(v); }
template <class T> SIMT_FN T from_float(float v) {
  if constexpr (std::is_same_v<T, half_t>) return __float2half_rn(v);
  else if constexpr (std::is_same_v<T, bf16_t>) return __float2bfloat16_rn(v);
  else return v;
}
template <class T> SIMT_FN uint32_t pack2(float low, float high) {  // PTX puts its first source into the upper half
  uint32_t r;
  if constexpr (std::is_same_v<T, half_t>) asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(high), "f"(low));
  else asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(high), "f"(low));
  return r;
}
template <class T> SIMT_FN float low_float(uint32_t pair) {
  if constexpr (std::is_same_v<T, half_t>) return __half2float(__ushort_as_half(static_cast<unsigned short>(pair)));
  else return __uint_as_float(pair << 16);
}
template <class T> SIMT_FN float high_float(uint32_t pair) {
  if constexpr (std::is_same_v<T, half_t>) return __half2float(__ushort_as_half(static_cast<unsigned short>(pair >> 16)));
  else return __uint_as_float(pair & 0xffff0000u);
}
SIMT_FN float fast_exp2(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}
SIMT_FN float fast_rsqrt(float x) { return rsqrtf(x); }
SIMT_FN float fast_log2(float x) { return __log2f(x); }

// ---- warp
template <class T> SIMT_FN T shfl_xor(T v, int lanes, unsigned mask = 0xffffffffu) { return __shfl_xor_sync(mask, v, lanes); }
template <class T> SIMT_FN T shfl_down(T v, int lanes, unsigned mask = 0xffffffffu) { return __shfl_down_sync(mask, v, lanes); }
template <class T> SIMT_FN T shfl_idx(T v, int lane, unsigned mask = 0xffffffffu) { return __shfl_sync(mask, v, lane); }
SIMT_FN unsigned vote_ballot(bool p, unsigned mask = 0xffffffffu) { return __ballot_sync(mask, p); }
SIMT_FN bool vote_any(bool p, unsigned mask = 0xffffffffu) { return __any_sync(mask, p); }
SIMT_FN bool vote_all(bool p, unsigned mask = 0xffffffffu) { return __all_sync(mask, p); }
SIMT_FN void syncwarp(unsigned mask = 0xffffffffu) { __syncwarp(mask); }

// ---- atomics
template <class T> SIMT_FN T atomic_add(T* p, T v) { return atomicAdd(p, v); }

}  // namespace simt
