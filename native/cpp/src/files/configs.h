// The JSON files of a model folder, as a family reads them: config.json and whatever else it needs, by path within the folder.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "files/config.h"

namespace oag::files {

class Configs {
 public:
  virtual ~Configs() = default;

  // The folder within this one where the encoder's own files lie: "" nearly always; "0_Transformer/" or the like where sentence-transformers' modules.json
  // says so.
  std::string encoder_folder() const;

  // The encoder's config.json; Error(bad_model) when there is none.
  Config main() const;

  // "tokenizer_config.json", "1_Pooling/config.json": nothing when the folder has no such file. Error(io), or Error(bad_model) when it is not a JSON object.
  std::optional<Config> find(const std::string& path) const;

  // A file whose top is an array of objects ("modules.json"), one Config for each: nothing when the folder has no such file.
  std::optional<std::vector<Config>> list(const std::string& path) const;

  // Whether the weights hold a tensor of this name, or of this name behind a prefix and a dot: some models differ in what no JSON file says.
  virtual bool has_tensor(const std::string& name) const = 0;

 protected:
  // The parsed file, or null when there is none.
  virtual JsonTree json(const std::string& path) const = 0;
  // What errors call the file.
  virtual std::string source(const std::string& path) const = 0;
};

// "1_Pooling/": where the files of an element of modules.json lie. Error(bad_model) when the path leads out of the model's folder.
std::string module_folder(const Config& module);

}  // namespace oag::files
