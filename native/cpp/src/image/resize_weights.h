// The weights of resizing along one axis, as the loops of resize_rows.h take them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "image/resize.h"
#include "image/resize_rows.h"

namespace oag::image {

// The weights of one axis for the results [begin, begin + count) of out_size.
struct AxisWeights {
  std::vector<int> first, taps;
  std::vector<int32_t> weights;  // [count, stride]
  int stride = 0;

  Taps view() const { return {first.data(), taps.data(), weights.data(), stride, static_cast<int>(first.size())}; }
  // The source positions that any result reads: [source_begin, source_end).
  int source_begin() const { return *std::min_element(first.begin(), first.end()); }
  int source_end() const {
    int end = 0;
    for (size_t i = 0; i < first.size(); ++i) end = std::max(end, first[i] + taps[i]);
    return end;
  }
};

// precompute_coeffs and normalize_coeffs_8bpc of Resample.c, for the box of the whole source (whose edges Pillow holds in single
// precision). Not for Filter::nearest, which has no weights.
AxisWeights axis_weights(int in_size, int out_size, int begin, int count, Filter filter);

// Pairs of `count` weights (which is even, or one more is taken as 0). A weight is less than 2, 23 bits, and its high half less than 2^12. The high halves to pairs, the low ones `apart` behind them.
void pair_up(const int32_t* weights, int count, int32_t* pairs, int apart);

// The weights of an axis for HorizontalRows.
struct PairedWeights {
  std::vector<int> first;
  std::vector<int32_t> pairs;
  int padded = 0;

  PairedTaps view() const { return {first.data(), pairs.data(), padded, static_cast<int>(first.size())}; }
};

// Those of `axis`, a multiple of `positions` for each result; empty (padded is 0) where the source is too narrow for that.
PairedWeights paired(const AxisWeights& axis, int in_size, int positions);

}  // namespace oag::image
