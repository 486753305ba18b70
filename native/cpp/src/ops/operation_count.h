// How much arithmetic a recorded program is.
#pragma once

#include <cstdint>

#include "ops/recorder.h"

namespace oag {

// Multiplications and additions of the program's matrix products, patch products, convolutions, attention and similarities with these sizes, a multiply-add being two: what "percent of peak"
// is of. Sequences are taken to be of equal length; causal attention counts the keys that are seen. All else a model does is a few operations per element.
int64_t count_operations(const Recording& recording, const ParameterList& parameters, const Bindings& bindings);

}  // namespace oag
