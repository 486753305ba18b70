// Attention for runs of at most `N` queries and `N` keys, N = 16, 32, 64 or 80: what texts are, and pictures of 50 patches. Here launches and memory rule, not
// arithmetic: a block takes several heads of a run, everything is loaded at once, there is one wait, one barrier, and no loop over tiles.
//
// The heads of a row lie side by side, so a block reads lines of heads · head_size · 2 bytes. With head size 64 a block has up to 8 warps and 24 to 48.5 KiB, so that 4 and more fit an
// SM of sm_90 (228 KiB) and 2 one of sm_86 (100 KiB): the loads of one cover the arithmetic of the others.
#pragma once

#include "kernels/attention/tile.h"

namespace oag::cuda::attention {

template <class T, int D, int N> SIMT_FN void short_runs(const Params& p) {
  SIMT_DYN_SMEM(smem);
  constexpr int heads = short_heads<N, D>, threads = short_threads<N, D>, chunks = D / 8, pieces = N * heads * chunks / threads;
  constexpr unsigned tile = tile_bytes<D, N>, keys_at = heads * tile, values_at = 2 * heads * tile, positions_at = 3 * heads * tile;
  const int tid = static_cast<int>(threadIdx.x), lane = tid & 31, warp_in_head = (tid >> 5) % (N / 16), block_head = (tid >> 5) / (N / 16);
  const int first_head = static_cast<int>(blockIdx.y) * heads, head = first_head + block_head;
  const QueryRun queries = p.query_runs[blockIdx.x];
  const uint32_t base = simt::saddr(smem);

  KeyCursor cursor = first_keys(p, queries), position_cursor = cursor;
  SIMT_UNROLL
  for (int i = 0; i < pieces; i++) {
    const int piece = tid + i * threads, r = piece / (heads * chunks), h = piece / chunks % heads, chunk = piece % chunks;
    const uint32_t at = base + static_cast<uint32_t>(h) * tile + slot<D>(r, chunk);
    const bool exists = first_head + h < p.heads;
    const int column = (first_head + h) * p.head_size;
    load_query_chunk<T>(p, queries, exists ? r : N, column, chunk, at);
    load_key_chunk<T, D>(p, cursor, exists ? r : queries.keys, queries.keys, column, chunk, at + keys_at, at + values_at);
  }
  simt::cp_async_commit();
  const sptr<int> positions = simt::smem_at<int>(smem, positions_at);
  if (tid < N) positions[tid] = key_position(position_cursor, tid, queries.keys);
  simt::cp_async_wait<0>();
  __syncthreads();
  if (head >= p.heads || warp_in_head * 16 >= queries.count) return;  // whole warps; no barrier follows

  const unsigned own = static_cast<unsigned>(block_head) * tile;
  float scores[N / 8][4];
  SIMT_UNROLL
  for (int n = 0; n < N / 8; n++) {
    SIMT_UNROLL
    for (int e = 0; e < 4; e++) scores[n][e] = 0.f;
  }
  SIMT_UNROLL
  for (int k = 0; k < D / 16; k++) {
    uint32_t q[4];
    load_a<D>(q, base + own, warp_in_head * 16, k, lane);
    SIMT_UNROLL
    for (int n = 0; n < N / 16; n++) {
      uint32_t b[4];
      load_b<D>(b, base + keys_at + own, n * 16, k, lane);
      simt::mma_m16n8k16<T>(scores[2 * n], q, b[0], b[1]);
      simt::mma_m16n8k16<T>(scores[2 * n + 1], q, b[2], b[3]);
    }
  }
  finish_scores<N>(p, scores, positions, head, queries.first_position + warp_in_head * 16, lane);

  float max[2], sum[2];
  SIMT_UNROLL
  for (int h = 0; h < 2; h++) {
    float top = -INFINITY;
    SIMT_UNROLL
    for (int n = 0; n < N / 8; n++) top = fmaxf(top, fmaxf(scores[n][2 * h], scores[n][2 * h + 1]));
    max[h] = quad_max(top);
  }
  uint32_t probability[N / 16][4];
  probabilities<T, N>(scores, max, probability, sum);

  float acc[D / 8][4];
  SIMT_UNROLL
  for (int n = 0; n < D / 8; n++) {
    SIMT_UNROLL
    for (int e = 0; e < 4; e++) acc[n][e] = 0.f;
  }
  SIMT_UNROLL
  for (int k = 0; k < N / 16; k++) {
    SIMT_UNROLL
    for (int n = 0; n < D / 16; n++) {
      uint32_t b[4];
      load_b_trans<D>(b, base + values_at + own, k * 16, n, lane);
      simt::mma_m16n8k16<T>(acc[2 * n], probability[k], b[0], b[1]);
      simt::mma_m16n8k16<T>(acc[2 * n + 1], probability[k], b[2], b[3]);
    }
  }
  simt::syncwarp();  // all lanes have read this warp's queries, whose place the result takes
  store<T, D>(p, queries, head, warp_in_head * 16, acc, max, sum, smem, own, warp_in_head * 16, lane);
}

}  // namespace oag::cuda::attention
