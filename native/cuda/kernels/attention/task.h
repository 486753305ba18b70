// Fused attention over packed sequences (Dao et al. 2022, 2023): what it computes and what it takes. Scores are never stored.
//
//   out[i, h] = Σ_j softmax_j(scale · q[i, h] · k[j, h] + bias[h, position(j) − position(i)]) v[j, h]
//
// j over all keys of the query's run, or those at positions ≤ the query's when causal. fp16 or bf16 in and out; products, sums, softmax in fp32, probabilities
// rounded to the inputs' format before they meet the values. A query that sees no key gets zeros and a log-sum-exp of −∞.
#pragma once

#include <cstdint>

namespace oag::cuda::attention {

constexpr int largest_head = 128;
constexpr int most_sources = 4;

// Where keys and values lie: rows of this call, a shared prefix, a cache's pages. Row r, head h: keys + r · key_stride + h · head_size.
struct KeySource {
  const void* keys;    // 16-byte aligned
  const void* values;  // 16-byte aligned
  int64_t key_stride;  // in elements, multiples of 8
  int64_t value_stride;
};

// Keys at consecutive rows of a source and at consecutive positions.
struct KeyRun {
  int32_t source;
  int32_t first_row;
  int32_t count;
  int32_t first_position;
};

// Queries at consecutive rows and positions (from 0 on), and the keys they see: `key_runs` of them from first_key_run on, positions rising.
struct QueryRun {
  int32_t first_row;
  int32_t count;
  int32_t first_position;
  int32_t first_key_run;
  int32_t key_runs;
  int32_t keys;  // in all of them
};

// The parameter block of every kernel of the family. Tables and tensors lie on the device; row r, head h: queries + r · query_stride + h · head_size.
struct Params {
  const void* queries;         // 16-byte aligned
  void* out;                   // 16-byte aligned; not the memory of an input
  float* log_sum_exp;          // [query rows, heads], natural logarithm; or null
  const QueryRun* query_runs;  // [runs]
  const KeyRun* key_runs;
  KeySource sources[most_sources];
  const float* position_bias;  // [heads, 2 · bias_span + 1], of the distance key − query from −bias_span on, beyond which the last one counts; or null
  int64_t query_stride;        // in elements, multiples of 8
  int64_t out_stride;
  int32_t bias_span;
  int32_t runs;
  int32_t heads;
  int32_t head_size;           // a multiple of 8, at most largest_head
  int32_t row_tiles;           // of 64 queries in the longest run; set by the launcher
  float scale;
  int32_t causal;
};

}  // namespace oag::cuda::attention
