// From the token ids of a call to packed rows: what is computed, once, and in which passes.
#pragma once

#include <cstdint>
#include <vector>

#include "core/sequences.h"
#include "models/definition.h"

namespace oag {

// The distinct texts of a call, cut behind their end; those of a causal tower sorted, so that texts that begin alike share a pass, where their common rows are computed
// once. Text i of the call has the result of distinct text `distinct_of[i]`.
struct TextPlan {
  struct Pass {
    std::vector<int32_t> ids;       // packed
    Sequences rows;
    int64_t first_distinct = 0;     // sequence s is distinct text first_distinct + s
  };
  std::vector<int64_t> distinct_of;
  std::vector<Pass> passes;         // of at most max_tokens rows, or one text
};

// `ids` and `offsets` as in oag_encode_texts. Error(invalid_argument) naming the text: no tokens, more than spec.max_tokens, an id outside the vocabulary.
TextPlan plan_texts(const models::TextSpec& spec, const int32_t* ids, const int64_t* offsets, int64_t count, int64_t max_tokens);

}  // namespace oag
