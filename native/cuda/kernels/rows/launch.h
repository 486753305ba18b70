// Which kernel over rows runs, and its grid. Plain C++. Parameters with at least one row that are not refused.
#pragma once

#include <vector>

#include "kernels/launch.h"
#include "kernels/rows/task.h"

namespace oag::cuda::rows {

std::vector<KernelShape> kernel_shapes();

// Null, or why no kernel takes these parameters.
const char* refusal(const AddParams& p);
const char* refusal(const GatherParams& p);
const char* refusal(const PatchParams& p);
const char* refusal(const PoolParams& p);

Launch launch(Format format, const AddParams& p);
Launch launch(Format format, const GatherParams& p);
Launch launch(Format format, const PatchParams& p);
Launch launch(Format format, const PoolParams& p);

}  // namespace oag::cuda::rows
