// What the attention kernels share: the keys' way into shared memory, scores in registers, the softmax of a warp's 16 rows, the way out.
//
// A warp owns 16 queries.
#pragma once

#include "kernels/attention/shapes.h"
#include "kernels/attention/task.h"
#include "kernels/fragments.h"
#include "simt/simt.h"

namespace oag::cuda::attention {

using simt::sptr;

constexpr float log2_e = 1.4426950408889634f, ln_2 = 0.6931471805599453f;
constexpr int no_position = 0x7fffffff;  // of a column that is no key

// Walks the keys of a query run. Keys are asked for in rising order.
struct KeyCursor {
  const KeyRun* run;
  int begin, end;  // keys of the run
};

SIMT_FN KeyCursor first_keys(const Params& p, const QueryRun& queries) {
  const KeyRun* run = p.key_runs + queries.first_key_run;
  return {run, 0, queries.key_runs > 0 ? run->count : 0};
}
SIMT_FN void seek(KeyCursor& at, int key) {
  while (key >= at.end) {
    at.run++;
    at.begin = at.end;
    at.end += at.run->count;
  }
}

// How many keys, from the first on, a query at `position` sees when causal.
SIMT_FN int keys_up_to(const Params& p, const QueryRun& queries, int position) {
  int seen = 0;
  for (int k = 0; k < queries.key_runs; k++) {
    const KeyRun run = p.key_runs[queries.first_key_run + k];
    const int before = position - run.first_position + 1;
    seen += before < 0 ? 0 : before < run.count ? before : run.count;
  }
  return seen;
}

// One chunk of a key and of its value. What does not exist becomes zero: P · V must not meet poison, not even with P = 0.
template <class T, int D> SIMT_FN void load_key_chunk(const Params& p, KeyCursor& cursor, int key, int keys, int column, int chunk, uint32_t key_dst, uint32_t value_dst) {
  const void *from_keys = p.queries, *from_values = p.queries;  // any valid address where nothing is read
  int bytes = 0;
  if (key < keys && chunk * 8 < p.head_size) {
    seek(cursor, key);
    const KeySource& source = p.sources[cursor.run->source];
    const int64_t row = cursor.run->first_row + key - cursor.begin;
    from_keys = static_cast<const T*>(source.keys) + row * source.key_stride + column + chunk * 8;
    from_values = static_cast<const T*>(source.values) + row * source.value_stride + column + chunk * 8;
    bytes = 16;
  }
  simt::cp_async16(key_dst, from_keys, bytes);
  simt::cp_async16(value_dst, from_values, bytes);
}
SIMT_FN int key_position(KeyCursor& cursor, int key, int keys) {
  if (key >= keys) return no_position;
  seek(cursor, key);
  return cursor.run->first_position + key - cursor.begin;
}

template <class T> SIMT_FN void load_query_chunk(const Params& p, const QueryRun& queries, int row, int column, int chunk, uint32_t dst) {
  const bool exists = row < queries.count && chunk * 8 < p.head_size;
  const int64_t at = exists ? (queries.first_row + row) * p.query_stride + column + chunk * 8 : 0;
  simt::cp_async16(dst, static_cast<const T*>(p.queries) + at, exists ? 16 : 0);
}

// Scores times scale, plus bias, in units of log 2; −∞ where the query does not see the key. positions [N]: of the tile's columns.
template <int N> SIMT_FN void finish_scores(const Params& p, float (&scores)[N / 8][4], sptr<int> positions, int head, int first_query_position, int lane) {
  const float scale = p.scale * log2_e;
  const int t = (lane & 3) * 2, query = first_query_position + (lane >> 2);
  SIMT_UNROLL
  for (int n = 0; n < N / 8; n++) {
    SIMT_UNROLL
    for (int e = 0; e < 4; e++) scores[n][e] *= scale;
  }
  if (p.position_bias) {
    const float* bias = p.position_bias + static_cast<int64_t>(head) * (2 * p.bias_span + 1) + p.bias_span;
    SIMT_UNROLL
    for (int n = 0; n < N / 8; n++) {
      SIMT_UNROLL
      for (int e = 0; e < 4; e++) {
        const int distance = positions[8 * n + t + (e & 1)] - (query + 8 * (e >> 1));
        const int within = distance < -p.bias_span ? -p.bias_span : distance > p.bias_span ? p.bias_span : distance;
        scores[n][e] += __ldg(bias + within) * log2_e;
      }
    }
  }
  // Positions rise, so the last column tells whether any of the warp's queries has anything to hide.
  const int last = positions[N - 1];
  if (last == no_position || (p.causal && last > first_query_position)) {
    SIMT_UNROLL
    for (int n = 0; n < N / 8; n++) {
      SIMT_UNROLL
      for (int e = 0; e < 4; e++) {
        const int key = positions[8 * n + t + (e & 1)], limit = p.causal ? query + 8 * (e >> 1) : no_position - 1;
        if (key > limit) scores[n][e] = -INFINITY;
      }
    }
  }
}

// Scores → fragments A of 2^(score − max) (T), and their sums before rounding, of this lane's columns.
template <class T, int N> SIMT_FN void probabilities(const float (&scores)[N / 8][4], const float (&max)[2], uint32_t (&fragments)[N / 16][4], float (&sum)[2]) {
  SIMT_UNROLL
  for (int h = 0; h < 2; h++) {
    const float top = max[h] == -INFINITY ? 0.f : max[h];  // a row without keys: 2^(−∞ − 0), not NaN
    sum[h] = 0.f;
    SIMT_UNROLL
    for (int n = 0; n < N / 8; n++) {
      const float e0 = simt::fast_exp2(scores[n][2 * h] - top), e1 = simt::fast_exp2(scores[n][2 * h + 1] - top);
      sum[h] += e0 + e1;
      fragments[n >> 1][(n & 1) * 2 + h] = simt::pack2<T>(e0, e1);
    }
  }
}

// The warp's rows out: through `tile`, 16 rows of shared memory from `row` on that no other warp touches, so that whole lines of 16 bytes are written. First row
// of the warp in its run: row0.
template <class T, int D>
SIMT_FN void store(const Params& p, const QueryRun& queries, int head, int row0, float (&acc)[D / 8][4], const float (&max)[2], const float (&lane_sum)[2], sptr<unsigned char> smem,
                   unsigned tile, int row, int lane) {
  const int g = lane >> 2, t = (lane & 3) * 2;
  SIMT_UNROLL
  for (int h = 0; h < 2; h++) {
    const float sum = quad_sum(lane_sum[h]), inverse = sum > 0.f ? 1.f / sum : 0.f;
    const int r = row0 + g + 8 * h;
    if (p.log_sum_exp && t == 0 && r < queries.count)
      p.log_sum_exp[static_cast<int64_t>(queries.first_row + r) * p.heads + head] = sum > 0.f ? (max[h] + simt::fast_log2(sum)) * ln_2 : -INFINITY;
    SIMT_UNROLL
    for (int n = 0; n < D / 8; n++)
      *simt::smem_at<uint32_t>(smem, tile + slot<D>(row + g + 8 * h, n) + static_cast<unsigned>(t) * 2) = simt::pack2<T>(acc[n][2 * h] * inverse, acc[n][2 * h + 1] * inverse);
  }
  simt::syncwarp();
  constexpr int chunks = D / 8;
  SIMT_UNROLL
  for (int i = 0; i < chunks / 2; i++) {
    const int piece = lane + 32 * i, r = piece / chunks, chunk = piece % chunks;
    if (row0 + r >= queries.count || chunk * 8 >= p.head_size) continue;
    T* to = static_cast<T*>(p.out) + (queries.first_row + row0 + r) * p.out_stride + head * p.head_size + chunk * 8;
    *reinterpret_cast<uint4*>(to) = *simt::smem_at<uint4>(smem, tile + slot<D>(row + r, chunk));
  }
}

}  // namespace oag::cuda::attention
