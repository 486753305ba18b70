// Which attention kernel runs, and its grid. Plain C++.
#pragma once

#include <vector>

#include "kernels/attention/task.h"
#include "kernels/launch.h"

namespace oag::cuda::attention {

// What a call is, beside its parameters.
struct Extent {
  int32_t longest_queries;  // of a run, at least 1
  int32_t longest_keys;
};

std::vector<KernelShape> kernel_shapes();

// Null, or why no kernel takes these parameters.
const char* refusal(const Params& p);

// Sets p.row_tiles. Parameters that are not refused, runs and heads at least 1.
Launch launch(Format format, const Extent& extent, Params& p);

}  // namespace oag::cuda::attention
