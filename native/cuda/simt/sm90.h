// What sm_90a adds to simt.h: mbarrier, TMA tile loads (2-D, 128-byte swizzle) and wgmma with both operands in shared memory.
//
//   mbar_init(bar, count), fence_mbar_init      a barrier of `count` arrivals, 8 bytes of shared memory
//   mbar_arrive(bar), mbar_arrive_expect(bar, bytes), mbar_wait(bar, parity)
//   tma_load_2d(dst, map, x, y, bar)            a box of the tensor at column x, row y; what lies outside is zero
//   wgmma_fence, wgmma_commit, wgmma_wait<N>
//   wgmma_m64n64k16_f16<TB>(d, a, b, keep)      d (+)= A[64×16] · B[16×64]; TB 1: B is stored by rows of k (N-major), 0: by columns (K-major)
//   wgmma_desc(address, leading, stride)        operand descriptor with 128-byte swizzle
//
// PTX ISA 8.0, sections 9.7.12.15 (mbarrier), 9.7.8.24 (cp.async.bulk.tensor), 9.7.14 (wgmma).
#pragma once

#include "simt/simt.h"

#if defined(__CUDACC__)
#include "simt/device/sm90.h"
#else
#include "simt/emulator/sm90.h"
#endif

namespace simt {

// Start address, leading and stride byte offsets, in units of 16 bytes; 128-byte swizzle is mode 1.
__device__ __forceinline__ uint64_t wgmma_desc(uint32_t address, uint32_t leading, uint32_t stride) {
  const auto field = [](uint32_t bytes) { return static_cast<uint64_t>((bytes & 0x3ffff) >> 4); };
  return field(address) | field(leading) << 16 | field(stride) << 32 | static_cast<uint64_t>(1) << 62;
}

}  // namespace simt
