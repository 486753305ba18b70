// The arithmetic of search and similarity: queries against rows, one table of functions per instruction set.
//
// A kernel works on plain memory, in the calling thread, and allocates nothing. Rows and queries are padded with zeros to whole blocks of
// kPadding bytes and begin on such a boundary, so that no kernel has a tail. Values are finite. A score's bits depend on its row and its
// query alone: not on which rows or queries share a call (sums run along the width in a fixed order that the width alone decides).
#pragma once

#include <cstdint>

#include "host/kernels/kernels.h"

namespace oag::search {

// Bytes: a cache line, and the widest vector register.
constexpr int64_t kPadding = 64;

// `query_count` queries against `row_count` rows; scores [query_count, row_count] at score_stride.
template <class Query, class Row>
struct ScoreTile {
  const Query* queries;  // [query_count, padded width] at query_stride elements
  int64_t query_stride;
  int64_t query_count;
  const Row* rows;       // [row_count, padded width] at row_stride elements
  int64_t row_stride;
  int64_t row_count;
  const float* scales;   // [row_count]: what an int8 row is multiplied with; for distances of int8 rows only
  int64_t width;         // elements to sum over: the padded width of the row type
  float* scores;
  int64_t score_stride;
};

// What a bf16 row holds: the upper half of an fp32.
using Bf16 = uint16_t;

struct ScoreKernels {
  const char* name;  // "avx2"
  host::Isa isa;

  // scores = Σ_j query[j] · row[j], accumulated in fp32
  void (*dot_fp32)(const ScoreTile<float, float>&);
  void (*dot_bf16)(const ScoreTile<float, Bf16>&);
  // The exact integer sum, rounded once to fp32: equal bits on every instruction set. Rows hold -127 … 127.
  void (*dot_int8)(const ScoreTile<int16_t, int8_t>&);
  // scores = Σ_j (query[j] − row[j])², accumulated in fp32; an int8 row counts row[j] · scale
  void (*squared_distance_fp32)(const ScoreTile<float, float>&);
  void (*squared_distance_bf16)(const ScoreTile<float, Bf16>&);
  void (*squared_distance_int8)(const ScoreTile<float, int8_t>&);
};

// The table of an instruction set, or null when this build has none. Does not ask whether the CPU can run it: host/isa.h does.
const ScoreKernels* find_score_kernels(host::Isa isa);

// The same, and the plain one where there is none.
const ScoreKernels& score_kernels(host::Isa isa);

}  // namespace oag::search
