#include "files/folder_configs.h"

#include <algorithm>

#include "files/file.h"

namespace oag::files {

JsonTree FolderConfigs::json(const std::string& path) const {
  if (const auto known = read_.find(path); known != read_.end()) return known->second;
  JsonTree tree;
  if (exists(source(path))) tree = Config::read_tree(source(path));
  return read_[path] = tree;
}

bool FolderConfigs::has_tensor(const std::string& name) const {
  return std::any_of(tensors_.begin(), tensors_.end(), [&](const std::string& stored) { return stored == name || stored.ends_with("." + name); });
}

std::string FolderConfigs::text() const {
  std::string all;
  for (const auto& [path, tree] : read_)
    if (tree) all += path + "\n" + tree->dump() + "\n";
  return all;
}

}  // namespace oag::files
