#include "files/folder_configs.h"

#include "files/file.h"

namespace oag::files {

JsonTree FolderConfigs::json(const std::string& path) const {
  if (const auto known = read_.find(path); known != read_.end()) return known->second;
  JsonTree tree;
  if (exists(source(path))) tree = Config::read_tree(source(path));
  return read_[path] = tree;
}

std::string FolderConfigs::text() const {
  std::string all;
  for (const auto& [path, tree] : read_)
    if (tree) all += path + "\n" + tree->dump() + "\n";
  return all;
}

}  // namespace oag::files
