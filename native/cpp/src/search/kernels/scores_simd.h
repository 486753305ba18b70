// The score kernels of a vector instruction set, written once. A unit includes its simd_<isa>.h and defines, in its own anonymous namespace,
//   Vec load_row(const float* | const Bf16* | const int8_t*)   kLanes elements as floats
//   kIntegerLanes, Integers load_integers(const int16_t* | const int8_t*)   as many int16
//   Sums zero_sums(), multiply_add(Integers, Integers, Sums), int64_t sum(Sums)   the exact sums of their products, two to a lane at a time
// before it includes this. All has internal linkage (host/kernels/simd_avx512.h says why).
//
// Memory feeds these kernels, not arithmetic. One query reads row after row, as one stream that the prefetchers follow: four rows at a time were
// slower by a third, for rows are short. 2 KiB ahead, a page's end and a row's sums no longer interrupt it. Several queries share the rows
// in registers: kTileQueries × kTileRows × kSums sums; all queries pass over a few rows, which stay in the first-level cache, before the next. Vector v of
// a row is added to accumulator v mod kSums in every case, so that a score has the same bits whichever way it is computed.
#pragma once

#include <type_traits>

#include "search/kernels/scores.h"

namespace oag::search {
namespace {

// 16 registers of AVX2: 2 × 3 × 2 sums, 3 of rows, 1 of a query. 32 of AVX-512, and of NEON, whose vectors are a quarter as wide and so want more chains.
constexpr int kTileQueries = host::kLanes == 16 ? 4 : 2;
constexpr int kTileRows = 3;
constexpr int kSums = host::kLanes == 4 ? 4 : 2;
constexpr int64_t kAheadBytes = 2048;

// What one pair of vectors adds to a sum.
struct Dot {
  static host::Vec step(host::Vec query, host::Vec row, host::Vec sum) { return host::fma(query, row, sum); }
};
struct SquaredDistance {
  static host::Vec step(host::Vec query, host::Vec row, host::Vec sum) {
    const host::Vec difference = host::sub(query, row);
    return host::fma(difference, difference, sum);
  }
};

template <class Row>
inline host::Vec row_vector(const Row* row, host::Vec scale) {
  if constexpr (sizeof(Row) == 1) {
    return host::mul(load_row(row), scale);
  } else {
    (void)scale;
    return load_row(row);
  }
}

template <int kRows, class Row>
inline void prefetch(const Row* rows, int64_t stride) {
#pragma GCC unroll 4
  for (int r = 0; r < kRows; ++r) __builtin_prefetch(reinterpret_cast<const char*>(rows + r * stride) + kAheadBytes);
}

// kAhead: these rows are read for the first time.
template <class Step, int kQueries, int kRows, bool kAhead, class Row>
inline void float_scores(const ScoreTile<float, Row>& tile, int64_t first_query, int64_t first_row) {
  using host::Vec;
  using host::kLanes;
  const float* queries = tile.queries + first_query * tile.query_stride;
  const Row* rows = tile.rows + first_row * tile.row_stride;
  Vec sums[kQueries][kRows][kSums], scales[kRows];
#pragma GCC unroll 4
  for (int r = 0; r < kRows; ++r) {
    scales[r] = host::set1(sizeof(Row) == 1 ? tile.scales[first_row + r] : 1.0f);
#pragma GCC unroll 4
    for (int q = 0; q < kQueries; ++q) {
#pragma GCC unroll 4
      for (int which = 0; which < kSums; ++which) sums[q][r][which] = host::set1(0.0f);
    }
  }
  const auto add = [&](int64_t j, int which) __attribute__((always_inline)) {
    Vec row[kRows];
#pragma GCC unroll 4
    for (int r = 0; r < kRows; ++r) row[r] = row_vector(rows + r * tile.row_stride + j, scales[r]);
    if constexpr (kAhead) prefetch<kRows>(rows + j, tile.row_stride);
#pragma GCC unroll 4
    for (int q = 0; q < kQueries; ++q) {
      const Vec query = host::load(queries + q * tile.query_stride + j);
#pragma GCC unroll 4
      for (int r = 0; r < kRows; ++r) sums[q][r][which] = Step::step(query, row[r], sums[q][r][which]);
    }
  };
  int64_t j = 0;
  for (; j + kSums * kLanes <= tile.width; j += kSums * kLanes) {
#pragma GCC unroll 4
    for (int which = 0; which < kSums; ++which) add(j + which * kLanes, which);
  }
  for (; j < tile.width; j += kLanes) add(j, 0);
#pragma GCC unroll 4
  for (int q = 0; q < kQueries; ++q) {
#pragma GCC unroll 4
    for (int r = 0; r < kRows; ++r) {
      Vec total = host::add(sums[q][r][0], sums[q][r][1]);
      if constexpr (kSums == 4) total = host::add(total, host::add(sums[q][r][2], sums[q][r][3]));
      tile.scores[(first_query + q) * tile.score_stride + first_row + r] = host::sum(total);
    }
  }
}

// Calls tile<queries, rows, first time>(first query, first row) for all pairs, rows outside.
template <class Tile>
inline void for_tiles(int64_t query_count, int64_t row_count, Tile tile) {
  using std::integral_constant;
  const auto all_queries = [&](auto rows, int64_t r) {
    int64_t q = 0;
    if (query_count < kTileQueries) {
      tile(integral_constant<int, 1>(), rows, std::true_type(), q++, r);
    } else {
      tile(integral_constant<int, kTileQueries>(), rows, std::true_type(), q, r);
      for (q += kTileQueries; q + kTileQueries <= query_count; q += kTileQueries) tile(integral_constant<int, kTileQueries>(), rows, std::false_type(), q, r);
    }
    for (; q < query_count; ++q) tile(integral_constant<int, 1>(), rows, std::false_type(), q, r);
  };
  int64_t r = 0;
  if (query_count == 0) return;
  if (query_count > 1)
    for (; r + kTileRows <= row_count; r += kTileRows) all_queries(integral_constant<int, kTileRows>(), r);
  for (; r < row_count; ++r) all_queries(integral_constant<int, 1>(), r);
}

template <class Step, class Row>
inline void all_scores(const ScoreTile<float, Row>& tile) {
  for_tiles(tile.query_count, tile.row_count, [&](auto queries, auto rows, auto ahead, int64_t q, int64_t r) {
    float_scores<Step, decltype(queries)::value, decltype(rows)::value, decltype(ahead)::value>(tile, q, r);
  });
}

// A pair of products is at most 2 · 32,767 · 127 < 2^23, so 32-bit sums hold 2^8 of them in a lane; then they are widened.
constexpr int64_t kExactWidth = 128 * kIntegerLanes;

template <int kQueries, int kRows, bool kAhead>
inline void integer_scores(const ScoreTile<int16_t, int8_t>& tile, int64_t first_query, int64_t first_row) {
  const int16_t* queries = tile.queries + first_query * tile.query_stride;
  const int8_t* rows = tile.rows + first_row * tile.row_stride;
  int64_t totals[kQueries][kRows] = {};
  for (int64_t begin = 0; begin < tile.width; begin += kExactWidth) {
    const int64_t end = begin + kExactWidth < tile.width ? begin + kExactWidth : tile.width;
    Sums sums[kQueries][kRows];
#pragma GCC unroll 4
    for (int q = 0; q < kQueries; ++q) {
#pragma GCC unroll 4
      for (int r = 0; r < kRows; ++r) sums[q][r] = zero_sums();
    }
    for (int64_t j = begin; j < end; j += kIntegerLanes) {
      Integers row[kRows];
#pragma GCC unroll 4
      for (int r = 0; r < kRows; ++r) row[r] = load_integers(rows + r * tile.row_stride + j);
      if constexpr (kAhead) prefetch<kRows>(rows + j, tile.row_stride);
#pragma GCC unroll 4
      for (int q = 0; q < kQueries; ++q) {
        const Integers query = load_integers(queries + q * tile.query_stride + j);
#pragma GCC unroll 4
        for (int r = 0; r < kRows; ++r) sums[q][r] = multiply_add(query, row[r], sums[q][r]);
      }
    }
#pragma GCC unroll 4
    for (int q = 0; q < kQueries; ++q) {
#pragma GCC unroll 4
      for (int r = 0; r < kRows; ++r) totals[q][r] += sum(sums[q][r]);
    }
  }
  for (int q = 0; q < kQueries; ++q)
    for (int r = 0; r < kRows; ++r) tile.scores[(first_query + q) * tile.score_stride + first_row + r] = static_cast<float>(totals[q][r]);
}

inline void dot_int8(const ScoreTile<int16_t, int8_t>& tile) {
  for_tiles(tile.query_count, tile.row_count, [&](auto queries, auto rows, auto ahead, int64_t q, int64_t r) {
    integer_scores<decltype(queries)::value, decltype(rows)::value, decltype(ahead)::value>(tile, q, r);
  });
}

constexpr ScoreKernels simd_scores(const char* name, host::Isa isa) {
  return {
      .name = name,
      .isa = isa,
      .dot_fp32 = all_scores<Dot, float>,
      .dot_bf16 = all_scores<Dot, Bf16>,
      .dot_int8 = dot_int8,
      .squared_distance_fp32 = all_scores<SquaredDistance, float>,
      .squared_distance_bf16 = all_scores<SquaredDistance, Bf16>,
      .squared_distance_int8 = all_scores<SquaredDistance, int8_t>,
  };
}

}  // namespace
}  // namespace oag::search
