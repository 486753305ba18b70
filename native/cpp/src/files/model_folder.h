// A Hugging Face model folder: config.json, weights in one or several safetensors files, tokenizer.json, the processor's config. Or one of open_clip:
// open_clip_config.json and open_clip_model.safetensors.
#pragma once

#include <list>
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
  // Reads config.json (or open_clip_config.json, where there is none) and the headers of the weight files. Error(io, bad_model); a folder with .bin weights only is refused with the way to
  // convert it.
  explicit ModelFolder(std::string path);

  const std::string& path() const { return path_; }
  // Every JSON file of the folder. Not for two threads at once.
  const FolderConfigs& configs() const { return configs_; }

  // preprocessor_config.json, else the image_processor of processor_config.json, else nothing. `source` names the file.
  std::optional<Config> processor() const;
  std::string tokenizer() const;   // path of tokenizer.json, or empty
  std::string vocabulary() const;  // path of vocab.txt, else of a vocab.json with its merges.txt, or empty
  std::string merges() const;      // path of that merges.txt, or empty
  // A JSON file beside them.
  std::optional<Config> tokenizer_file(const std::string& name) const { return configs_.find(configs_.encoder_folder() + name); }

  // The weights that a definition needs, by name; Error(bad_model) listing all that are missing, of another shape or of a dtype that cannot be
  // used. All names may carry one common prefix in the files ("model."). A name with a slash is of another folder's file: "2_Dense/linear.weight".
  // The folder and `parameters` must outlive the source, which reads from the folder's open files.
  class Source;
  std::unique_ptr<Source> source(const ParameterList& parameters) const;

  // Closes the weight files, which nothing needs after a load; `source` is not to be called again, and sources are not to be read.
  void close_weights() { weights_.clear(); }

 private:
  std::string path_;
  FolderConfigs configs_;
  std::string encoder_;  // the folder of the encoder's own files, with its slash
  std::vector<Safetensors> weights_;
};

// Streams the tensors and derived parts of one definition; the folder's numbers are checked to be finite.
class ModelFolder::Source : public ParameterSource {
 public:
  struct Located {
    const Safetensors* file;
    const TensorEntry* entry;
  };
  // `parameters` outlives it. `module_files` are those that the folder itself does not hold.
  Source(const ParameterList& parameters, std::map<std::string, Located> tensors, std::shared_ptr<const std::list<Safetensors>> module_files);

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

  std::shared_ptr<const std::list<Safetensors>> module_files_;
  Tensors tensors_;
  DerivingSource deriving_;
};

}  // namespace oag::files
