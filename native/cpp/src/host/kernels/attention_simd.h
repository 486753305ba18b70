// Attention without a matrix of scores in memory (Dao et al. 2022, with the running maximum of Milakov & Gimelshein 2018).
//
// Keys are taken kScoreTile at a time, transposed once into panels; queries in chunks of kQueryChunk, so that scratch is bounded for
// any number of either. Within a chunk, a block of up to kRowsPerBlock queries has its scores against the tile in scratch (they stay in
// L1 and L2), turns them into probabilities in place and multiplies them with the tile's values:
//
//   m' = max(m, max_j s_j)   p_j = e^(s_j − m')   l' = l e^(m − m') + Σ_j p_j   o' = o e^(m − m') + Σ_j p_j values_j      out = o / l
//
// In bf16 scaled queries, keys, values and probabilities are rounded, and all else is as in fp32. A format has, beside what gemm_simd.h and pack_simd.h ask for:
//
//   value_words(rows, there, d, left)  kLanes words of a panel of values from kRowInputs rows of them, of which `there` exist, and `left` numbers of each from d on
//   store_probabilities(p, out)        kRowInputs vectors of probabilities, as kLanes words of a row
//   exponential(x)
//
// A tile begins at a multiple of kScoreTile of the keys' own numbering, so a query's bits depend neither on its mates nor on how the
// keys are cut into runs. Included after simd_<isa>.h.
#pragma once

#include "host/kernels/pack_simd.h"

namespace oag::host {
namespace {

constexpr int kQueryChunk = 192;

static_assert(kScoreTile % kColumnsPerPanel == 0, "panels of keys fill a tile");

// The pieces of an AttentionTask's scratch.
struct AttentionScratch {
  const float** key_rows;    // [kScoreTile]: where the tile's keys lie
  const float** value_rows;  // [kScoreTile]
  float* maxima;             // [kQueryChunk]: m
  float* sums;               // [kQueryChunk]: l
  float* outputs;            // [kQueryChunk, padded head]: o
  float* queries;            // [one block, head] packed, times the scale
  float* scores;             // [kRowsPerBlock, kScoreStride]; then probabilities, as words from the begin of the row
  float* products;           // [kRowsPerBlock, kColumnsPerPanel]
  float* keys;               // panels of keys: [tile / kColumnsPerPanel][words of a head][kColumnsPerPanel]
  float* values;             // panels of values: [padded head / kColumnsPerPanel][words of a tile][kColumnsPerPanel]
  int64_t tile;              // words of a column that a panel of values has room for
  int64_t padded_head;       // head size up to whole panels
};

// Lays the scratch out from `memory` on, or from null to learn its size; returns the bytes.
template <class Format>
inline size_t lay_out(char* memory, int64_t key_count, int64_t head_size, AttentionScratch& scratch) {
  const int64_t tile = round_up(key_count < kScoreTile ? key_count : kScoreTile, kColumnsPerPanel);
  const int64_t padded_head = round_up(head_size, kColumnsPerPanel);
  size_t used = 0;
  const auto take = [&](int64_t bytes) {
    char* piece = memory + used;
    used += static_cast<size_t>(round_up(bytes, 64));
    return piece;
  };
  const auto floats = [&](int64_t count) { return reinterpret_cast<float*>(take(count * int64_t{sizeof(float)})); };
  const auto pointers = [&](int64_t count) { return reinterpret_cast<const float**>(take(count * int64_t{sizeof(float*)})); };
  scratch.key_rows = pointers(kScoreTile);
  scratch.value_rows = pointers(kScoreTile);
  scratch.maxima = floats(kQueryChunk);
  scratch.sums = floats(kQueryChunk);
  scratch.outputs = floats(kQueryChunk * padded_head);
  scratch.queries = floats(kRowsPerBlock * row_bytes<Format>(head_size) / 4);
  scratch.scores = floats(kRowsPerBlock * kScoreStride);
  scratch.products = floats(kRowsPerBlock * kColumnsPerPanel);
  scratch.keys = floats(tile / kColumnsPerPanel * panel_bytes<Format>(head_size) / 4);
  scratch.tile = words_of<Format>(tile);
  scratch.values = floats(scratch.tile * padded_head);
  scratch.padded_head = padded_head;
  return used;
}

template <class Format>
inline size_t attention_scratch(int64_t key_count, int64_t head_size) {
  AttentionScratch scratch;
  return lay_out<Format>(nullptr, key_count, head_size, scratch);
}

inline int64_t clamp(int64_t x, int64_t low, int64_t high) { return x < low ? low : x > high ? high : x; }

// How many keys the query may see: they are the first ones, for runs come in order of position.
inline int64_t visible_keys(const AttentionTask& task, int64_t query) {
  int64_t visible = 0;
  for (int r = 0; r < task.run_count; ++r) {
    const KeyRun& run = task.runs[r];
    visible += task.causal ? clamp(task.first_query_position + query - run.first_position + 1, 0, run.count) : run.count;
  }
  return visible;
}

// Packs keys and values first … first + count − 1. Places beyond, up to whole panels and steps, become zero: 0 · 0 adds nothing.
template <class Format>
inline void pack_tile(const AttentionTask& task, int64_t first_key, int64_t count, const AttentionScratch& scratch) {
  int64_t run_start = 0;
  for (int r = 0; r < task.run_count && run_start < first_key + count; ++r) {
    const KeyRun& run = task.runs[r];
    const int64_t begin = clamp(first_key - run_start, 0, run.count), end = clamp(first_key + count - run_start, 0, run.count);
    for (int64_t j = begin; j < end; ++j) {
      scratch.key_rows[run_start + j - first_key] = run.keys + j * run.key_stride;
      scratch.value_rows[run_start + j - first_key] = run.values + j * run.value_stride;
    }
    run_start += run.count;
  }
  const int64_t key_panel = panel_bytes<Format>(task.head_size) / 4;
  for (int64_t j = 0; j < count; j += kColumnsPerPanel) {
    pack_columns<Format>(scratch.key_rows + j, count - j, task.head_size, scratch.keys + j / kColumnsPerPanel * key_panel);
  }
  for (int64_t word = 0; word < words_of<Format>(count); ++word) {
    const int64_t j = word * Format::kRowInputs;
    for (int64_t d = 0; d < scratch.padded_head; d += kLanes) {
      const int64_t panel = d / kColumnsPerPanel, column = d % kColumnsPerPanel;
      const bool exists = j < count && d < task.head_size;
      store(scratch.values + (panel * scratch.tile + word) * kColumnsPerPanel + column,
            exists ? Format::value_words(scratch.value_rows + j, count - j, d, task.head_size - d) : set1(0.0f));
    }
  }
}

// The largest of the first `visible` scores and of what has been largest so far.
inline float update_maximum(const float* scores, int64_t visible, float so_far) {
  Vec largest = set1(so_far);
  int64_t j = 0;
  for (; j + kLanes <= visible; j += kLanes) largest = max(largest, load(scores + j));
  if (j < visible) largest = max(largest, first_or(load(scores + j), visible - j, largest));
  return maximum(largest);
}

// Turns the first `visible` scores into e^(score − base) and returns their sum; what follows up to `end` becomes zero. Words take no more room than the scores that
// they are made of, and are written behind what is read.
template <class Format>
inline float exponentiate(float* scores, int64_t visible, int64_t end, float base) {
  constexpr int kVecs = Format::kRowInputs;
  const Vec zero = set1(0.0f), bases = set1(base);
  Vec total = zero;
  float* out = scores;
  int64_t j = 0;
  for (; j + kVecs * kLanes <= visible; j += kVecs * kLanes, out += kLanes) {
    Vec p[kVecs];
#pragma GCC unroll 2
    for (int v = 0; v < kVecs; ++v) {
      p[v] = Format::exponential(sub(load(scores + j + v * kLanes), bases));
      total = add(total, p[v]);
    }
    Format::store_probabilities(p, out);
  }
  if (j < visible) {
    Vec p[kVecs];
#pragma GCC unroll 2
    for (int v = 0; v < kVecs; ++v) {
      const int64_t left = visible - j - v * kLanes;
      p[v] = left > 0 ? first_or(Format::exponential(sub(load(scores + j + v * kLanes), bases)), left, zero) : zero;
      total = add(total, p[v]);
    }
    Format::store_probabilities(p, out);
    j += kVecs * kLanes;
    out += kLanes;
  }
  for (; j < end; j += kVecs * kLanes, out += kLanes) store(out, zero);
  return sum(total);
}

// Adds the bias of each key's distance to the scores of `count` queries against the `tile_count` keys of a tile.
inline void add_position_bias(const AttentionTask& task, int64_t first_query, int count, int64_t first_key, int64_t tile_count, float* scores) {
  int64_t run_start = 0;
  for (int r = 0; r < task.run_count && run_start < first_key + tile_count; ++r) {
    const KeyRun& run = task.runs[r];
    const int64_t begin = clamp(first_key - run_start, 0, run.count), end = clamp(first_key + tile_count - run_start, 0, run.count);
    for (int i = 0; i < count; ++i) {
      float* row = scores + i * kScoreStride + run_start + begin - first_key;
      const float* bias = task.position_bias + (run.first_position + begin - task.first_query_position - first_query - i);
      for (int64_t j = 0; j < end - begin; j += kLanes) {
        store_first(row + j, add(load_first(row + j, end - begin - j), load_first(bias + j, end - begin - j)), end - begin - j);
      }
    }
    run_start += run.count;
  }
}

// Turns the scores of `count` queries, row i against the first visible[i] keys of the tile, into p; updates m and l, and gives
// e^(m − m'), the factor of what a query has summed up before.
template <class Format>
inline void update_softmax(const AttentionScratch& scratch, int count, const int64_t* visible, int64_t end, int64_t first_row,
                           float* factors) {
  // All rows in each loop, since a row alone is a chain of dependent operations: the processor overlaps them.
  float maxima[kRowsPerBlock], bases[kRowsPerBlock];
  for (int i = 0; i < count; ++i) {
    maxima[i] = update_maximum(scratch.scores + i * kScoreStride, visible[i], scratch.maxima[first_row + i]);
    // With nothing but −∞ so far every p is 0, and −∞ − −∞ would be NaN. If it stays so, l is 0 in the end and o / l is NaN, as
    // it is in plain code.
    bases[i] = maxima[i] == -__builtin_inff() ? 0.0f : maxima[i];
  }
  for (int i = 0; i < count; ++i) {
    float& maximum_so_far = scratch.maxima[first_row + i];
    factors[i] = 0.0f;  // of nothing, at the first tile
    if (maximum_so_far != -__builtin_inff()) {
      float lanes[kLanes];
      store(lanes, exponential(sub(set1(maximum_so_far), set1(bases[i]))));
      factors[i] = lanes[0];
    }
    const float total = exponentiate<Format>(scratch.scores + i * kScoreStride, visible[i], end, bases[i]);
    scratch.sums[first_row + i] = scratch.sums[first_row + i] * factors[i] + total;
    maximum_so_far = maxima[i];
  }
}

// Queries first … first + count − 1 of the task, at most kRowsPerBlock, against the packed tile that begins at first_key.
template <class Format>
inline void attend_block(const AttentionTask& task, int64_t first_query, int count, int64_t first_key, int64_t tile_count,
                         int64_t first_row, const AttentionScratch& scratch) {
  int64_t visible[kRowsPerBlock] = {};
  for (int i = 0; i < count; ++i) visible[i] = clamp(visible_keys(task, first_query + i) - first_key, 0, tile_count);
  const int64_t words = words_of<Format>(visible[count - 1]), end = words * Format::kRowInputs;  // a later query sees no fewer keys
  if (end == 0) return;

  pack_rows_scaled<Format>(task.queries + first_query * task.query_stride, task.query_stride, count, task.head_size, task.scale,
                           scratch.queries);
  const int64_t key_panel = panel_bytes<Format>(task.head_size) / 4;
  for (int64_t j = 0; j < end; j += kColumnsPerPanel) {
    const char* panel = reinterpret_cast<const char*>(scratch.keys + j / kColumnsPerPanel * key_panel);
    kMultiplyPacked<typename Format::Product>.by_rows[count](words_of<Format>(task.head_size), scratch.queries, panel, panel, scratch.scores + j, kScoreStride);
  }
  if (task.position_bias) add_position_bias(task, first_query, count, first_key, tile_count, scratch.scores);
  float factors[kRowsPerBlock];
  update_softmax<Format>(scratch, count, visible, end, first_row, factors);
  const bool first_tile = first_key == 0;
  for (int64_t column = 0; column < scratch.padded_head; column += kColumnsPerPanel) {
    float* outputs = scratch.outputs + first_row * scratch.padded_head + column;
    float* products = first_tile ? outputs : scratch.products;
    const int64_t stride = first_tile ? scratch.padded_head : kColumnsPerPanel;
    const char* panel = reinterpret_cast<const char*>(scratch.values + column * scratch.tile);
    kMultiplyScores<typename Format::Product>.by_rows[count](words, scratch.scores, panel, panel, products, stride);
    if (first_tile) continue;
    for (int i = 0; i < count; ++i) {
      if (visible[i] == 0) continue;
      float* out = outputs + i * scratch.padded_head;
      for (int d = 0; d < kColumnsPerPanel; d += kLanes) {
        store(out + d, fma(load(out + d), set1(factors[i]), load(products + i * kColumnsPerPanel + d)));
      }
    }
  }
}

// o / l of a chunk, or zeros for a query that sees no key. Tells whether all are finite.
inline bool write_outputs(const AttentionTask& task, int64_t first_query, int64_t count, const AttentionScratch& scratch) {
  const Vec zero = set1(0.0f);
  Vec finite = zero;  // 0, or NaN once something was not finite
  for (int64_t i = 0; i < count; ++i) {
    const bool sees_none = visible_keys(task, first_query + i) == 0;
    const Vec factor = set1(1.0f / scratch.sums[i]);
    for (int64_t d = 0; d < task.head_size; d += kLanes) {
      const Vec y = sees_none ? zero : mul(load(scratch.outputs + i * scratch.padded_head + d), factor);
      finite = fma(first_or(y, task.head_size - d, zero), zero, finite);
      store_first(task.out + (first_query + i) * task.out_stride + d, y, task.head_size - d);
    }
  }
  return sum(finite) == 0.0f;
}

template <class Format>
inline bool attend(const AttentionTask& task) {
  int64_t key_count = 0;
  for (int r = 0; r < task.run_count; ++r) key_count += task.runs[r].count;
  AttentionScratch scratch;
  lay_out<Format>(static_cast<char*>(task.scratch), key_count, task.head_size, scratch);

  bool finite = true;
  int64_t packed_key = -1, packed_count = 0;
  for (int64_t chunk = 0; chunk < task.query_count; chunk += kQueryChunk) {
    const int64_t rows = clamp(task.query_count - chunk, 0, kQueryChunk);
    for (int64_t i = 0; i < rows; ++i) {
      scratch.maxima[i] = -__builtin_inff();
      scratch.sums[i] = 0.0f;
    }

    const int64_t visible = visible_keys(task, chunk + rows - 1);
    const int64_t blocks = (rows + kRowsPerBlock - 1) / kRowsPerBlock;
    for (int64_t first_key = 0; first_key < visible; first_key += kScoreTile) {
      const int64_t count = clamp(visible - first_key, 0, kScoreTile);
      if (packed_key != first_key || packed_count != count) pack_tile<Format>(task, first_key, count, scratch);
      packed_key = first_key;
      packed_count = count;
      for (int64_t b = 0; b < blocks; ++b) {  // evenly: 50 queries are 12 + 13 + 12 + 13
        const int64_t begin = b * rows / blocks, last = (b + 1) * rows / blocks;
        attend_block<Format>(task, chunk + begin, static_cast<int>(last - begin), first_key, count, begin, scratch);
      }
    }
    finite = write_outputs(task, chunk, rows, scratch) && finite;
  }
  return finite;
}

template <class Format>
inline void attention(const AttentionTask& task) {
  if (attend<Format>(task) || !task.causal || task.query_count == 1) return;
  // A value that is not finite has met the zero probability of a query that may not see it, and 0 · ∞ is NaN. Alone, a query meets
  // the keys it sees and no others.
  for (int64_t i = 0; i < task.query_count; ++i) {
    AttentionTask alone = task;
    alone.queries += i * task.query_stride;
    alone.first_query_position += i;
    alone.query_count = 1;
    alone.out += i * task.out_stride;
    attend<Format>(alone);
  }
}

template <class Format>
constexpr AttentionKernels attention_kernels() {
  return {attention_scratch<Format>, attention<Format>};
}

struct AttentionInFp32 : PackedFp32 {
  static Vec value_words(const float* const* rows, int64_t, int64_t d, int64_t left) { return load_first(rows[0] + d, left); }
  static void store_probabilities(const Vec* p, float* out) { store(out, p[0]); }
  static Vec exponential(Vec x) { return host::exponential(x); }
};

}  // namespace
}  // namespace oag::host
