// A State as bytes: a forward pass stops after a block, travels, and goes on in another pass, process or executor.
#pragma once

#include <cstdint>
#include <vector>

#include "core/state.h"
#include "ops/executor.h"

namespace oag {

// Everything of `state`, little-endian, with a digest at the end. The tensors are read from the pass that made them.
std::vector<uint8_t> save_state(Pass& pass, const State& state);

// The sizes and sequences that were saved, and where the tensors' values lie. Error(invalid_argument) when the bytes are cut or changed.
class SavedState {
 public:
  explicit SavedState(std::vector<uint8_t> bytes);

  // The state in another pass: each tensor becomes an input.
  State load(Pass& pass) const;

 private:
  struct Values {
    DType dtype;
    int64_t rows;
    int64_t width;
    size_t offset;
  };
  std::vector<uint8_t> bytes_;
  int next_block_ = 0;
  std::vector<std::pair<std::string, Values>> tensors_;
  std::vector<std::pair<std::string, Sequences>> sequences_;
};

}  // namespace oag
