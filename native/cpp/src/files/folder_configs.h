// The JSON files of a folder on disk.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "files/configs.h"

namespace oag::files {

// Reads a file when it is first asked for and remembers it. One thread.
class FolderConfigs final : public Configs {
 public:
  explicit FolderConfigs(std::string folder) : folder_(std::move(folder)) {}

  // Every file that was asked for and is there, path and contents: what has made the model what it is.
  std::string text() const;

  // What has_tensor knows of.
  void set_tensors(std::vector<std::string> names) { tensors_ = std::move(names); }
  bool has_tensor(const std::string& name) const override;

 protected:
  JsonTree json(const std::string& path) const override;
  std::string source(const std::string& path) const override { return folder_ + "/" + path; }

 private:
  std::string folder_;
  std::vector<std::string> tensors_;
  mutable std::map<std::string, JsonTree> read_;
};

}  // namespace oag::files
