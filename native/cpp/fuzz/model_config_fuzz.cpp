// config.json and, behind a NUL, tokenizer_config.json: from the files to the definition of a model and its recorded programs, as a load does it.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "files/configs.h"
#include "fuzz/memory_file.h"
#include "models/definition.h"
#include "ops/recorder.h"

using namespace oag;

namespace {

// What a definition promises to those who size buffers by it.
void check(const models::Definition& definition) {
  int64_t sum = 0;
  for (const ParameterSpec& spec : definition.parameters()) {
    fuzz::require(!spec.tensors.empty() && spec.part_numbers() > 0, "a parameter has tensors and numbers");
    fuzz::require(!__builtin_add_overflow(sum, spec.parts() * spec.part_numbers(), &sum), "the numbers of a model can be counted");
  }
  fuzz::require(definition.parameters().numbers() == sum && sum > 0, "the count of numbers is right");
  fuzz::require(definition.embedding_size() > 0, "an embedding has a size");
  if (const models::ImageSpec* spec = definition.image_spec())
    fuzz::require(spec->width > 0 && spec->height > 0 && spec->rows_per_image > 0 && spec->bytes_per_image() > 0, "a picture has pixels and rows");
  if (const models::TextSpec* spec = definition.text_spec())
    fuzz::require(spec->vocabulary > 0 && spec->vocabulary <= INT32_MAX && spec->end_id >= 0 && spec->end_id < spec->vocabulary && spec->max_tokens > 0 && spec->max_tokens <= INT32_MAX,
                  "a text has a vocabulary, an end and a length that fit the ABI");
}

// A folder of a config.json and perhaps a tokenizer_config.json.
class TwoFiles final : public files::Configs {
 public:
  TwoFiles(files::JsonTree config, files::JsonTree tokenizer) : config_(std::move(config)), tokenizer_(std::move(tokenizer)) {}

  bool has_tensor(const std::string&) const override { return false; }

 protected:
  files::JsonTree json(const std::string& path) const override {
    return path == "config.json" ? config_ : path == "tokenizer_config.json" ? tokenizer_ : nullptr;
  }
  std::string source(const std::string& path) const override { return path; }

 private:
  files::JsonTree config_, tokenizer_;
};

std::string recorded(const models::Definition& definition) {
  const ParameterList& parameters = definition.parameters();
  const auto nothing = [](void*) {};
  std::string programs;
  if (definition.image_spec()) programs += record(parameters, [&](Pass& pass) {
    const models::ImageSpec& spec = *definition.image_spec();
    const Sequences rows{{spec.rows_per_image, Symbol::images}, {1, Symbol::images}, nullptr};
    const Tensor input = pass.input(DType::u8, {rows.count, spec.bytes_per_image()}, nothing), levels = pass.input(DType::f32, {spec.channels, 256}, nothing);
    pass.read(definition.image_tower()->forward(pass, {input, levels}, rows), nullptr);
  }).text(parameters);
  if (definition.text_spec()) programs += record(parameters, [&](Pass& pass) {
    const Sequences rows{{1, Symbol::tokens}, {1, Symbol::texts}, nullptr};
    pass.read(definition.text_tower()->forward(pass, pass.input(DType::i32, {rows.rows, 1}, nothing), rows), nullptr);
  }).text(parameters);
  return programs;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const uint8_t* end = std::find(data, data + size, 0);
  const fuzz::MemoryFile config_file(data, static_cast<size_t>(end - data));
  try {
    files::JsonTree tokenizer;
    const files::JsonTree config = files::Config::read_tree(config_file.path());
    if (end != data + size) tokenizer = files::Config::read_tree(fuzz::MemoryFile(end + 1, static_cast<size_t>(data + size - end - 1)).path());
    const TwoFiles folder(config, tokenizer);
    const auto definition = models::define(folder);
    check(*definition);
    const std::string programs = recorded(*definition);  // what was accepted can be recorded
    if (definition->parameters().size() < 100)
      fuzz::require(recorded(*models::define(folder)) == programs, "a config defines the same model each time");
  } catch (const Error& error) {
    fuzz::require_useful(error);
  }
  return 0;
}
