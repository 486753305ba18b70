#include "ops/recorder.h"

#include <algorithm>

#include "core/error.h"

namespace oag {

class Recorder final : public Pass {
 public:
  Recorder(const ParameterList& parameters, Recording& recording) : Pass(parameters), recording_(recording) {}

  void read(const Tensor& tensor, void*) override {
    use(tensor);
    recording_.tensors_[tensor.id].is_read = true;
  }

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
    recording_.tensors_.push_back({tensor, now, now, false});
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

std::vector<Lifetime> Recording::lifetimes(const Bindings& bindings) const {
  std::vector<Lifetime> lifetimes;
  lifetimes.reserve(tensors_.size());
  for (const Born& born : tensors_) {
    const Shape& shape = born.tensor.shape;
    lifetimes.push_back({shape.rows.value(bindings) * shape.width.value(bindings) * static_cast<int64_t>(size_of(born.tensor.dtype)), born.born, born.dies});
  }
  return lifetimes;
}

void RecordedOrder::next_tensor(const Tensor& tensor, const char* what) {
  if (tensors_ >= recording_.tensors().size() || tensor.id != tensors_) throw Error(Status::internal, std::string(what) + ": the pass makes a tensor that was not recorded");
  const Tensor& recorded = recording_.tensors()[tensors_].tensor;
  if (tensor.dtype != recorded.dtype || tensor.shape.rows.value() != recorded.shape.rows.value(bindings_) ||
      tensor.shape.width.value() != recorded.shape.width.value(bindings_))
    throw Error(Status::internal, std::string(what) + ": the result is " + name_of(tensor.dtype) + " " + tensor.shape.text() + " and was recorded as " +
                                      name_of(recorded.dtype) + " " + recorded.shape.text());
  tensors_++;
}

void RecordedOrder::input(const Tensor& tensor) {
  const auto& operations = recording_.operations();
  if (operations_ < operations.size() && operations[operations_].out.id == tensor.id)
    throw Error(Status::internal, "the pass has an input where the operation " + std::string(operations[operations_].name()) + " was recorded");
  next_tensor(tensor, "input");
}

void RecordedOrder::operation(const Operation& operation) {
  const auto& operations = recording_.operations();
  const std::string name = operation.name();
  if (operations_ >= operations.size()) throw Error(Status::internal, name + ": the pass has more operations than were recorded");
  const Operation& recorded = operations[operations_];
  if (operation.what.index() != recorded.what.index()) throw Error(Status::internal, name + ": the pass has it where " + recorded.name() + " was recorded");
  if (operation.out.id != recorded.out.id) throw Error(Status::internal, name + ": the pass has it where an input was recorded");
  const auto same = [](const Tensor& a, const Tensor& b) { return a.id == b.id; };
  const std::vector<Tensor> inputs = operation.inputs(), expected = recorded.inputs();
  if (!std::equal(inputs.begin(), inputs.end(), expected.begin(), expected.end(), same))
    throw Error(Status::internal, name + ": the pass gives it other inputs than were recorded");
  next_tensor(operation.out, operation.name());
  operations_++;
}

void RecordedOrder::read(const Tensor& tensor) const {
  if (tensor.id >= tensors_) throw Error(Status::internal, "the pass reads a tensor before it is made");
  if (recording_.tensors()[tensor.id].dies + 1 < static_cast<int64_t>(operations_))
    throw Error(Status::internal, "the pass reads %" + std::to_string(tensor.id) + " later than was recorded: its memory may hold another tensor");
}

std::string Recording::text(const ParameterList& parameters) const {
  std::string lines;
  for (const Operation& operation : operations_) lines += operation.text(parameters) + "\n";
  return lines;
}

}  // namespace oag
