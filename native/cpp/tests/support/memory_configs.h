// The JSON files of a model folder without the folder.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "files/configs.h"

namespace oag::test {

class MemoryConfigs final : public files::Configs {
 public:
  explicit MemoryConfigs(std::map<std::string, nlohmann::json> files) {
    for (auto& [path, json] : files) trees_[path] = files::share_json(std::move(json));
  }

 protected:
  files::JsonTree json(const std::string& path) const override {
    const auto found = trees_.find(path);
    return found == trees_.end() ? nullptr : found->second;
  }
  std::string source(const std::string& path) const override { return path; }

 private:
  std::map<std::string, files::JsonTree> trees_;
};

}  // namespace oag::test
