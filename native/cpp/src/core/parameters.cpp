#include "core/parameters.h"

#include <utility>

#include "core/error.h"

namespace oag {

int64_t ParameterSpec::width() const {
  if (kind == ParameterKind::scalar) return 1;
  if (kind == ParameterKind::vector) {
    int64_t numbers = 1;
    for (int64_t size : shape) numbers *= size;
    return numbers;
  }
  int64_t numbers = 1;
  for (size_t d = 1; d < shape.size(); d++) numbers *= shape[d];
  return numbers;
}

Parameter ParameterList::add(ParameterSpec spec) {
  if (spec.tensors.empty()) throw Error(Status::internal, "parameter " + spec.role + " names no tensor");
  specs_.push_back(std::move(spec));
  return {static_cast<uint32_t>(specs_.size() - 1)};
}

int64_t ParameterList::numbers() const {
  int64_t sum = 0;
  for (const ParameterSpec& spec : specs_) sum += spec.parts() * spec.part_numbers();
  return sum;
}

}  // namespace oag
