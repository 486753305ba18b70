// A golden model without runtime/: definition, weights and executor put together by hand, so that a test can come between any two of them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/derived_parts.h"
#include "core/sequence_table.h"
#include "files/model_folder.h"
#include "host/executor.h"
#include "host/isa.h"
#include "models/definition.h"
#include "ops/recorder.h"
#include "image/decode.h"
#include "image/processor.h"
#include "runtime/thread_pool.h"
#include "support/golden.h"

namespace oag::test {

// Changes a tensor's values on their way from the folder to the executor, and to what is derived from it.
using Edit = std::function<void(const std::string& tensor, float* values, int64_t count)>;

class EditedSource final : public ParameterSource {
 public:
  EditedSource(const ParameterSource& source, Edit edit) : source_(source), edit_(std::move(edit)) {}
  void read(const std::string& tensor, int64_t first_row, int64_t rows, int64_t width, float* out) const override {
    source_.read(tensor, first_row, rows, width, out);
    if (edit_) edit_(tensor, out, rows * width);
  }

 private:
  const ParameterSource& source_;
  Edit edit_;
};

struct TowerBench {
  explicit TowerBench(const std::string& name, host::Isa isa = host::Isa::reference, Edit edit = {})
      : golden(load_golden(name)), folder(golden.folder), definition(models::define(folder.configs())),
        source(folder.source(definition->parameters())), threads(2), executor(host::choose_kernels(&isa), threads, true),
        edited(*source, std::move(edit)),
        weights(executor.prepare(definition->parameters(), DerivingSource(definition->parameters(), edited))), workspace(executor.create_workspace()) {}

  const ParameterList& parameters() const { return definition->parameters(); }

  // The pictures as the image tower takes them: bytes, and what each stands for.
  std::vector<uint8_t> pixels() const {
    const int64_t each = definition->image_spec()->bytes_per_image();
    std::vector<uint8_t> all(golden.pictures.size() * static_cast<size_t>(each));
    for (size_t i = 0; i < golden.pictures.size(); i++)
      processor().pixels(image::decode(golden.pictures[i].data(), golden.pictures[i].size()).view(), all.data() + i * static_cast<size_t>(each));
    return all;
  }
  models::TowerInput image_input(Pass& pass, const Sequences& rows, FunctionRef<void(void*)> pixels) const {
    const models::ImageSpec& spec = *definition->image_spec();
    const Tensor bytes = pass.input(DType::u8, {rows.count, spec.bytes_per_image()}, pixels);
    const image::Processor prepared = processor();
    return {bytes, pass.input(DType::f32, {spec.channels, 256}, [&](void* to) { std::copy_n(prepared.levels(), spec.channels * 256, static_cast<float*>(to)); })};
  }
  image::Processor processor() const {
    if (const files::JsonTree& own = definition->image_spec()->processor) return image::Processor(*own, image::ProcessorFamily::open_clip, "open_clip_config.json");
    const files::Config config = folder.processor().value();
    return image::Processor(config.json(), image::ProcessorFamily::clip, config.source());
  }
  Sequences image_rows() const {
    return make_sequences(SequenceTable::uniform(static_cast<int64_t>(golden.pictures.size()), definition->image_spec()->rows_per_image));
  }
  // All tokens of all texts, none cut: what is pooled must be a text's last row for the result to be golden.
  Sequences text_rows() const { return make_sequences(SequenceTable(golden.offsets())); }

  // Records the program with the sizes it has, and runs it; the pass may be wrapped, and is when it is recorded.
  void run(const Program& program, const std::function<void(Pass&, const Program&)>& around = [](Pass& pass, const Program& inner) { inner(pass); }) {
    const Recording recording = record(parameters(), [&](Pass& pass) { around(pass, program); });
    const auto pass = executor.begin(parameters(), *weights, recording, {1, 1, 1, 1}, *workspace);
    around(*pass, program);
  }

  Golden golden;
  files::ModelFolder folder;
  std::unique_ptr<models::Definition> definition;
  std::unique_ptr<files::ModelFolder::Source> source;
  ThreadPool threads;
  host::HostExecutor executor;
  EditedSource edited;
  std::unique_ptr<Weights> weights;
  std::unique_ptr<Workspace> workspace;
};

// A program that fills an input from a vector, whatever its element type.
template <class T>
auto filled_from(const std::vector<T>& values) {
  return [&values](void* to) { std::copy(values.begin(), values.end(), static_cast<T*>(to)); };
}

}  // namespace oag::test
