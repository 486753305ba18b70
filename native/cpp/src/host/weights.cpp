#include "host/weights.h"

#include <algorithm>

namespace oag::host {

HostWeights::HostWeights(const Kernels& kernels, const ParameterList& parameters, const ParameterSource& source, const PrecisionPlan& plan,
                         Pages pages, Parallel& parallel)
    : parameters_(parameters), precision_(plan.precision) {
  struct Task {
    Parameter parameter;
    int part;
  };
  std::vector<Task> tasks;
  int64_t end = 0;
  for (uint32_t p = 0; p < parameters.size(); p++) {
    const ParameterSpec& spec = parameters[{p}];
    const Precision precision = plan.of({p});
    formats_.push_back(&kernels.matrix(precision == Precision::int8 && spec.width() > most_int8_inputs ? Precision::bf16 : precision));
    const int64_t bytes = spec.kind == ParameterKind::matrix ? spec.parts() * panels_per_part({p}) * format({p}).panel_bytes(spec.width())
                                                             : spec.parts() * spec.part_numbers() * int64_t{sizeof(float)};
    offsets_.push_back(end);
    end += (bytes + 63) / 64 * 64;
    for (int part = 0; part < spec.parts(); part++) tasks.push_back({{p}, part});
  }
  memory_ = AlignedBuffer(static_cast<size_t>(end), pages);
  parallel.run(static_cast<int64_t>(tasks.size()), [&](int64_t t, int) {
    const auto [parameter, part] = tasks[static_cast<size_t>(t)];
    const ParameterSpec& spec = parameters[parameter];
    if (spec.kind == ParameterKind::matrix) return load_matrix_part(parameter, part, source);
    float* to = reinterpret_cast<float*>(memory(parameter)) + part * spec.part_numbers();
    source.read(spec.tensors[part], 0, spec.part_rows(), spec.width(), to);
  });
}

void HostWeights::load_matrix_part(Parameter parameter, int part, const ParameterSource& source) {
  const ParameterSpec& spec = parameters_[parameter];
  const MatrixKernels& kernels = format(parameter);
  const int64_t width = spec.width(), columns = kernels.columns_per_panel;
  const int64_t panels_at_once = std::max<int64_t>(1, 65536 / (columns * width));  // reads of 256 KiB or one panel
  AlignedBuffer rows(static_cast<size_t>(panels_at_once * columns * width) * sizeof(float));
  for (int64_t first = 0; first < spec.part_rows(); first += panels_at_once * columns) {
    const int64_t count = std::min(panels_at_once * columns, spec.part_rows() - first);
    source.read(spec.tensors[part], first, count, width, rows.as<float>());
    for (int64_t row = 0; row < count; row += columns)
      kernels.pack_weights(rows.as<float>() + row * width, width, static_cast<int>(std::min(columns, count - row)), width,
                           const_cast<void*>(panel(parameter, part, (first + row) / columns)));
  }
}

int64_t HostWeights::panels_per_part(Parameter parameter) const {
  return (parameters_[parameter].part_rows() + format(parameter).columns_per_panel - 1) / format(parameter).columns_per_panel;
}

const void* HostWeights::panel(Parameter parameter, int64_t part, int64_t panel) const {
  return memory(parameter) + (part * panels_per_part(parameter) + panel) * format(parameter).panel_bytes(parameters_[parameter].width());
}

void HostWeights::read_back(Parameter parameter, int part, float* out) const {
  const ParameterSpec& spec = parameters_[parameter];
  if (spec.kind != ParameterKind::matrix) {
    std::copy_n(values(parameter) + part * spec.part_numbers(), spec.part_numbers(), out);
    return;
  }
  const int64_t columns = format(parameter).columns_per_panel;
  for (int64_t row = 0; row < spec.part_rows(); row += columns)
    format(parameter).unpack_weights(panel(parameter, part, row / columns), static_cast<int>(std::min(columns, spec.part_rows() - row)), spec.width(),
                                     out + row * spec.width(), spec.width());
}

}  // namespace oag::host
