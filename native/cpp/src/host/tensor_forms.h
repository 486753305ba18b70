// What of a recorded program the host does together, and how its tensors lie then.
#pragma once

#include <cstdint>
#include <vector>

#include "core/arena.h"
#include "host/weights.h"
#include "ops/recorder.h"

namespace oag::host {

enum class Form : uint8_t {
  dense,       // as the operation says: rows of numbers of its dtype
  packed,      // rows as the one product that reads them wants them packed, in its number format
  in_passing,  // nowhere: the product that reads it computes each row while it packs it
};

// A tensor that nothing but the next matrix product reads has no need to lie in fp32:
//
//   linear → linear        a tile's results are packed for the second product while they are in the first-level cache. In bf16 they are rounded there, and take half of the memory
//   layer_norm → linear    a row is normalised, rounded or quantised, and packed in one go
//
// Results have the bits of the operations one by one: the same functions on the same numbers.
class TensorForms {
 public:
  TensorForms(const Recording& recording, const HostWeights& weights);

  Form operator[](const Tensor& tensor) const { return forms_[tensor.id]; }
  // What computes a tensor that is made in passing, else null.
  const op::LayerNorm* norm(const Tensor& tensor) const { return norms_[tensor.id]; }

  // Where each tensor lies; a place without bytes for those in passing.
  ArenaPlan plan(const Bindings& bindings) const;

 private:
  void choose(const Operation& maker, const Operation& reader, int64_t reads_at);

  const Recording& recording_;
  const HostWeights& weights_;
  std::vector<Form> forms_;                    // [tensors], as the rest
  std::vector<const op::LayerNorm*> norms_;
  std::vector<const MatrixKernels*> packers_;  // of packed ones
  std::vector<int64_t> needed_until_;          // the last operation for which the memory must stay, when that is later than was recorded
};

}  // namespace oag::host
