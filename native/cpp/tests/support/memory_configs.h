// The JSON files of a model folder without the folder.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

#include "files/configs.h"

namespace oag::test {

class MemoryConfigs final : public files::Configs {
 public:
  explicit MemoryConfigs(std::map<std::string, nlohmann::json> files, std::set<std::string> tensors = {}) : tensors_(std::move(tensors)) {
    for (auto& [path, json] : files) trees_[path] = files::share_json(std::move(json));
  }

  bool has_tensor(const std::string& name) const override { return tensors_.contains(name); }

 protected:
  files::JsonTree json(const std::string& path) const override {
    const auto found = trees_.find(path);
    return found == trees_.end() ? nullptr : found->second;
  }
  std::string source(const std::string& path) const override { return path; }

 private:
  std::map<std::string, files::JsonTree> trees_;
  std::set<std::string> tensors_;
};

}  // namespace oag::test
