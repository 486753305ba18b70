// The product on mma.sync (sm_80 and later): tiles of x and of the weights go through a ring of stages in shared memory, two of them under way while one is used.
//
// Per step of k a block of 128 × 128 reads 16 KiB and does 2 · 128 · 128 · 32 operations: 64 a byte. L2 feeds that on every supported GPU; at 48 KiB of shared memory two blocks
// share an SM of sm_86, and one block's epilogue overlaps the other's product.
#pragma once

#include "kernels/activation.h"
#include "kernels/fragments.h"
#include "kernels/gemm/shapes.h"
#include "kernels/gemm/task.h"
#include "simt/simt.h"

namespace oag::cuda::gemm {

// Rows from row0 on, elements k0 … of a matrix, into a tile; what does not exist becomes zero.
template <class T, int tile_rows, int block_threads>
SIMT_FN void load_tile(uint32_t tile, const void* matrix, int64_t stride, int row0, int rows, int k0, int inputs, int tid) {
  constexpr int chunks = step / 8;
  SIMT_UNROLL
  for (int i = 0; i < tile_rows * chunks / block_threads; i++) {
    const int piece = tid + i * block_threads, r = piece / chunks, chunk = piece % chunks;
    const bool exists = row0 + r < rows && k0 + chunk * 8 < inputs;
    const T* from = static_cast<const T*>(matrix) + (exists ? (row0 + r) * stride + k0 + chunk * 8 : 0);
    simt::cp_async16(tile + slot<step>(r, chunk), from, exists ? 16 : 0);
  }
}

// Eight columns of one row: bias, activation, residual, and out with them.
template <class T> SIMT_FN void finish_eight(const Params& p, int row, int column, float (&v)[8]) {
  uint4 residual{0, 0, 0, 0};
  if (p.residual) residual = *reinterpret_cast<const uint4*>(static_cast<const T*>(p.residual) + row * p.residual_stride + column);
  const uint32_t pairs[4] = {residual.x, residual.y, residual.z, residual.w};
  uint32_t rounded[4];
  SIMT_UNROLL
  for (int i = 0; i < 4; i++) {
    float low = v[2 * i], high = v[2 * i + 1];
    if (p.bias) {
      low += __ldg(p.bias + column + 2 * i);
      high += __ldg(p.bias + column + 2 * i + 1);
    }
    low = activate(p.activation, low);
    high = activate(p.activation, high);
    if (p.residual) {
      low += simt::low_float<T>(pairs[i]);
      high += simt::high_float<T>(pairs[i]);
    }
    rounded[i] = simt::pack2<T>(low, high);
  }
  *reinterpret_cast<uint4*>(static_cast<T*>(p.out) + row * p.out_stride + column) = uint4{rounded[0], rounded[1], rounded[2], rounded[3]};
}

template <class T, int rows, int columns, int warp_rows, int warp_columns> SIMT_FN void product(const Params& p) {
  SIMT_DYN_SMEM(smem);
  constexpr Shape shape{rows, columns, warp_rows, warp_columns};
  constexpr int block_threads = rows / warp_rows * (columns / warp_columns) * 32;
  constexpr unsigned stage = (rows + columns) * step * 2, weights_at = rows * step * 2;
  constexpr int m_tiles = warp_rows / 16, n_tiles = warp_columns / 8;
  static_assert(stage == (shape.rows + shape.columns) * step * 2);
  const int tid = static_cast<int>(threadIdx.x), warp = tid >> 5, lane = tid & 31;
  const int row0 = static_cast<int>(blockIdx.y) * rows, column0 = static_cast<int>(blockIdx.x) * columns;
  const int warp_row = warp / (columns / warp_columns) * warp_rows, warp_column = warp % (columns / warp_columns) * warp_columns;
  const uint32_t base = simt::saddr(smem);
  const int steps = (p.inputs + step - 1) / step;

  const auto fetch = [&](int i) {  // an empty group behind the last step, so that the count of groups goes on
    if (i < steps) {
      const uint32_t at = base + static_cast<unsigned>(i % stages) * stage;
      load_tile<T, rows, block_threads>(at, p.x, p.x_stride, row0, p.rows, i * step, p.inputs, tid);
      load_tile<T, columns, block_threads>(at + weights_at, p.weights, p.weight_stride, column0, p.columns, i * step, p.inputs, tid);
    }
    simt::cp_async_commit();
  };
  SIMT_UNROLL
  for (int i = 0; i < stages - 1; i++) fetch(i);

  float acc[m_tiles][n_tiles][4];
  SIMT_UNROLL
  for (int m = 0; m < m_tiles; m++) {
    SIMT_UNROLL
    for (int n = 0; n < n_tiles; n++) {
      SIMT_UNROLL
      for (int e = 0; e < 4; e++) acc[m][n][e] = 0.f;
    }
  }
  for (int i = 0; i < steps; i++) {
    simt::cp_async_wait<stages - 2>();
    __syncthreads();  // the step has landed for all, and the stage that is filled next was used by all
    fetch(i + stages - 1);
    const uint32_t at = base + static_cast<unsigned>(i % stages) * stage;
    SIMT_UNROLL
    for (int k = 0; k < step / 16; k++) {
      uint32_t a[m_tiles][4];
      SIMT_UNROLL
      for (int m = 0; m < m_tiles; m++) load_a<step>(a[m], at, warp_row + m * 16, k, lane);
      SIMT_UNROLL
      for (int n = 0; n < n_tiles; n += 2) {
        uint32_t b[4];
        load_b<step>(b, at + weights_at, warp_column + n * 8, k, lane);
        SIMT_UNROLL
        for (int m = 0; m < m_tiles; m++) {
          simt::mma_m16n8k16<T>(acc[m][n], a[m], b[0], b[1]);
          simt::mma_m16n8k16<T>(acc[m][n + 1], a[m], b[2], b[3]);
        }
      }
    }
  }
  simt::cp_async_wait<0>();
  __syncthreads();  // the stages are free: each warp takes a piece for its results

  // 16 rows at a time through shared memory in fp32, so that rows leave, and residuals come, in lines of 16 bytes. Rows are 8 numbers apart beyond their width: the four
  // rows that half a warp writes at once then touch all 32 banks.
  constexpr int pitch = warp_columns + 8;
  const unsigned own = static_cast<unsigned>(warp * 16 * pitch) * 4;
  const int g = lane >> 2, t = (lane & 3) * 2;
  SIMT_UNROLL
  for (int m = 0; m < m_tiles; m++) {
    SIMT_UNROLL
    for (int n = 0; n < n_tiles; n++) {
      SIMT_UNROLL
      for (int h = 0; h < 2; h++) {
        simt::smem_at<float2>(smem, own)[((g + 8 * h) * pitch + n * 8 + t) / 2] = float2{acc[m][n][2 * h], acc[m][n][2 * h + 1]};
      }
    }
    simt::syncwarp();
    SIMT_UNROLL
    for (int i = 0; i < 16 * warp_columns / 8 / 32; i++) {
      const int piece = lane + 32 * i, r = piece / (warp_columns / 8), column = piece % (warp_columns / 8) * 8;
      const int row = row0 + warp_row + m * 16 + r, out_column = column0 + warp_column + column;
      const simt::sptr<float4> fours = simt::smem_at<float4>(smem, own + static_cast<unsigned>(r * pitch + column) * 4);
      const float4 low = fours[0], high = fours[1];
      float v[8] = {low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w};
      if (row < p.rows && out_column < p.columns) finish_eight<T>(p, row, out_column, v);
    }
    simt::syncwarp();
  }
}

}  // namespace oag::cuda::gemm
