// A tensor as a model sees it: the executor's handle. There is no data behind it that a model could read.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/shape.h"

namespace oag {

struct Tensor {
  uint32_t id = 0;  // position among the tensors of its pass, inputs included, in order of creation
  DType dtype = DType::f32;
  Shape shape;
};

// Columns first … first + count of every row of a tensor: one part of a fused result.
struct Columns {
  Tensor tensor;
  int64_t first = 0;
  int64_t count = 0;
};

}  // namespace oag
