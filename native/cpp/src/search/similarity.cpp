#include "search/similarity.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "core/error.h"

namespace oag::search {
namespace {

// Bytes of a block of vectors: it stays in a core's second-level cache while all queries pass over it.
constexpr int64_t kBlockBytes = int64_t{128} << 10;

// A block of the caller's vectors, padded; each slot of the pool has one.
class Block {
 public:
  Block(int64_t most, int64_t width) : width_(width), stride_(padded_width(RowType::fp32, width)), rows_(static_cast<size_t>(most * stride_) * sizeof(float)) {
    std::memset(rows_.as(), 0, rows_.bytes());
    factors_.resize(static_cast<size_t>(most));
  }

  PreparedQueries::Rows fill(Metric metric, const float* vectors, int64_t count) {
    for (int64_t r = 0; r < count; ++r)
      factors_[static_cast<size_t>(r)] = encode_row(RowType::fp32, metric, vectors + r * width_, width_, rows_.as<float>() + r * stride_).factor;
    return {rows_.as(), nullptr, needs_factors(RowType::fp32, metric) ? factors_.data() : nullptr, count};
  }

 private:
  int64_t width_, stride_;
  AlignedBuffer rows_;
  std::vector<float> factors_;
};

int64_t rows_per_block(int64_t width) { return std::max<int64_t>(1, kBlockBytes / (padded_width(RowType::fp32, width) * int64_t{sizeof(float)})); }

void check_vectors(Parallel& threads, const Vectors& vectors, const char* name) {
  const int64_t per_task = std::max<int64_t>(1, (int64_t{64} << 10) / vectors.width);
  threads.run((vectors.count + per_task - 1) / per_task, [&](int64_t task, int) {
    for (int64_t i = task * per_task; i < std::min(vectors.count, (task + 1) * per_task); ++i)
      checked_squared_length(vectors.values + i * vectors.width, vectors.width, std::string(name) + "[" + std::to_string(i) + "]");
  });
}

std::vector<Block> blocks_of_slots(Parallel& threads, int64_t most, int64_t width) {
  std::vector<Block> blocks;
  for (int slot = 0; slot < threads.threads(); ++slot) blocks.emplace_back(most, width);
  return blocks;
}

// scores [queries, b.count] of checked vectors.
void score_all(const ScoreKernels& kernels, Parallel& threads, Metric metric, const PreparedQueries& queries, const Vectors& b, float* scores) {
  const int64_t per_block = std::min(rows_per_block(b.width), b.count);
  std::vector<Block> blocks = blocks_of_slots(threads, per_block, b.width);
  threads.run((b.count + per_block - 1) / per_block, [&](int64_t task, int slot) {
    const int64_t begin = task * per_block, count = std::min(per_block, b.count - begin);
    const PreparedQueries::Rows rows = blocks[static_cast<size_t>(slot)].fill(metric, b.values + begin * b.width, count);
    queries.score(kernels, 0, queries.count(), rows, scores + begin, b.count);
  });
}

}  // namespace

void similarity(const ScoreKernels& kernels, Parallel& threads, Metric metric, const Vectors& a, const Vectors& b, float* scores) {
  check_vectors(threads, a, "a");
  check_vectors(threads, b, "b");
  const PreparedQueries queries(RowType::fp32, metric, a.values, a.count, a.width);
  score_all(kernels, threads, metric, queries, b, scores);
  if (metric == Metric::euclidean) std::transform(scores, scores + a.count * b.count, scores, [](float minus) { return 0.0f - minus; });
}

void bilinear(const ScoreKernels& kernels, Parallel& threads, const Vectors& a, const float* matrix, const Vectors& b, float* scores) {
  check_vectors(threads, a, "a");
  check_vectors(threads, b, "b");
  // a · matrix first: its columns are the vectors that a is multiplied with.
  std::vector<float> columns(static_cast<size_t>(a.width * b.width)), projected(static_cast<size_t>(a.count * b.width));
  for (int64_t i = 0; i < a.width; ++i)
    for (int64_t j = 0; j < b.width; ++j) columns[static_cast<size_t>(j * a.width + i)] = matrix[i * b.width + j];
  const Vectors by_column{columns.data(), b.width, a.width};
  check_vectors(threads, by_column, "the matrix's columns");
  score_all(kernels, threads, Metric::dot, PreparedQueries(RowType::fp32, Metric::dot, a.values, a.count, a.width), by_column, projected.data());
  const Vectors rows{projected.data(), a.count, b.width};
  check_vectors(threads, rows, "a times the matrix");
  score_all(kernels, threads, Metric::dot, PreparedQueries(RowType::fp32, Metric::dot, projected.data(), a.count, b.width), b, scores);
}

void max_similarity(const ScoreKernels& kernels, Parallel& threads, const Vectors& query, const Vectors& documents, const int64_t* offsets,
                    int64_t document_count, float* scores) {
  check_vectors(threads, query, "query");
  check_vectors(threads, documents, "documents");
  const PreparedQueries queries(RowType::fp32, Metric::dot, query.values, query.count, query.width);
  const int64_t per_block = rows_per_block(query.width);
  std::vector<Block> blocks = blocks_of_slots(threads, per_block, query.width);
  struct Scratch {
    std::vector<float> products;  // [query.count, per_block]
    std::vector<float> largest;   // [query.count]
  };
  std::vector<Scratch> scratch(static_cast<size_t>(threads.threads()));
  for (Scratch& own : scratch) {
    own.products.resize(static_cast<size_t>(query.count * per_block));
    own.largest.resize(static_cast<size_t>(query.count));
  }
  threads.run(document_count, [&](int64_t document, int slot) {
    Scratch& own = scratch[static_cast<size_t>(slot)];
    std::fill(own.largest.begin(), own.largest.end(), -INFINITY);
    for (int64_t begin = offsets[document]; begin < offsets[document + 1]; begin += per_block) {
      const int64_t count = std::min(per_block, offsets[document + 1] - begin);
      const PreparedQueries::Rows rows = blocks[static_cast<size_t>(slot)].fill(Metric::dot, documents.values + begin * documents.width, count);
      queries.score(kernels, 0, query.count, rows, own.products.data(), per_block);
      for (int64_t q = 0; q < query.count; ++q) {
        const float* products = own.products.data() + q * per_block;
        own.largest[static_cast<size_t>(q)] = std::max(own.largest[static_cast<size_t>(q)], *std::max_element(products, products + count));
      }
    }
    double sum = 0;  // of a few dozen numbers
    for (const float largest : own.largest) sum += largest;
    scores[document] = static_cast<float>(sum);
  });
}

}  // namespace oag::search
