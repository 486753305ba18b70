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

std::string ParameterList::derive(std::string name, DerivedPart part) {
  if (part.inputs.empty() || !part.read) throw Error(Status::internal, "derived part " + name + " is made of nothing");
  if (!derived_.emplace(name, std::move(part)).second) throw Error(Status::internal, "derived part " + name + " is declared twice");
  return name;
}

const DerivedPart* ParameterList::derived(const std::string& name) const {
  const auto found = derived_.find(name);
  return found == derived_.end() ? nullptr : &found->second;
}

std::vector<DerivedPart::Input> ParameterList::tensors() const {
  std::vector<DerivedPart::Input> all;
  for (const ParameterSpec& spec : specs_)
    for (const std::string& name : spec.tensors) {
      if (const DerivedPart* part = derived(name)) all.insert(all.end(), part->inputs.begin(), part->inputs.end());
      else all.push_back({name, spec.shape});
    }
  return all;
}

int64_t ParameterList::numbers() const {
  int64_t sum = 0;
  for (const ParameterSpec& spec : specs_) sum += spec.parts() * spec.part_numbers();
  return sum;
}

}  // namespace oag
