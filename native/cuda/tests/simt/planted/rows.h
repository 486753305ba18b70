// Kernels without a tensor core, with mistakes that can be planted: a block's sum used twice, a warp a row, shared memory inside a warp.
#pragma once

#include "simt/simt.h"

namespace planted::rows {
using namespace simt;

enum Bug { none, no_barrier_before_reuse, no_barrier_after_write, lanes_leave_early, no_syncwarp, plain_add };
constexpr int threads = 128;

template <int bug> inline float block_sum(float x) {
  SIMT_SHARED(float, parts, 4);
  for (int lanes = 16; lanes; lanes >>= 1) x += shfl_xor(x, lanes);
  if (bug != no_barrier_before_reuse) __syncthreads();  // others may still read the parts of the call before
  if ((threadIdx.x & 31) == 0) parts[threadIdx.x >> 5] = x;
  if (bug != no_barrier_after_write) __syncthreads();
  float sum = 0.f;
  for (int w = 0; w < 4; w++) sum += parts[w];
  return sum;
}

// y = (x − mean) / √(variance + eps), a block a row.
template <int bug> void normalize(const float* x, float* y, int width, float eps) {
  const float* row = x + static_cast<long>(blockIdx.x) * width;
  const int tid = static_cast<int>(threadIdx.x);
  float sum = 0.f, squares = 0.f;
  for (int i = tid; i < width; i += threads) sum += row[i];
  const float mean = block_sum<bug>(sum) / static_cast<float>(width);
  for (int i = tid; i < width; i += threads) squares += (row[i] - mean) * (row[i] - mean);
  const float inverse = fast_rsqrt(block_sum<bug>(squares) / static_cast<float>(width) + eps);
  for (int i = tid; i < width; i += threads) y[static_cast<long>(blockIdx.x) * width + i] = (row[i] - mean) * inverse;
}

// total += Σ of all rows, a warp a row.
template <int bug> void total(const float* x, float* sum, int rows, int width) {
  const int row = static_cast<int>(blockIdx.x) * (threads / 32) + (static_cast<int>(threadIdx.x) >> 5), lane = static_cast<int>(threadIdx.x) & 31;
  if (row >= rows) return;  // whole warps
  if (bug == lanes_leave_early && lane >= width) return;
  float s = 0.f;
  for (int i = lane; i < width; i += 32) s += x[static_cast<long>(row) * width + i];
  for (int lanes = 16; lanes; lanes >>= 1) s += shfl_xor(s, lanes);
  if (lane == 0) {
    if (bug == plain_add) *sum += s;  // ThreadSanitizer alone sees this one
    else atomic_add(sum, s);
  }
}

// Right before Volta, a race since.
template <int bug> void reverse(int* out) {
  SIMT_SHARED(int, s, 32);
  s[threadIdx.x] = static_cast<int>(threadIdx.x);
  if (bug != no_syncwarp) syncwarp();
  out[threadIdx.x] = s[31 - static_cast<int>(threadIdx.x)];
}

}  // namespace planted::rows
