// A Hugging Face model folder: config.json, weights in one or several safetensors files, tokenizer.json, the processor's config.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "files/folder_configs.h"
#include "files/safetensors.h"
#include "core/derived_parts.h"
#include "core/parameters.h"

namespace oag::files {

class ModelFolder {
 public:
  // Reads config.json and the headers of the weight files. Error(io, bad_model); a folder with .bin weights only is refused with the way to
  // convert it.
  explicit ModelFolder(std::string path);

  const std::string& path() const { return path_; }
  // Every JSON file of the folder. Not for two threads at once.
  const FolderConfigs& configs() const { return configs_; }

  // preprocessor_config.json, else the image_processor of processor_config.json, else nothing. `source` names the file.
  std::optional<Config> processor() const;
  std::string tokenizer() const;  // path of tokenizer.json, or empty

  // The weights that a definition needs, by name; Error(bad_model) listing all that are missing, of another shape or of a dtype that cannot be
  // used. All names may carry one common prefix in the files ("model.").
  // The folder and `parameters` must outlive the source, which reads from the folder's open files.
  class Source;
  std::unique_ptr<Source> source(const ParameterList& parameters) const;

  // Closes the weight files, which nothing needs after a load; `source` is not to be called again, and sources are not to be read.
  void close_weights() { weights_.clear(); }

 private:
  std::string path_;
  FolderConfigs configs_;
  std::vector<Safetensors> weights_;
};

// Streams the tensors and derived parts of one definition; the folder's numbers are checked to be finite.
class ModelFolder::Source : public ParameterSource {
 public:
  struct Located {
    const Safetensors* file;
    const TensorEntry* entry;
  };
  // `parameters` outlives it.
  Source(const ParameterList& parameters, std::map<std::string, Located> tensors);

  void read(const std::string& tensor, int64_t first_row, int64_t rows, int64_t width, float* out) const override {
    deriving_.read(tensor, first_row, rows, width, out);
  }

 private:
  class Tensors final : public ParameterSource {
   public:
    explicit Tensors(std::map<std::string, Located> tensors) : tensors_(std::move(tensors)) {}
    void read(const std::string& tensor, int64_t first_row, int64_t rows, int64_t width, float* out) const override;

   private:
    std::map<std::string, Located> tensors_;
  };

  Tensors tensors_;
  DerivingSource deriving_;
};

}  // namespace oag::files
