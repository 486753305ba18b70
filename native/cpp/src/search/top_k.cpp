#include "search/top_k.h"

#include <algorithm>

namespace oag::search {
namespace {

// Bytes of a block of rows: a fraction of a core's second-level cache (512 KiB and more), and enough work for a task (some 10 µs).
constexpr int64_t kBlockBytes = int64_t{128} << 10;
// Queries whose scores are computed together and then offered: half of a first-level cache at 512 floats each.
constexpr int64_t kQueriesAtOnce = 8;
constexpr int64_t kWordRows = 64;

struct RowBlock {
  PreparedQueries::Rows rows;
  int64_t first_row;
};

PreparedQueries::Rows part(const PreparedQueries::Rows& rows, int64_t row_bytes, int64_t begin, int64_t count) {
  return {static_cast<const char*>(rows.rows) + begin * row_bytes, rows.scales ? rows.scales + begin : nullptr, rows.factors ? rows.factors + begin : nullptr, count};
}

bool passes(Filter filter, int64_t row) { return !filter.words || (row < filter.rows && (filter.words[row / kWordRows] >> (row % kWordRows) & 1) != 0); }

// Whether any of the rows [first, first + count) passes: a word at a time.
bool any_passes(Filter filter, int64_t first, int64_t count) {
  if (!filter.words) return true;
  const int64_t last = std::min(first + count, filter.rows) - 1;
  if (last < first) return false;
  for (int64_t word = first / kWordRows; word <= last / kWordRows; ++word) {
    uint64_t bits = filter.words[word];
    if (word == first / kWordRows) bits &= ~uint64_t{0} << (first % kWordRows);
    if (word == last / kWordRows) bits &= ~uint64_t{0} >> (kWordRows - 1 - last % kWordRows);
    if (bits) return true;
  }
  return false;
}

std::vector<RowBlock> cut(const std::vector<Segment>& segments, int64_t row_bytes, Filter filter) {
  const int64_t rows_per_block = std::max<int64_t>(1, std::min<int64_t>(kBlockBytes / row_bytes, 2048));
  std::vector<RowBlock> blocks;
  for (const Segment& segment : segments)
    for (int64_t begin = 0; begin < segment.rows.count; begin += rows_per_block) {
      const int64_t count = std::min(rows_per_block, segment.rows.count - begin);
      if (any_passes(filter, segment.first_row + begin, count)) blocks.push_back({part(segment.rows, row_bytes, begin, count), segment.first_row + begin});
    }
  return blocks;
}

// What one thread at a time works with.
struct Slot {
  std::vector<TopK> best;  // by query
  std::vector<float> scores;
};

}  // namespace

void TopK::offer(Hit hit) {
  if (heap_.size() == k_) {
    if (k_ == 0 || !better(hit, heap_.front())) return;
    std::pop_heap(heap_.begin(), heap_.end(), better);
    heap_.back() = hit;
  } else {
    heap_.push_back(hit);
  }
  std::push_heap(heap_.begin(), heap_.end(), better);
  if (heap_.size() == k_) threshold_ = heap_.front().score;
}

std::vector<std::vector<Hit>> search(const std::vector<Segment>& segments, int64_t row_bytes, const PreparedQueries& queries, int64_t k, Filter filter,
                                     const ScoreKernels& kernels, Parallel& threads) {
  const std::vector<RowBlock> blocks = cut(segments, row_bytes, filter);
  int64_t longest = 0;
  for (const RowBlock& block : blocks) longest = std::max(longest, block.rows.count);
  std::vector<Slot> slots(static_cast<size_t>(threads.threads()));
  for (Slot& slot : slots) {
    slot.best.assign(static_cast<size_t>(queries.count()), TopK(k));
    slot.scores.resize(static_cast<size_t>(kQueriesAtOnce * longest));
  }

  threads.run(static_cast<int64_t>(blocks.size()), [&](int64_t task, int which) {
    const RowBlock& block = blocks[static_cast<size_t>(task)];
    Slot& slot = slots[static_cast<size_t>(which)];
    for (int64_t first = 0; first < queries.count(); first += kQueriesAtOnce) {
      const int64_t count = std::min(kQueriesAtOnce, queries.count() - first);
      queries.score(kernels, first, count, block.rows, slot.scores.data(), longest);
      for (int64_t q = 0; q < count; ++q) {
        const float* const scores = slot.scores.data() + q * longest;
        TopK& best = slot.best[static_cast<size_t>(first + q)];
        for (int64_t r = 0; r < block.rows.count; ++r)
          if (scores[r] >= best.threshold() && passes(filter, block.first_row + r)) best.offer({block.first_row + r, scores[r]});
      }
    }
  });

  std::vector<std::vector<Hit>> results(static_cast<size_t>(queries.count()));
  for (size_t q = 0; q < results.size(); ++q) {
    std::vector<Hit>& hits = results[q];
    for (const Slot& slot : slots) hits.insert(hits.end(), slot.best[q].hits().begin(), slot.best[q].hits().end());
    std::sort(hits.begin(), hits.end(), better);
    if (static_cast<int64_t>(hits.size()) > k) hits.resize(static_cast<size_t>(k));
  }
  return results;
}

}  // namespace oag::search
