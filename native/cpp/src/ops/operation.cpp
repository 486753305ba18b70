#include "ops/operation.h"

#include <algorithm>

#include "core/sequence_table.h"

namespace oag {
namespace {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

std::vector<Parameter> parameters_of(const Operation& operation) {
  return std::visit(Overloaded{
      [](const op::Linear& o) { std::vector<Parameter> used{o.weight}; if (o.bias) used.push_back(*o.bias); return used; },
      [](const op::LayerNorm& o) { return std::vector<Parameter>{o.gain, o.bias}; },
      [](const op::Embed& o) { return std::vector<Parameter>{o.tokens, o.positions}; },
      [](const op::Patches& o) {
        std::vector<Parameter> used{o.weight};
        if (o.bias) used.push_back(*o.bias);
        if (o.prefix) used.push_back(*o.prefix);
        used.push_back(o.positions);
        return used;
      },
      [](const op::Conv2d& o) { std::vector<Parameter> used{o.weight}; if (o.bias) used.push_back(*o.bias); return used; },
      [](const op::Attention& o) { return o.position_bias ? std::vector<Parameter>{o.position_bias->table} : std::vector<Parameter>{}; },
      [](const op::Similarity& o) { std::vector<Parameter> used{o.log_scale}; if (o.bias) used.push_back(*o.bias); return used; },
      [](const op::Repeat& o) { return std::vector<Parameter>{o.rows}; },
      [](const auto&) { return std::vector<Parameter>{}; }}, operation.what);
}

}  // namespace

int64_t op::Attention::span() const {
  int64_t last = 0;
  const auto take = [&](const SequenceTable& rows) {
    for (int64_t run = 0; run < rows.runs(); run++) last = std::max(last, rows.first_position(run) + rows.length(run) - 1);
  };
  take(*query_rows.table);
  for (const KeySegment& segment : segments) take(*segment.rows.table);
  return last;
}

std::vector<Tensor> Operation::inputs() const {
  return std::visit(Overloaded{
      [](const op::Linear& o) { std::vector<Tensor> read{o.x}; if (o.residual) read.push_back(*o.residual); return read; },
      [](const op::Attention& o) {
        std::vector<Tensor> read{o.queries.tensor};
        for (const KeySegment& segment : o.segments) {
          read.push_back(segment.keys.tensor);
          read.push_back(segment.values.tensor);
        }
        return read;
      },
      [](const op::Embed& o) { return std::vector<Tensor>{o.ids}; },
      [](const op::Patches& o) { return std::vector<Tensor>{o.images, o.levels}; },
      [](const op::Pixels& o) { return std::vector<Tensor>{o.images, o.levels}; },
      [](const op::Conv2d& o) { std::vector<Tensor> read{o.x}; if (o.residual) read.push_back(*o.residual); return read; },
      [](const op::Similarity& o) { return std::vector<Tensor>{o.a, o.b}; },
      [](const op::Concat& o) { return o.parts; },
      [](const op::Multiply& o) { return std::vector<Tensor>{o.a, o.b}; },
      [](const op::Add& o) { return std::vector<Tensor>{o.a, o.b}; },
      [](const op::Repeat&) { return std::vector<Tensor>{}; },
      [](const auto& o) { return std::vector<Tensor>{o.x}; }}, what);
}

const char* Operation::name() const {
  return std::visit(Overloaded{
      [](const op::Linear&) { return "linear"; },
      [](const op::LayerNorm&) { return "layer_norm"; },
      [](const op::Attention&) { return "attention"; },
      [](const op::Embed&) { return "embed"; },
      [](const op::Patches&) { return "patches"; },
      [](const op::Pool&) { return "pool"; },
      [](const op::L2Normalize&) { return "l2_normalize"; },
      [](const op::Similarity&) { return "similarity"; },
      [](const op::Softmax&) { return "softmax"; },
      [](const op::Concat&) { return "concat"; },
      [](const op::Repeat&) { return "repeat"; },
      [](const op::Multiply&) { return "multiply"; },
      [](const op::Activate&) { return "activate"; },
      [](const op::Pixels&) { return "pixels"; },
      [](const op::Conv2d&) { return "conv2d"; },
      [](const op::Pool2d&) { return "pool2d"; },
      [](const op::Add&) { return "add"; }}, what);
}

std::string Operation::text(const ParameterList& parameters) const {
  std::string line = name();
  line.resize(13, ' ');
  line += "%" + std::to_string(out.id) + " " + out.shape.text() + " ←";
  for (const Tensor& input : inputs()) line += " %" + std::to_string(input.id);
  for (Parameter parameter : parameters_of(*this)) line += "  " + parameters[parameter].role;
  if (const auto* pool = std::get_if<op::Pool>(&what); pool && pool->pooling > Pooling::last) line += std::string("  ") + name_of(pool->pooling);
  return line;
}

}  // namespace oag
