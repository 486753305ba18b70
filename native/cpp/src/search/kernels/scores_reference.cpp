// The score kernels in plain C++: what every other table is measured against. Each sum in order, each step rounded to fp32.
#include <cstring>

#include "search/kernels/tables.h"

namespace oag::search {
namespace {

float value(float x) { return x; }
float value(int8_t x) { return static_cast<float>(x); }
float value(Bf16 x) {
  const uint32_t bits = uint32_t{x} << 16;
  float result;
  std::memcpy(&result, &bits, sizeof result);
  return result;
}

template <class Query, class Row, class Score>
void for_each_pair(const ScoreTile<Query, Row>& tile, Score score) {
  for (int64_t q = 0; q < tile.query_count; ++q)
    for (int64_t r = 0; r < tile.row_count; ++r)
      tile.scores[q * tile.score_stride + r] = score(tile.queries + q * tile.query_stride, tile.rows + r * tile.row_stride, r);
}

template <class Row>
void dot(const ScoreTile<float, Row>& tile) {
  for_each_pair(tile, [&](const float* query, const Row* row, int64_t) {
    float sum = 0;
    for (int64_t j = 0; j < tile.width; ++j) sum += query[j] * value(row[j]);
    return sum;
  });
}

void dot_int8(const ScoreTile<int16_t, int8_t>& tile) {
  for_each_pair(tile, [&](const int16_t* query, const int8_t* row, int64_t) {
    int64_t sum = 0;
    for (int64_t j = 0; j < tile.width; ++j) sum += int32_t{query[j]} * row[j];
    return static_cast<float>(sum);
  });
}

template <class Row>
void squared_distance(const ScoreTile<float, Row>& tile) {
  for_each_pair(tile, [&](const float* query, const Row* row, int64_t r) {
    float scale = 1;
    if constexpr (sizeof(Row) == 1) scale = tile.scales[r];
    float sum = 0;
    for (int64_t j = 0; j < tile.width; ++j) {
      const float difference = query[j] - value(row[j]) * scale;
      sum += difference * difference;
    }
    return sum;
  });
}

constexpr ScoreKernels kTable = {
    .name = "reference",
    .isa = host::Isa::reference,
    .dot_fp32 = dot<float>,
    .dot_bf16 = dot<Bf16>,
    .dot_int8 = dot_int8,
    .squared_distance_fp32 = squared_distance<float>,
    .squared_distance_bf16 = squared_distance<Bf16>,
    .squared_distance_int8 = squared_distance<int8_t>,
};

}  // namespace

const ScoreKernels* reference_scores() { return &kTable; }

}  // namespace oag::search
