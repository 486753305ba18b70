// From the token ids of a call to packed rows: what is computed, once, and in which passes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "core/sequences.h"
#include "models/definition.h"
#include "runtime/prefix_cache.h"

namespace oag {

// The distinct texts of a call, cut behind their end; those of a causal tower sorted, so that texts that begin alike share a pass, where their common rows are computed
// once. Text i of the call has the result of distinct text `distinct_of[i]`.
struct TextPlan {
  struct Pass {
    std::vector<int32_t> ids;       // packed
    Sequences rows;
    int64_t first_distinct = 0;     // sequence s is distinct text first_distinct + s

    // Rows that need not be computed, for they are kept: those of `prefix` from `first_row` on, one after another.
    struct KeptRows {
      std::shared_ptr<const PrefixCache::Prefix> prefix;
      int64_t first_row;
      int64_t rows;
    };
    std::vector<KeptRows> kept;
    Sequences kept_rows;            // without a table where there are none
  };
  std::vector<int64_t> distinct_of;
  std::vector<Pass> passes;         // of at most max_tokens rows, kept ones counted by their cost, or one text
};

// What an earlier call left: `find` as PrefixCache::find, and the rows of a pass whose memory one kept row takes.
struct KeptPrefixes {
  std::function<std::vector<PrefixCache::Found>(const std::vector<TextRows>& texts)> find;
  int64_t cost = 1;
};

// `ids` and `offsets` as in oag_encode_texts; they outlive the call of `find`. `kept` is asked about causal texts only. Error(invalid_argument) naming the text: no tokens, more
// than spec.max_tokens, an id outside the vocabulary.
TextPlan plan_texts(const models::TextSpec& spec, const int32_t* ids, const int64_t* offsets, int64_t count, int64_t max_tokens, const KeptPrefixes& kept = {});

}  // namespace oag
