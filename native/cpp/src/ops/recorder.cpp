#include "ops/recorder.h"

#include <algorithm>

namespace oag {

class Recorder final : public Pass {
 public:
  Recorder(const ParameterList& parameters, Recording& recording) : Pass(parameters), recording_(recording) {}

  void read(const Tensor& tensor, void*) override { use(tensor); }

  // What nothing reads is a result, and lives to the end.
  void finish() {
    for (size_t t = 0; t < recording_.tensors_.size(); t++)
      if (!read_[t]) recording_.tensors_[t].dies = static_cast<int64_t>(recording_.operations_.size());
  }

 protected:
  void execute(const Operation& operation) override {
    for (const Tensor& input : operation.inputs()) use(input);
    add(operation.out);
    recording_.operations_.push_back(operation);
  }

  void write(const Tensor& tensor, FunctionRef<void(void*)>) override { add(tensor); }

 private:
  void add(const Tensor& tensor) {
    const auto now = static_cast<int64_t>(recording_.operations_.size());
    recording_.tensors_.push_back({tensor, now, now});
    read_.push_back(false);
  }

  void use(const Tensor& tensor) {
    recording_.tensors_[tensor.id].dies = static_cast<int64_t>(recording_.operations_.size());
    read_[tensor.id] = true;
  }

  Recording& recording_;
  std::vector<bool> read_;
};

Recording record(const ParameterList& parameters, const Program& program) {
  Recording recording;
  Recorder recorder(parameters, recording);
  program(recorder);
  recorder.finish();
  return recording;
}

ArenaPlan Recording::plan(const Bindings& bindings) const {
  std::vector<Lifetime> lifetimes;
  lifetimes.reserve(tensors_.size());
  for (const Born& born : tensors_) {
    const Shape& shape = born.tensor.shape;
    lifetimes.push_back({shape.rows.value(bindings) * shape.width.value(bindings) * static_cast<int64_t>(size_of(born.tensor.dtype)), born.born, born.dies});
  }
  return plan_arena(lifetimes);
}

std::string Recording::text(const ParameterList& parameters) const {
  std::string lines;
  for (const Operation& operation : operations_) lines += operation.text(parameters) + "\n";
  return lines;
}

}  // namespace oag
