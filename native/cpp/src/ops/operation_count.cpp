#include "ops/operation_count.h"

#include <algorithm>

namespace oag {
namespace {

struct Counter {
  const ParameterList& parameters;
  const Bindings& bindings;
  const Operation& operation;

  int64_t value(const Extent& extent) const { return extent.value(bindings); }

  int64_t operator()(const op::Linear& linear) const { return 2 * value(linear.x.shape.rows) * parameters[linear.weight].width() * value(operation.out.shape.width); }

  int64_t operator()(const op::Patches& patches) const {
    return 2 * value(patches.images.shape.rows) * patches.grid_rows() * patches.grid_columns() * parameters[patches.weight].part_numbers();
  }

  int64_t operator()(const op::Conv2d& convolution) const { return 2 * value(operation.out.shape.rows) * parameters[convolution.weight].part_numbers(); }

  int64_t operator()(const op::Attention& attention) const {
    const int64_t sequences = std::max<int64_t>(1, value(attention.query_rows.count)), queries = value(attention.query_rows.rows);
    int64_t keys = 0;
    for (const KeySegment& segment : attention.segments) keys += value(segment.rows.rows);
    const int64_t own = queries / sequences, seen = keys / sequences;
    const int64_t pairs = attention.causal && own == seen ? sequences * own * (own + 1) / 2 : queries * seen;
    return 4 * pairs * attention.queries.count;  // scores and sums, over all heads
  }

  int64_t operator()(const op::Similarity& similarity) const {
    return 2 * value(similarity.a.shape.rows) * value(similarity.b.shape.rows) * value(similarity.a.shape.width);
  }

  template <class Other>
  int64_t operator()(const Other&) const { return 0; }
};

}  // namespace

int64_t count_operations(const Recording& recording, const ParameterList& parameters, const Bindings& bindings) {
  int64_t all = 0;
  for (const Operation& operation : recording.operations()) all += std::visit(Counter{parameters, bindings, operation}, operation.what);
  return all;
}

}  // namespace oag
