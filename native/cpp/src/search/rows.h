// Vectors as search stores them, and queries as the score kernels take them.
#pragma once

#include <cstdint>
#include <string>

#include "core/aligned_buffer.h"
#include "search/kernels/scores.h"

namespace oag::search {

enum class Metric : int { dot = 0, cosine = 1, euclidean = 2 };  // values of oag_metric
enum class RowType : int { fp32 = 0, bf16 = 1, int8 = 2 };       // values of oag_row_type

const char* name_of(Metric metric);
const char* name_of(RowType type);
int64_t element_bytes(RowType type);
// Elements of a padded row: whole blocks of kPadding bytes.
int64_t padded_width(RowType type, int64_t width);
// Floats from one padded query to the next, enough for every row type.
int64_t query_stride(int64_t width);

constexpr int64_t kMostWidth = 65536;

// A vector whose squared length is above is refused: sums of squares and products stay finite below.
constexpr double kMostSquaredLength = 8.5e37;
// Σ x², in fp64. Error(invalid_argument) that begins with `name` when an element is no finite number, or the sum is above the most.
double checked_squared_length(const float* vector, int64_t width, const std::string& name);

// What belongs to a stored row beside its elements.
struct RowFactors {
  float scale;   // int8: what its elements are multiplied with; else 1
  float factor;  // what turns a dot product of the stored elements with a prepared query into a score; 1 where nothing is to be done
};

// Encodes `vector` (finite) to the elements of `type`: bf16 rounds to nearest even; int8 counts in steps of the largest magnitude / 127. Writes
// `width` elements; the padding behind them is zero already.
RowFactors encode_row(RowType type, Metric metric, const float* vector, int64_t width, void* row);
// The same factors for elements that are encoded already, with the scale they were stored with.
float factor_of(RowType type, Metric metric, const void* row, int64_t width, float scale);

// The elements back as floats.
void decode_row(RowType type, const void* row, int64_t width, float scale, float* vector);

// Whether factors are all 1, so that none need to be kept.
constexpr bool needs_factors(RowType type, Metric metric) { return metric == Metric::cosine || (type == RowType::int8 && metric == Metric::dot); }

// Queries made ready for rows of one type and metric. Scores come out as better when higher: a dot product, a cosine, or minus the distance.
class PreparedQueries {
 public:
  // queries [count, width], checked. Error(invalid_argument) naming "queries[i]".
  PreparedQueries(RowType type, Metric metric, const float* queries, int64_t count, int64_t width);

  int64_t count() const { return count_; }

  // Rows in memory as encode_row wrote them, at padded_width elements from each other.
  struct Rows {
    const void* rows;
    const float* scales;   // [count], int8 only
    const float* factors;  // [count], or null where all are 1
    int64_t count;
  };
  // Scores [queries, rows.count] at `stride` of the queries [first, first + queries) against the rows.
  void score(const ScoreKernels& kernels, int64_t first, int64_t queries, const Rows& rows, float* scores, int64_t stride) const;

 private:
  RowType type_;
  Metric metric_;
  int64_t count_, width_, stride_;
  AlignedBuffer floats_;    // [count, stride], zero-padded
  AlignedBuffer integers_;  // the same as int16, for dot products with int8 rows
  AlignedBuffer scales_;    // [count]: what an integer query is multiplied with
};

}  // namespace oag::search
