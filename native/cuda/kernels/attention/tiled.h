// Attention for sequences of any length: FlashAttention-2's loop (Dao 2023). A block has 64 queries of a run in one head, a warp 16 of them; keys and values come in
// tiles of 64, two stages, the next one under way while this one is used.
//
// At head size 64: 40.5 KiB of shared memory, so 2 blocks on an SM of sm_86 and 5 on sm_90. Keys and values are read once per 64 queries, from L2 but for the first
// time; at lengths up to 577 the L2 of every supported GPU holds them.
#pragma once

#include "kernels/attention/tile.h"

namespace oag::cuda::attention {

template <class T, int D> SIMT_FN void tiled(const Params& p) {
  SIMT_DYN_SMEM(smem);
  constexpr unsigned tile = tile_bytes<D, tile_rows>, keys_at = tile, values_at = 3 * tile, positions_at = 5 * tile;
  constexpr int chunks = D / 8, pieces = tile_rows * chunks / tiled_threads;
  const int tid = static_cast<int>(threadIdx.x), warp = tid >> 5, lane = tid & 31;
  const int head = static_cast<int>(blockIdx.y), column = head * p.head_size;
  const QueryRun queries = p.query_runs[blockIdx.x / static_cast<unsigned>(p.row_tiles)];
  const int row0 = static_cast<int>(blockIdx.x) % p.row_tiles * tile_rows;
  if (row0 >= queries.count) return;  // all threads: this run has fewer tiles than the longest

  const int last_query = queries.first_position + (row0 + tile_rows < queries.count ? row0 + tile_rows : queries.count) - 1;
  const int keys = p.causal ? keys_up_to(p, queries, last_query) : queries.keys, tiles = (keys + tile_rows - 1) / tile_rows;
  const uint32_t base = simt::saddr(smem);
  KeyCursor load_cursor = first_keys(p, queries), position_cursor = load_cursor;

  const auto fetch = [&](int j) {
    const unsigned stage = static_cast<unsigned>(j & 1);
    SIMT_UNROLL
    for (int i = 0; i < pieces; i++) {
      const int piece = tid + i * tiled_threads, r = piece / chunks, chunk = piece % chunks;
      const unsigned at = stage * tile + slot<D>(r, chunk);
      load_key_chunk<T, D>(p, load_cursor, j * tile_rows + r, keys, column, chunk, base + keys_at + at, base + values_at + at);
    }
    if (tid < tile_rows) simt::smem_at<int>(smem, positions_at)[static_cast<int>(stage) * tile_rows + tid] = key_position(position_cursor, j * tile_rows + tid, keys);
    simt::cp_async_commit();
  };

  SIMT_UNROLL
  for (int i = 0; i < pieces; i++) {
    const int piece = tid + i * tiled_threads, r = piece / chunks, chunk = piece % chunks;
    load_query_chunk<T>(p, queries, row0 + r, column, chunk, base + slot<D>(r, chunk));
  }
  if (tiles > 0) fetch(0);

  const bool has_queries = row0 + warp * 16 < queries.count;
  uint32_t q[D / 16][4];
  float acc[D / 8][4], max[2] = {-INFINITY, -INFINITY}, sum[2] = {0.f, 0.f};
  SIMT_UNROLL
  for (int n = 0; n < D / 8; n++) {
    SIMT_UNROLL
    for (int e = 0; e < 4; e++) acc[n][e] = 0.f;
  }

  for (int j = 0; j < tiles; j++) {
    const unsigned stage = static_cast<unsigned>(j & 1);
    if (j + 1 < tiles) {
      fetch(j + 1);
      simt::cp_async_wait<1>();
    } else {
      simt::cp_async_wait<0>();
    }
    __syncthreads();
    if (has_queries) {
      if (j == 0) {
        SIMT_UNROLL
        for (int k = 0; k < D / 16; k++) load_a<D>(q[k], base, warp * 16, k, lane);
      }
      float scores[tile_rows / 8][4];
      SIMT_UNROLL
      for (int n = 0; n < tile_rows / 16; n++) {
        SIMT_UNROLL
        for (int e = 0; e < 4; e++) scores[2 * n][e] = scores[2 * n + 1][e] = 0.f;
        SIMT_UNROLL
        for (int k = 0; k < D / 16; k++) {
          uint32_t b[4];
          load_b<D>(b, base + keys_at + stage * tile, n * 16, k, lane);
          simt::mma_m16n8k16<T>(scores[2 * n], q[k], b[0], b[1]);
          simt::mma_m16n8k16<T>(scores[2 * n + 1], q[k], b[2], b[3]);
        }
      }
      const sptr<int> positions = simt::smem_at<int>(smem, positions_at + stage * tile_rows * 4);
      finish_scores<tile_rows>(p, scores, positions, head, queries.first_position + row0 + warp * 16, lane);

      float correction[2], tile_sum[2];
      SIMT_UNROLL
      for (int h = 0; h < 2; h++) {
        float top = -INFINITY;
        SIMT_UNROLL
        for (int n = 0; n < tile_rows / 8; n++) top = fmaxf(top, fmaxf(scores[n][2 * h], scores[n][2 * h + 1]));
        top = fmaxf(max[h], quad_max(top));
        correction[h] = simt::fast_exp2(max[h] - (top == -INFINITY ? 0.f : top));
        max[h] = top;
      }
      uint32_t probability[tile_rows / 16][4];
      probabilities<T, tile_rows>(scores, max, probability, tile_sum);
      SIMT_UNROLL
      for (int h = 0; h < 2; h++) {
        sum[h] = sum[h] * correction[h] + tile_sum[h];
        SIMT_UNROLL
        for (int n = 0; n < D / 8; n++) {
          acc[n][2 * h] *= correction[h];
          acc[n][2 * h + 1] *= correction[h];
        }
      }
      SIMT_UNROLL
      for (int k = 0; k < tile_rows / 16; k++) {
        SIMT_UNROLL
        for (int n = 0; n < D / 16; n++) {
          uint32_t b[4];
          load_b_trans<D>(b, base + values_at + stage * tile, k * 16, n, lane);
          simt::mma_m16n8k16<T>(acc[2 * n], probability[k], b[0], b[1]);
          simt::mma_m16n8k16<T>(acc[2 * n + 1], probability[k], b[2], b[3]);
        }
      }
    }
    __syncthreads();  // the stage is filled again in the next turn
  }
  simt::cp_async_wait<0>();  // of the queries, where there is no key
  __syncthreads();
  if (has_queries) store<T, D>(p, queries, head, row0 + warp * 16, acc, max, sum, smem, 0, warp * 16, lane);
}

}  // namespace oag::cuda::attention
