// The parameters of a definition as the host kernels want them.
#pragma once

#include <vector>

#include "core/aligned_buffer.h"
#include "core/parallel.h"
#include "core/parameters.h"
#include "host/kernels/kernels.h"
#include "ops/executor.h"

namespace oag::host {

// Matrices lie in panels of their format's columns_per_panel outputs, each part from a panel of its own; all else lies as it was, in fp32. All is one block, for
// small matrices too shall lie on huge pages.
class HostWeights final : public Weights {
 public:
  // Streams all parameters, several at once. `parameters` must outlive the weights.
  HostWeights(const Kernels& kernels, const ParameterList& parameters, const ParameterSource& source, const PrecisionPlan& plan, Pages pages, Parallel& parallel);

  int64_t bytes() const override { return static_cast<int64_t>(memory_.bytes()); }
  int64_t bytes_on_huge_pages() const override { return oag::bytes_on_huge_pages(memory_.as(), memory_.bytes()); }
  void read_back(Parameter parameter, int part, float* out) const override;

  // A table, vector or scalar, parts one after the other.
  const float* values(Parameter parameter) const { return reinterpret_cast<const float*>(memory(parameter)); }

  // What the whole is computed in, but for matrices that are kept.
  Precision precision() const { return precision_; }
  // What multiplies a matrix.
  const MatrixKernels& format(Parameter parameter) const { return *formats_[parameter.index]; }

  int64_t part_rows(Parameter parameter) const { return parameters_[parameter].part_rows(); }
  int64_t panels_per_part(Parameter parameter) const;
  // Panel `panel` of part `part` of a matrix.
  const void* panel(Parameter parameter, int64_t part, int64_t panel) const;

 private:
  char* memory(Parameter parameter) const { return memory_.as<char>() + offsets_[parameter.index]; }
  void load_matrix_part(Parameter parameter, int part, const ParameterSource& source);

  const ParameterList& parameters_;
  const Precision precision_;
  std::vector<const MatrixKernels*> formats_;
  std::vector<int64_t> offsets_;  // of each parameter, multiples of 64
  AlignedBuffer memory_;
};

}  // namespace oag::host
