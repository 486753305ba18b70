#include "host/tensor_forms.h"

#include <algorithm>

namespace oag::host {

TensorForms::TensorForms(const Recording& recording, const HostWeights& weights)
    : recording_(recording), weights_(weights), forms_(recording.tensors().size(), Form::dense), norms_(forms_.size()), packers_(forms_.size()), needed_until_(forms_.size()) {
  const std::vector<Operation>& operations = recording.operations();
  std::vector<int> readers(forms_.size());
  std::vector<size_t> reader(forms_.size()), maker(forms_.size(), operations.size());
  for (size_t o = 0; o < operations.size(); o++) {
    maker[operations[o].out.id] = o;
    for (const Tensor& input : operations[o].inputs()) {
      readers[input.id]++;
      reader[input.id] = o;
    }
  }
  for (size_t t = 0; t < forms_.size(); t++)
    if (readers[t] == 1 && maker[t] < operations.size() && !recording.tensors()[t].is_read) choose(operations[maker[t]], operations[reader[t]], static_cast<int64_t>(reader[t]));
}

void TensorForms::choose(const Operation& maker, const Operation& reader, int64_t reads_at) {
  const uint32_t id = maker.out.id;
  const auto* product = std::get_if<op::Linear>(&reader.what);
  if (!product || product->x.id != id) return;
  if (const auto* norm = std::get_if<op::LayerNorm>(&maker.what)) {
    forms_[id] = Form::in_passing;
    norms_[id] = norm;
    needed_until_[norm->x.id] = std::max(needed_until_[norm->x.id], reads_at);
  } else if (const auto* linear = std::get_if<op::Linear>(&maker.what)) {
    // Blocks of rows are cut alike where the kernels are the same. Each part begins a panel, so with several the columns of a part must fill theirs.
    const MatrixKernels& kernels = weights_.format(product->weight);
    const bool whole_panels = linear->parts == 1 || weights_.part_rows(linear->weight) % kernels.columns_per_panel == 0;
    if (&weights_.format(linear->weight) != &kernels || !kernels.pack_columns || !whole_panels) return;
    forms_[id] = Form::packed;
    packers_[id] = &kernels;
  }
}

ArenaPlan TensorForms::plan(const Bindings& bindings) const {
  std::vector<Lifetime> lifetimes = recording_.lifetimes(bindings);
  for (size_t t = 0; t < lifetimes.size(); t++) {
    const Shape& shape = recording_.tensors()[t].tensor.shape;
    if (forms_[t] == Form::packed) lifetimes[t].bytes = shape.rows.value(bindings) * packers_[t]->row_bytes(shape.width.value(bindings));
    if (forms_[t] == Form::in_passing) lifetimes[t].bytes = 0;
    lifetimes[t].dies = std::max(lifetimes[t].dies, needed_until_[t]);
  }
  return plan_arena(lifetimes);
}

}  // namespace oag::host
