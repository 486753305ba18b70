#include "files/configs.h"

#include <utility>

#include "core/error.h"

namespace oag::files {

std::string Configs::encoder_folder() const {
  const auto modules = list("modules.json");
  if (!modules || modules->empty()) return "";
  return module_folder(modules->front());
}

std::string module_folder(const Config& module) {
  const std::string path = module.text("path", "");
  if (path.empty()) return "";
  if (path.find_first_of("/\\") != std::string::npos || path == "." || path == "..") module.refuse("path", "expected the name of a folder beside modules.json");
  return path + "/";
}

Config Configs::main() const {
  const std::string path = encoder_folder() + "config.json";
  if (auto config = find(path)) return *std::move(config);
  throw Error(Status::bad_model, source(path) + ": is missing: this is not a Hugging Face model folder");
}

std::optional<Config> Configs::find(const std::string& path) const {
  JsonTree tree = json(path);
  if (!tree) return std::nullopt;
  return Config(source(path), std::move(tree));
}

std::optional<std::vector<Config>> Configs::list(const std::string& path) const {
  const JsonTree tree = json(path);
  if (!tree) return std::nullopt;
  if (!tree->is_array()) throw Error(Status::bad_model, source(path) + ": is not a JSON array");
  std::vector<Config> elements;
  for (size_t i = 0; i < tree->size(); i++)  // each shares the whole file's tree
    elements.emplace_back(source(path) + ": element " + std::to_string(i), JsonTree(tree, &(*tree)[i]));
  return elements;
}

}  // namespace oag::files
