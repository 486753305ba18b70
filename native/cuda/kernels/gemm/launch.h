// Which product runs, and its grid. Plain C++.
#pragma once

#include <vector>

#include "kernels/gemm/task.h"
#include "kernels/launch.h"

namespace oag::cuda::gemm {

std::vector<KernelShape> kernel_shapes();

// Null, or why no kernel takes these parameters.
const char* refusal(const Params& p);

// Parameters that are not refused, with at least one row and column. `multiprocessors` of the device: fewer large tiles than those become small ones.
Launch launch(Format format, int multiprocessors, const Params& p);

}  // namespace oag::cuda::gemm
