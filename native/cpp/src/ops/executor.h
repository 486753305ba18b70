// What a device gives to runtime/: weights made ready, and passes that run a model over them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/parallel.h"
#include "core/parameters.h"
#include "core/precision.h"
#include "core/shape.h"
#include "ops/ops.h"

namespace oag {

class Recording;  // ops/recorder.h

// Ops with the two ends that a model does not see: values going in and coming out.
class Pass : public Ops {
 public:
  using Ops::Ops;
  using Ops::repeat;  // the operation, beside the repetition of a recording below

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

// What each matrix of a definition is held and multiplied in; tables, vectors and scalars stay as they are.
struct PrecisionPlan {
  Precision precision = Precision::fp32;
  std::vector<Parameter> kept;                    // the matrices that `precision` would hurt too much
  Precision kept_precision = Precision::fp32;     // what those are computed in

  Precision of(Parameter parameter) const {
    for (const Parameter& one : kept)
      if (one.index == parameter.index) return kept_precision;
    return precision;
  }
};

// The parameters of one definition in the form an executor computes with. Immutable.
class Weights {
 public:
  virtual ~Weights() = default;
  virtual int64_t bytes() const = 0;
  virtual int64_t bytes_on_huge_pages() const { return 0; }  // of bytes(), now
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

  // Error(unsupported) with the reason unless all of a plan is computed here.
  void require(const PrecisionPlan& plan) const {
    for (const Precision precision : {plan.precision, plan.kept_precision})
      if (const std::string refusal = precision_refusal(precision); !refusal.empty()) throw Error(Status::unsupported, refusal);
  }

  // Empty when this executor computes in `precision`, which is not `automatic`; else the reason with the remedy.
  virtual std::string precision_refusal(Precision precision) const = 0;

  // Streams the parameters from the source into the executor's own form. `parameters` must outlive the result. Error(unsupported) for a precision that is refused.
  virtual std::unique_ptr<Weights> prepare(const ParameterList& parameters, const ParameterSource& source, const PrecisionPlan& plan) = 0;
  std::unique_ptr<Weights> prepare(const ParameterList& parameters, const ParameterSource& source) { return prepare(parameters, source, PrecisionPlan{}); }

  virtual std::unique_ptr<Workspace> create_workspace() = 0;

  // A pass that will run what was recorded, with these sizes, in this workspace. All arguments outlive the pass.
  virtual std::unique_ptr<Pass> begin(const ParameterList& parameters, const Weights& weights, const Recording& recording, const Bindings& bindings,
                                      Workspace& workspace) = 0;
};

}  // namespace oag
