// What a forward pass is between two blocks: named tensors and sequences.
#pragma once

#include <map>
#include <string>

#include "core/sequences.h"
#include "core/tensor.h"

namespace oag {

struct State {
  int next_block = 0;  // of the tower that made the state
  std::map<std::string, Tensor> tensors;
  std::map<std::string, Sequences> sequences;
};

}  // namespace oag
