// Parameters without a model folder.
#pragma once

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/parameters.h"

namespace oag::test {

// `count` numbers, normally distributed; the same for the same seed.
inline std::vector<float> random_floats(int64_t count, uint32_t seed, float deviation = 1) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal(0, deviation);
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) value = normal(engine);
  return values;
}

// Holds every tensor of a list, random and different; a test may read or replace them before they are prepared.
class MemorySource final : public ParameterSource {
 public:
  explicit MemorySource(const ParameterList& parameters) {
    uint32_t seed = 1;
    for (const ParameterSpec& spec : parameters)
      for (const std::string& name : spec.tensors) tensors[name] = random_floats(spec.part_numbers(), seed++);
  }
  void read(const std::string& tensor, int64_t first_row, int64_t rows, int64_t width, float* out) const override {
    const std::vector<float>& values = tensors.at(tensor);
    if ((first_row + rows) * width > static_cast<int64_t>(values.size())) throw Error(Status::internal, "a read beyond " + tensor);
    std::copy_n(values.begin() + first_row * width, rows * width, out);
  }

  std::map<std::string, std::vector<float>> tensors;
};

}  // namespace oag::test
