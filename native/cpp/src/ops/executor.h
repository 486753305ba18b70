// What a device gives to runtime/: weights made ready, and passes that run a model over them.
#pragma once

#include <cstdint>
#include <memory>

#include "core/parallel.h"
#include "core/shape.h"
#include "ops/ops.h"
#include "core/parameters.h"

namespace oag {

class Recording;  // ops/recorder.h

// Ops with the two ends that a model does not see: values going in and coming out.
class Pass : public Ops {
 public:
  using Ops::Ops;

  // A tensor whose values `fill` writes: rows × width elements, row-major, dense. `fill` is called at most once, before this returns.
  Tensor input(DType dtype, const Shape& shape, FunctionRef<void(void* values)> fill) {
    Tensor tensor = new_tensor(dtype, shape);
    write(tensor, fill);
    return tensor;
  }

  // Copies a tensor's values to `values`, dense.
  virtual void read(const Tensor& tensor, void* values) = 0;

  // What another pass has already numbered, done here: for a pass around a pass, and for replaying a recording.
  void repeat(const Operation& operation) { execute(operation); }
  void repeat(const Tensor& input, FunctionRef<void(void* values)> fill) { write(input, fill); }

 protected:
  virtual void write(const Tensor& tensor, FunctionRef<void(void* values)> fill) = 0;
};

// The parameters of one definition in the form an executor computes with. Immutable.
class Weights {
 public:
  virtual ~Weights() = default;
  virtual int64_t bytes() const = 0;
  // Writes part `part` back as it was prepared, [part_rows, width] float32; in fp32 bit for bit.
  virtual void read_back(Parameter parameter, int part, float* out) const = 0;
};

// The memory of one pass at a time.
class Workspace {
 public:
  virtual ~Workspace() = default;
  virtual int64_t bytes() const = 0;
};

class Executor {
 public:
  virtual ~Executor() = default;

  // Streams the parameters from the source into the executor's own form. `parameters` must outlive the result.
  virtual std::unique_ptr<Weights> prepare(const ParameterList& parameters, const ParameterSource& source) = 0;

  virtual std::unique_ptr<Workspace> create_workspace() = 0;

  // A pass that will run what was recorded, with these sizes, in this workspace. All arguments outlive the pass.
  virtual std::unique_ptr<Pass> begin(const ParameterList& parameters, const Weights& weights, const Recording& recording, const Bindings& bindings,
                                      Workspace& workspace) = 0;
};

}  // namespace oag
