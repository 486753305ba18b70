// The exact k best of all rows.
#pragma once

#include <cstdint>
#include <vector>

#include "core/parallel.h"
#include "search/rows.h"

namespace oag::search {

struct Hit {
  int64_t row;
  float score;
};

// The order of results: higher scores first, equal ones by row.
inline bool better(const Hit& a, const Hit& b) { return a.score != b.score ? a.score > b.score : a.row < b.row; }

// The k best of what it is offered, in any order: a heap whose root is the worst of them. Memory grows with what it holds.
class TopK {
 public:
  explicit TopK(int64_t k) : k_(static_cast<size_t>(k)) {}

  // What a score must reach to come in; −∞ while there is room.
  float threshold() const { return threshold_; }
  void offer(Hit hit);
  const std::vector<Hit>& hits() const { return heap_; }

 private:
  size_t k_;
  float threshold_ = -__builtin_inff();
  std::vector<Hit> heap_;
};

// Rows that lie together in memory.
struct Segment {
  PreparedQueries::Rows rows;
  int64_t first_row;  // the number of its first
};

// Which rows may be found: row r when it is below `rows` and bit r mod 64 of word r / 64 is set. Without words: all.
struct Filter {
  const uint64_t* words = nullptr;
  int64_t rows = 0;
};

// For each query its k best rows, best first; fewer where fewer pass the filter. Blocks of rows go to the pool's threads and stay in a core's cache
// while all queries pass over them. The result does not depend on threads or blocks. `row_bytes`: from one row to the next.
std::vector<std::vector<Hit>> search(const std::vector<Segment>& segments, int64_t row_bytes, const PreparedQueries& queries, int64_t k, Filter filter,
                                     const ScoreKernels& kernels, Parallel& threads);

}  // namespace oag::search
