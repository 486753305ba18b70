#include "files/configs.h"

#include <utility>

#include "core/error.h"

namespace oag::files {

Config Configs::main() const {
  if (auto config = find("config.json")) return *std::move(config);
  throw Error(Status::bad_model, source("config.json") + ": is missing: this is not a Hugging Face model folder");
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
