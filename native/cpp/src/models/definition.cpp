#include "models/definition.h"

#include "core/error.h"

namespace oag::models {
namespace {

constexpr Family families[] = {
    {"clip", define_clip},
};

}  // namespace

std::unique_ptr<Definition> define(const files::Configs& configs) {
  const files::Config config = configs.main();
  const std::string type = config.text("model_type", std::nullopt);
  std::string known;
  for (const Family& family : families) {
    if (type == family.model_type) return family.define(configs);
    known += (known.empty() ? "" : ", ") + std::string(family.model_type);
  }
  throw Error(Status::unsupported, config.source() + ": model_type is \"" + type + "\"; this version knows: " + known);
}

Tensor Definition::logits(Ops&, const Tensor&, const Tensor&) const { throw Error(Status::internal, std::string(family()) + " has no logits"); }
Tensor Definition::probabilities(Ops&, const Tensor&) const { throw Error(Status::internal, std::string(family()) + " has no logits"); }

Tensor Tower::forward(Ops& ops, const Tensor& input, const Sequences& rows) const {
  State state = begin(ops, input, rows);
  while (state.next_block < blocks()) state = block(ops, state);
  return finish(ops, state);
}

}  // namespace oag::models
