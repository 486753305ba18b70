// A bias of attention scores that depends on how far key and query are apart.
#pragma once

#include <cstdint>
#include <vector>

#include "core/parameters.h"

namespace oag {

// Adds table[bucket(key position − query position), head] to a scaled score (Raffel et al. 2019, T5; Song et al. 2020, MPNet). Near distances have a bucket
// each; farther ones share buckets that grow by the logarithm, and all from max_distance on the last.
struct PositionBias {
  Parameter table;             // table [buckets, heads]; buckets a multiple of 4
  int64_t max_distance = 128;  // above the number of buckets
  bool bidirectional = true;   // one half of the buckets is for keys behind the query; if not, all of those share bucket 0
};

// The buckets of the distances key − query = −span … span, that of distance d at [d + span]. In fp32, as transformers computes them: at powers of two the rounding decides.
std::vector<int32_t> position_buckets(const PositionBias& bias, int64_t buckets, int64_t span);

}  // namespace oag
