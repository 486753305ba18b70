// The executor that computes nothing: it runs a model with symbolic rows and writes down its operations. From them the arena of a real
// pass is sized, a model's operation list is printed, and a graph can be built.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/arena.h"
#include "ops/executor.h"

namespace oag {

// The operations of one program, and the tensors they make. Immutable.
class Recording {
 public:
  struct Born {
    Tensor tensor;
    int64_t born = 0;  // index of the operation that makes it, or that comes next for an input
    int64_t dies = 0;  // index of the last operation that reads it
    bool is_read = false;  // by Pass::read: its values are wanted as such
  };

  // Of each tensor when the symbols have these values.
  std::vector<Lifetime> lifetimes(const Bindings& bindings) const;
  // Where each tensor lies then.
  ArenaPlan plan(const Bindings& bindings) const { return plan_arena(lifetimes(bindings)); }

  const std::vector<Operation>& operations() const { return operations_; }
  const std::vector<Born>& tensors() const { return tensors_; }
  std::string text(const ParameterList& parameters) const;  // one line per operation

 private:
  friend class Recorder;
  std::vector<Operation> operations_;
  std::vector<Born> tensors_;
};

// Walks along a recording with a pass that repeats it. The arena was planned from the recording: a pass that does anything else would write over
// what it still needs, so every step that differs throws Error(internal). One pass, one thread.
class RecordedOrder {
 public:
  // The recording outlives it.
  RecordedOrder(const Recording& recording, const Bindings& bindings) : recording_(recording), bindings_(bindings) {}

  void input(const Tensor& tensor);
  void operation(const Operation& operation);
  void read(const Tensor& tensor) const;  // up to the operation after the last that was recorded to read it

 private:
  void next_tensor(const Tensor& tensor, const char* what);

  const Recording& recording_;
  Bindings bindings_;
  size_t tensors_ = 0, operations_ = 0;  // done so far
};

// What is run on a pass: inputs, operations, reads. It must do the same on every pass.
using Program = std::function<void(Pass&)>;

// Runs `program` once with symbols for sizes. Inputs are not filled and reads write nothing.
Recording record(const ParameterList& parameters, const Program& program);

}  // namespace oag
