// The usual ways to make a part of a parameter of tensors that lie otherwise in the folder.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/parameters.h"

namespace oag {

// Rows first … first + rows of a tensor of this shape: one of several projections that were saved as one (torch's in_proj_weight).
DerivedPart rows_of(const std::string& tensor, const std::vector<int64_t>& shape, int64_t first);

// Rows first … first + rows of a tensor, each plus row 0 of `added`: positions with what every token gets besides (BERT's first token type).
DerivedPart rows_plus_row(const std::string& tensor, const std::vector<int64_t>& shape, int64_t first, const std::string& added, const std::vector<int64_t>& added_shape);

// The transpose of a tensor [width, rows]: a projection that was saved as [inputs, outputs].
DerivedPart transposed(const std::string& tensor, int64_t width, int64_t rows);

// What a list declares as derived is made here; all else is read from `tensors`.
class DerivingSource final : public ParameterSource {
 public:
  // Both outlive it.
  DerivingSource(const ParameterList& parameters, const ParameterSource& tensors) : parameters_(parameters), tensors_(tensors) {}

  void read(const std::string& name, int64_t first_row, int64_t rows, int64_t width, float* out) const override;

 private:
  const ParameterList& parameters_;
  const ParameterSource& tensors_;
};

}  // namespace oag
