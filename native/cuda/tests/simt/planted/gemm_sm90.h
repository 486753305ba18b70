// C [m × n] = A [m × k] · B, fp16 in, fp32 out, by TMA, mbarriers and wgmma: a ring of stages, one warp that loads, one warpgroup that multiplies (CUTLASS calls it
// warp-specialised). With 7 mistakes that can be planted. TB 0: B is [n × k]; 1: [k × n].
#pragma once

#include "simt/sm90.h"

namespace planted::gemm {
using namespace simt;

enum Bug { none, no_wait_for_empty, wrong_parity, read_before_wait, too_few_bytes, wrong_stride, early_release, no_fence, bug_count };
constexpr int stages = 3;
constexpr uint32_t tile_bytes = 8192;  // 64 × 64 halves
constexpr unsigned shared_bytes = 2 * stages * tile_bytes + 16 * stages;

template <int TB, int bug> void multiply(tma_map a, tma_map b, float* c, int m, int n, int k) {
  SIMT_DYN_SMEM(smem);
  const uint32_t base = saddr(smem), full = base + 2 * stages * tile_bytes, empty = full + 8 * stages;
  const int warp = static_cast<int>(threadIdx.x) >> 5, lane = static_cast<int>(threadIdx.x) & 31, steps = (k + 63) / 64;
  const int row0 = static_cast<int>(blockIdx.y) * 64, column0 = static_cast<int>(blockIdx.x) * 64;
  if (threadIdx.x == 0) {
    for (uint32_t s = 0; s < stages; s++) {
      mbar_init(full + 8 * s, 1);
      mbar_init(empty + 8 * s, 4);
    }
    fence_mbar_init();
  }
  __syncthreads();
  if (warp == 4) {
    for (int i = 0; lane == 0 && i < steps; i++) {
      const uint32_t s = static_cast<uint32_t>(i % stages), phase = static_cast<uint32_t>(i / stages) & 1;
      if (bug != no_wait_for_empty) mbar_wait(empty + 8 * s, phase ^ 1);
      mbar_arrive_expect(full + 8 * s, bug == too_few_bytes ? tile_bytes : 2 * tile_bytes);
      tma_load_2d(base + 2 * s * tile_bytes, &a, i * 64, row0, full + 8 * s);
      if (TB) tma_load_2d(base + (2 * s + 1) * tile_bytes, &b, column0, i * 64, full + 8 * s);
      else tma_load_2d(base + (2 * s + 1) * tile_bytes, &b, i * 64, column0, full + 8 * s);
    }
    return;
  }
  float d[32] = {};
  for (int i = 0; i < steps; i++) {
    const uint32_t s = static_cast<uint32_t>(i % stages), at_a = base + 2 * s * tile_bytes, at_b = at_a + tile_bytes;
    mbar_wait(full + 8 * s, (static_cast<uint32_t>(i / stages) & 1) ^ (bug == wrong_parity));
    if (bug != no_fence) wgmma_fence();
    for (uint32_t kk = 0; kk < 4; kk++) {
      const uint64_t a_desc = wgmma_desc(at_a + kk * 32, 16, bug == wrong_stride ? 512 : 1024);
      const uint64_t b_desc = TB ? wgmma_desc(at_b + kk * 2048, 8192, 1024) : wgmma_desc(at_b + kk * 32, 16, 1024);
      wgmma_m64n64k16_f16<TB>(d, a_desc, b_desc, i > 0 || kk > 0);
    }
    wgmma_commit();
    if (bug == early_release && lane == 0) mbar_arrive(empty + 8 * s);
    if (bug != read_before_wait || i + 1 < steps) wgmma_wait<0>();
    if (bug != early_release && lane == 0) mbar_arrive(empty + 8 * s);
  }
  for (int i = 0; i < 32; i++) {
    const int row = row0 + warp * 16 + (lane >> 2) + ((i >> 1) & 1) * 8, column = column0 + (i >> 2) * 8 + (lane & 3) * 2 + (i & 1);
    if (row < m && column < n) c[static_cast<long>(row) * n + column] = d[i];
  }
}

}  // namespace planted::gemm
