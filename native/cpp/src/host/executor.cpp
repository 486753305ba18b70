#include "host/executor.h"

#include "host/pass.h"
#include "host/weights.h"
#include "host/workspace.h"

namespace oag::host {

std::string HostExecutor::precision_refusal(Precision precision) const {
  if (precision == Precision::fp32 || precision == Precision::bf16 || precision == Precision::int8) return "";
  return std::string("precision ") + name_of(precision) + ": the host computes in fp32, bf16 and int8; use one of them, or auto";
}

std::unique_ptr<Weights> HostExecutor::prepare(const ParameterList& parameters, const ParameterSource& source, const PrecisionPlan& plan) {
  require(plan);
  return std::make_unique<HostWeights>(kernels_, parameters, source, plan, pages_, parallel_);
}

std::unique_ptr<Workspace> HostExecutor::create_workspace() { return std::make_unique<HostWorkspace>(poison_, pages_); }

std::unique_ptr<Pass> HostExecutor::begin(const ParameterList& parameters, const Weights& weights, const Recording& recording, const Bindings& bindings,
                                          Workspace& workspace) {
  return std::make_unique<HostPass>(parameters, static_cast<const HostWeights&>(weights), recording, bindings, static_cast<HostWorkspace&>(workspace),
                                    kernels_, parallel_);
}

}  // namespace oag::host
