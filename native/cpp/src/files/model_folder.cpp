#include "files/model_folder.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <list>
#include <memory>
#include <set>
#include <system_error>
#include <utility>

#include "core/error.h"

namespace oag::files {
namespace {

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (size_t d = 0; d < shape.size(); d++) text += (d ? ", " : "") + std::to_string(shape[d]);
  return text + "]";
}

// The first NaN or infinity of `count` values, else `count`. A load looks at every weight, so it looks at many at once: the exponent's bits are all ones in these alone.
int64_t first_not_finite(const float* values, int64_t count) {
  constexpr int64_t block = 1024;
  constexpr uint32_t exponent = 0x7f80'0000;
  for (int64_t first = 0; first < count; first += block) {
    const int64_t end = std::min(count, first + block);
    uint32_t found = 0;
    for (int64_t i = first; i < end; i++) found |= (std::bit_cast<uint32_t>(values[i]) & exponent) == exponent;
    if (found) return std::find_if(values + first, values + end, [](float value) { return !std::isfinite(value); }) - values;
  }
  return count;
}

// The files that the index of a sharded model names; each must be a plain name, so that an index cannot point out of the folder.
std::vector<Safetensors> open_shards(const std::string& folder, const std::string& index_path) {
  const Config index = Config::read(index_path);
  const Config map = index.section("weight_map");
  std::set<std::string> names;
  for (const auto& [tensor, file] : map.json().items()) {
    if (!file.is_string() || file.get<std::string>().empty() || file.get<std::string>().find('/') != std::string::npos)
      throw Error(Status::bad_model, index_path + ": weight_map." + tensor + " does not name a file in the folder");
    names.insert(file.get<std::string>());
  }
  if (names.empty()) throw Error(Status::bad_model, index_path + ": weight_map is empty");
  std::vector<Safetensors> shards;
  for (const std::string& name : names) {
    if (!exists(folder + "/" + name))
      throw Error(Status::io, folder + "/" + name + ": is missing; model.safetensors.index.json names it: download the folder again, all of it");
    shards.emplace_back(folder + "/" + name);
  }
  return shards;
}

std::vector<Safetensors> open_weights(const std::string& folder) {
  std::vector<Safetensors> weights;
  const std::string single = folder + "/model.safetensors", index = folder + "/model.safetensors.index.json", open_clip = folder + "/open_clip_model.safetensors";
  // Folders with both files hold one model twice; config.json decides which names are meant.
  for (const std::string& file : exists(folder + "/config.json") ? std::vector{single} : std::vector{open_clip, single})
    if (exists(file)) {
      weights.emplace_back(file);
      return weights;
    }
  if (exists(index)) return open_shards(folder, index);
  if (is_regular_file(folder + "/pytorch_model.bin") || is_regular_file(folder + "/pytorch_model.bin.index.json"))
    throw Error(Status::bad_model, folder + ": has its weights in pytorch_model.bin only, a format that runs code when it is read. Convert it once in Python: "
                                            "AutoModel.from_pretrained(folder).save_pretrained(folder, safe_serialization=True)");
  throw Error(Status::bad_model, folder + ": has neither model.safetensors nor model.safetensors.index.json");
}

std::string model_folder(std::string folder) {
  if (!is_folder(folder)) throw Error(Status::io, folder + (is_regular_file(folder) ? ": is a file; give the model folder" : ": there is no such folder"));
  if (!exists(folder + "/config.json") && !exists(folder + "/modules.json") && !exists(folder + "/open_clip_config.json"))
    throw Error(Status::bad_model, folder + ": has neither config.json nor open_clip_config.json: it is not a model folder");
  return folder;
}

// A tensor of one of sentence-transformers' modules is named "2_Dense/linear.weight": in that folder's own file. Empty for the encoder's.
std::string module_of(const std::string& tensor) { return tensor.substr(0, tensor.rfind('/') + 1); }

// Folders of TensorFlow's time name the gain and bias of a LayerNorm gamma and beta; transformers reads them so, too.
std::string old_name(const std::string& tensor) {
  for (const auto& [name, old] : {std::pair<std::string, std::string>{"LayerNorm.weight", "LayerNorm.gamma"}, {"LayerNorm.bias", "LayerNorm.beta"}})
    if (tensor.ends_with(name)) return tensor.substr(0, tensor.size() - name.size()) + old;
  return tensor;
}

// A config that is no JSON is found before any weights are missed.
void check_config(const FolderConfigs& configs) {
  if (!configs.find("config.json") && configs.find("open_clip_config.json")) return;
  configs.main();
}

// What all names of the definition begin with in the files: "" in most folders, "model." or the like where a larger model was saved.
std::string name_prefix(const std::map<std::string, ModelFolder::Source::Located>& all, const std::vector<DerivedPart::Input>& wanted) {
  std::string best;
  size_t best_count = 0;
  std::set<std::string> candidates{""};
  for (const auto& [name, shape] : wanted) {
    for (const auto& [stored, located] : all)
      if (stored.size() > name.size() && stored[stored.size() - name.size() - 1] == '.' && stored.ends_with(name))
        candidates.insert(stored.substr(0, stored.size() - name.size()));
    if (candidates.size() > 1) break;
  }
  for (const std::string& prefix : candidates) {
    size_t count = 0;
    for (const auto& [name, shape] : wanted) count += all.count(prefix + name);
    if (count > best_count) {
      best = prefix;
      best_count = count;
    }
  }
  return best;
}

}  // namespace

ModelFolder::ModelFolder(std::string path) : path_(model_folder(std::move(path))), configs_(path_), encoder_((check_config(configs_), path_ + "/" + configs_.encoder_folder())), weights_(open_weights(encoder_.substr(0, encoder_.size() - 1))) {
  std::vector<std::string> names;
  for (const Safetensors& file : weights_)
    for (const auto& [name, entry] : file.tensors()) names.push_back(name);
  configs_.set_tensors(std::move(names));
}

std::optional<Config> ModelFolder::processor() const {
  const std::string folder = configs_.encoder_folder();
  if (auto own = configs_.find(folder + "preprocessor_config.json")) return own;
  const auto joint = configs_.find(folder + "processor_config.json");
  return joint && joint->has("image_processor") ? joint->section("image_processor") : joint;
}

std::string ModelFolder::tokenizer() const {
  const std::string file = encoder_ + "tokenizer.json";
  return is_regular_file(file) ? file : std::string();
}

std::string ModelFolder::vocabulary() const {
  const std::string file = encoder_ + "vocab.txt";
  if (is_regular_file(file)) return file;
  return merges().empty() ? std::string() : encoder_ + "vocab.json";
}

std::string ModelFolder::merges() const {
  const std::string file = encoder_ + "merges.txt";
  return is_regular_file(file) && is_regular_file(encoder_ + "vocab.json") && !is_regular_file(encoder_ + "vocab.txt") ? file : std::string();
}

std::unique_ptr<ModelFolder::Source> ModelFolder::source(const ParameterList& parameters) const {
  std::map<std::string, Source::Located> all;
  const auto take = [&](const Safetensors& file, const std::string& module) {
    for (const auto& [name, entry] : file.tensors())
      if (!all.emplace(module + name, Source::Located{&file, &entry}).second)
        throw Error(Status::bad_model, file.path() + ": tensor " + name + " is in another weight file of the folder too");
  };
  for (const Safetensors& file : weights_) take(file, "");
  const std::vector<DerivedPart::Input> wanted = parameters.tensors();
  auto module_files = std::make_shared<std::list<Safetensors>>();
  std::set<std::string> modules{""};
  for (const auto& [name, shape] : wanted)
    if (const std::string module = module_of(name); modules.insert(module).second)
      for (Safetensors& file : open_weights(path_ + "/" + module.substr(0, module.size() - 1))) take(module_files->emplace_back(std::move(file)), module);
  const std::string prefix = name_prefix(all, wanted);
  std::map<std::string, Source::Located> used;
  std::string faults;
  int fault_count = 0;
  auto fault = [&](const std::string& text) {
    if (++fault_count <= 8) faults += (faults.empty() ? "" : "; ") + text;
  };
  for (const auto& [name, shape] : wanted) {
    if (used.contains(name)) continue;
    const bool in_module = !module_of(name).empty();
    auto found = all.find(in_module ? name : prefix + name);
    if (found == all.end() && !in_module) found = all.find(prefix + old_name(name));
    if (found == all.end()) {
      fault("tensor " + name + " is missing");
      continue;
    }
    const TensorEntry& entry = *found->second.entry;
    if (entry.shape != shape) fault("tensor " + name + " is " + shape_text(entry.shape) + ", config.json asks for " + shape_text(shape));
    else if (!Safetensors::readable(entry.dtype)) fault("tensor " + name + " is " + entry.dtype + "; F32, F16 and BF16 can be read");
    used.emplace(name, found->second);
  }
  if (fault_count > 8) faults += "; and " + std::to_string(fault_count - 8) + " more";
  if (fault_count > 0) throw Error(Status::bad_model, path_ + ": the weights do not fit the model: " + faults);
  return std::make_unique<Source>(parameters, std::move(used), std::move(module_files));
}

ModelFolder::Source::Source(const ParameterList& parameters, std::map<std::string, Located> tensors, std::shared_ptr<const std::list<Safetensors>> module_files)
    : module_files_(std::move(module_files)), tensors_(std::move(tensors)), deriving_(parameters, tensors_) {}

void ModelFolder::Source::Tensors::read(const std::string& tensor, int64_t first_row, int64_t rows, int64_t width, float* out) const {
  const Located& located = tensors_.at(tensor);
  located.file->read(*located.entry, first_row * width, rows * width, out);
  if (const int64_t i = first_not_finite(out, rows * width); i < rows * width)
    throw Error(Status::bad_model, located.file->path() + ": tensor " + tensor + " holds " + (std::isnan(out[i]) ? "NaN" : "an infinity") + " at element " +
                                         std::to_string(first_row * width + i) + ": the file is damaged, or training diverged");
}

}  // namespace oag::files
