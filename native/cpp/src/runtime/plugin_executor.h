// Ops by way of a plugin's table: each operation becomes a plain struct.
#pragma once

#include <memory>
#include <string>

#include "ops/executor.h"
#include "runtime/plugin_abi.h"

namespace oag {

class PluginExecutor final : public Executor {
 public:
  // Opens the device. `library` names the plugin in errors.
  PluginExecutor(const oag_plugin_table& table, std::string library);
  ~PluginExecutor() override;

  using Executor::prepare;
  std::string precision_refusal(Precision precision) const override;  // the table knows fp32 alone
  std::unique_ptr<Weights> prepare(const ParameterList& parameters, const ParameterSource& source, const PrecisionPlan& plan) override;
  std::unique_ptr<Workspace> create_workspace() override;
  std::unique_ptr<Pass> begin(const ParameterList& parameters, const Weights& weights, const Recording& recording, const Bindings& bindings,
                              Workspace& workspace) override;

 private:
  const oag_plugin_table& table_;
  std::string library_;
  void* device_ = nullptr;
};

}  // namespace oag
