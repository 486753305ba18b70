// Ops on the CPU.
#pragma once

#include <memory>
#include <string>

#include "core/pages.h"
#include "core/parallel.h"
#include "host/kernels/kernels.h"
#include "ops/executor.h"

namespace oag::host {

// Stateless beside its kernels and threads, which outlive it; safe from any thread.
class HostExecutor final : public Executor {
 public:
  // With `poison`, memory is filled with NaN before it is used for something new, so that a test sees a read of what was never written. `pages` is what weights and
  // workspaces ask for.
  HostExecutor(const Kernels& kernels, Parallel& parallel, bool poison = false, Pages pages = Pages::small)
      : kernels_(kernels), parallel_(parallel), poison_(poison), pages_(pages) {}

  using Executor::prepare;
  std::string precision_refusal(Precision precision) const override;  // fp32, bf16 and int8 are computed
  std::unique_ptr<Weights> prepare(const ParameterList& parameters, const ParameterSource& source, const PrecisionPlan& plan) override;
  std::unique_ptr<Workspace> create_workspace() override;
  std::unique_ptr<Pass> begin(const ParameterList& parameters, const Weights& weights, const Recording& recording, const Bindings& bindings,
                              Workspace& workspace) override;

 private:
  const Kernels& kernels_;
  Parallel& parallel_;
  bool poison_;
  Pages pages_;
};

}  // namespace oag::host
