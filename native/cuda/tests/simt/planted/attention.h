// FlashAttention-2 forward (Dao 2023), head size 64, on a padded batch: small enough to read at once, with 18 mistakes that can be planted one by one. The emulator
// must find each; what the library runs is kernels/attention.
#pragma once

#include "simt/simt.h"

namespace planted::attention {
using namespace simt;

struct Params {             // tensors [batch, heads, rows, 64]
  const void *q, *k, *v;
  void* o;
  float* lse;               // [batch, heads, queries]
  const unsigned char* keep;  // [batch, keys], 0 where there is no key; or null
  int heads, queries, keys;
  float scale;
};

enum Bug {
  none, no_sync_after_wait, no_sync_before_refill, wrong_swizzle, swapped_a_fragment, not_transposed, weak_wait, early_exit, stage_overflow, no_zero_fill,
  divergent_shuffle, mask_off_by_one, swapped_b_fragment, global_overrun, barrier_without_a_warp, no_rescale, no_commit, no_swizzle, mask_race, bug_count
};

constexpr int head_size = 64, tile_rows = 64, threads = 128, tile_bytes = tile_rows * head_size * 2;
constexpr unsigned q_at = 0, k_at = tile_bytes, v_at = 3 * tile_bytes, mask_at = 5 * tile_bytes, shared_bytes = 5 * tile_bytes + 2 * tile_rows * 4;
constexpr float log2e = 1.4426950408889634f, ln2 = 0.6931471805599453f;

// Byte offset of 16-byte chunk `chunk` of row `row`: xored with the row, so that eight rows touch all 32 banks.
template <int bug> inline unsigned slot(int row, int chunk) { return static_cast<unsigned>(row * 128 + ((bug == no_swizzle ? chunk : chunk ^ (row & 7)) << 4)); }

template <class T, int bug> inline void load_tile(uint32_t dst, const T* src, int row0, int rows, int tid) {
  for (int i = 0; i < 4; i++) {
    const int piece = tid + i * threads, r = piece >> 3, chunk = piece & 7;
    const bool inside = row0 + r < rows || bug == global_overrun;
    if (bug == no_zero_fill && !inside) continue;
    const T* from = src + static_cast<long>(inside ? row0 + r : 0) * head_size + chunk * 8;
    const unsigned at = bug == wrong_swizzle ? static_cast<unsigned>(r * 128 + ((chunk ^ (r & 3)) << 4)) : slot<bug>(r, chunk);
    cp_async16(dst + at, from, inside ? 16 : 0);
  }
}

inline float quad_max(float v) {
  v = fmaxf(v, shfl_xor(v, 1));
  return fmaxf(v, shfl_xor(v, 2));
}
inline float quad_sum(float v) {
  v += shfl_xor(v, 1);
  return v + shfl_xor(v, 2);
}

template <class T, int bug> void forward(Params p) {
  SIMT_DYN_SMEM(smem);
  const int tid = static_cast<int>(threadIdx.x), warp = tid >> 5, lane = tid & 31, g = lane >> 2, t2 = (lane & 3) * 2;
  const int bh = static_cast<int>(blockIdx.y), row0 = static_cast<int>(blockIdx.x) * tile_rows;
  const T* q = static_cast<const T*>(p.q) + static_cast<long>(bh) * p.queries * head_size;
  const T* k = static_cast<const T*>(p.k) + static_cast<long>(bh) * p.keys * head_size;
  const T* v = static_cast<const T*>(p.v) + static_cast<long>(bh) * p.keys * head_size;
  const unsigned char* keep = p.keep ? p.keep + static_cast<long>(bh / p.heads) * p.keys : nullptr;
  const uint32_t base = saddr(smem);
  const sptr<float> mask = smem_at<float>(smem, mask_at);
  const int tiles = (p.keys + tile_rows - 1) / tile_rows;
  if (bug == early_exit && row0 + warp * 16 >= p.queries) return;

  const auto stage_of = [](int j) { return static_cast<unsigned>(bug == stage_overflow ? j % 3 : j & 1); };
  const auto fetch = [&](int j) {
    const unsigned s = stage_of(j);
    load_tile<T, bug>(base + k_at + s * tile_bytes, k, j * tile_rows, p.keys, tid);
    load_tile<T, bug>(base + v_at + s * tile_bytes, v, j * tile_rows, p.keys, tid);
    if (tid < tile_rows) {
      const int key = j * tile_rows + tid;
      const bool seen = (bug == mask_off_by_one ? key <= p.keys : key < p.keys) && (!keep || key >= p.keys || keep[key]);
      mask[static_cast<long>(bug == mask_race ? 0 : s) * tile_rows + tid] = seen ? 0.f : -INFINITY;
    }
    if (bug != no_commit) cp_async_commit();
  };
  load_tile<T, bug == no_zero_fill ? none : bug>(base + q_at, q, row0, p.queries, tid);
  fetch(0);

  uint32_t qf[4][4];
  float acc[8][4] = {}, m[2] = {-INFINITY, -INFINITY}, l[2] = {0.f, 0.f};
  const float scale = p.scale * log2e;
  for (int j = 0; j < tiles; j++) {
    const unsigned s = stage_of(j);
    if (j + 1 < tiles) {
      fetch(j + 1);
      cp_async_wait<1>();
    } else {
      cp_async_wait<bug == weak_wait ? 1 : 0>();
    }
    if (bug != no_sync_after_wait && !(bug == barrier_without_a_warp && warp == 3)) __syncthreads();
    if (j == 0)
      for (int kk = 0; kk < 4; kk++) ldmatrix_x4(qf[kk], base + q_at + slot<bug>(warp * 16 + (lane & 15), kk * 2 + (lane >> 4)));

    float sc[8][4] = {};
    for (int n = 0; n < 4; n++)
      for (int kk = 0; kk < 4; kk++) {
        uint32_t b[4];
        ldmatrix_x4(b, base + k_at + s * tile_bytes + slot<bug>(n * 16 + (lane & 7) + ((lane >> 4) << 3), kk * 2 + ((lane >> 3) & 1)));
        mma_m16n8k16<T>(sc[2 * n], qf[kk], bug == swapped_b_fragment ? b[1] : b[0], bug == swapped_b_fragment ? b[0] : b[1]);
        mma_m16n8k16<T>(sc[2 * n + 1], qf[kk], b[2], b[3]);
      }

    float mx[2] = {-INFINITY, -INFINITY};
    for (int n = 0; n < 8; n++) {
      const float m0 = mask[s * tile_rows + n * 8 + t2], m1 = mask[s * tile_rows + n * 8 + t2 + 1];
      for (int h = 0; h < 2; h++) {
        sc[n][2 * h] = sc[n][2 * h] * scale + m0;
        sc[n][2 * h + 1] = sc[n][2 * h + 1] * scale + m1;
        mx[h] = fmaxf(mx[h], fmaxf(sc[n][2 * h], sc[n][2 * h + 1]));
      }
    }
    uint32_t pf[4][4];
    for (int h = 0; h < 2; h++) {
      if (bug != divergent_shuffle || row0 + warp * 16 + g + 8 * h < p.queries) mx[h] = quad_max(mx[h]);
      const float mn = fmaxf(m[h], mx[h]), ms = mn == -INFINITY ? 0.f : mn, correction = fast_exp2(m[h] - ms);
      m[h] = mn;
      float sum = 0.f;
      for (int n = 0; n < 8; n++) {
        const float e0 = fast_exp2(sc[n][2 * h] - ms), e1 = fast_exp2(sc[n][2 * h + 1] - ms);
        sum += e0 + e1;
        pf[n >> 1][(n & 1) * 2 + h] = pack2<T>(e0, e1);
      }
      l[h] = l[h] * correction + sum;
      if (bug != no_rescale)
        for (int n = 0; n < 8; n++) {
          acc[n][2 * h] *= correction;
          acc[n][2 * h + 1] *= correction;
        }
    }
    for (int kk = 0; kk < 4; kk++) {
      if (bug == swapped_a_fragment) std::swap(pf[kk][1], pf[kk][2]);
      for (int n = 0; n < 4; n++) {
        uint32_t b[4];
        const uint32_t at = base + v_at + s * tile_bytes + slot<bug>(kk * 16 + (lane & 15), n * 2 + (lane >> 4));
        if (bug == not_transposed) ldmatrix_x4(b, at);
        else ldmatrix_x4_trans(b, at);
        mma_m16n8k16<T>(acc[2 * n], pf[kk], b[0], b[1]);
        mma_m16n8k16<T>(acc[2 * n + 1], pf[kk], b[2], b[3]);
      }
    }
    if (bug != no_sync_before_refill) __syncthreads();
  }

  T* o = static_cast<T*>(p.o) + static_cast<long>(bh) * p.queries * head_size;
  for (int h = 0; h < 2; h++) {
    const float sum = quad_sum(l[h]), inverse = sum > 0.f ? 1.f / sum : 0.f;
    const int r = row0 + warp * 16 + g + 8 * h;
    if (r >= p.queries) continue;
    for (int n = 0; n < 8; n++)
      *reinterpret_cast<uint32_t*>(o + static_cast<long>(r) * head_size + n * 8 + t2) = pack2<T>(acc[n][2 * h] * inverse, acc[n][2 * h + 1] * inverse);
    if (t2 == 0) p.lse[static_cast<long>(bh) * p.queries + r] = sum > 0.f ? (m[h] + fast_log2(sum)) * ln2 : -INFINITY;
  }
}

}  // namespace planted::attention
