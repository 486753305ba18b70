#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <sys/stat.h>

#include "files/model_folder.h"
#include "models/definition.h"
#include "support/refusal.h"
#include "support/safetensors_file.h"
#include "support/temp_folder.h"
#include "support/test_data.h"

using namespace oag;
using namespace oag::files;
using namespace oag::test;

namespace {

const std::string bad_models = test_data("models-bad/");

// Opens a folder, defines its model and streams all of its weights.
void load(const std::string& path) {
  const ModelFolder folder(path);
  const auto definition = models::define(folder.configs());
  const auto source = folder.source(definition->parameters());
  std::vector<float> rows;
  for (const ParameterSpec& spec : definition->parameters())
    for (const std::string& tensor : spec.tensors) {
      rows.resize(static_cast<size_t>(spec.part_numbers()));
      source->read(tensor, 0, spec.part_rows(), spec.width(), rows.data());
    }
}

// One matrix [2, 3] and one scalar.
ParameterList two_parameters() {
  ParameterList list;
  list.add({"matrix", ParameterKind::matrix, {"layer.weight"}, {2, 3}});
  list.add({"scale", ParameterKind::scalar, {"scale"}, {}});
  return list;
}

SafetensorsFile two_tensors(const std::string& prefix = "") {
  SafetensorsFile file;
  return file.add<float>(prefix + "layer.weight", "F32", {2, 3}, {1, 2, 3, 4, 5, 6}).add<float>(prefix + "scale", "F32", {}, {0.5f});
}

}  // namespace

TEST_CASE("every broken folder has its own error, which names the culprit") {
  load(bad_models + "sound");
  const auto refused = [](const std::string& name, Status status, std::initializer_list<std::string> parts) {
    const std::string path = bad_models + name;
    const std::string fault = wrong_refusal(status, {path}, [&] { load(path); });
    return fault.empty() ? wrong_refusal(status, parts, [&] { load(path); }) : fault;
  };
  CHECK(refused("unknown-model-type", Status::unsupported, {"config.json", "clippy", "knows: clip"}) == "");
  CHECK(refused("missing-tensor", Status::bad_model, {"vision_model.post_layernorm.weight is missing", "vision_model.post_layernorm.bias is missing"}) == "");
  CHECK(refused("wrong-shape", Status::bad_model, {"text_model.encoder.layers.0.mlp.fc1.weight is [8, 12], config.json asks for [12, 8]"}) == "");
  CHECK(refused("nan-weight", Status::bad_model, {"model.safetensors", "vision_model.encoder.layers.0.mlp.fc2.weight", "NaN at element"}) == "");
  CHECK(refused("overlapping-offsets", Status::bad_model, {"model.safetensors", "text_projection.weight", "overlap"}) == "");
  CHECK(refused("bin-only", Status::bad_model, {"pytorch_model.bin only", "safe_serialization=True"}) == "");
  CHECK(refused("missing-shard", Status::io, {"model-00002-of-00002.safetensors", "is missing"}) == "");
}

TEST_CASE("no folder, a file for a folder, a folder of something else") {
  const TempFolder folder;
  CHECK(wrong_refusal(Status::io, {folder.file("none"), "there is no such folder"}, [&] { ModelFolder{folder.file("none")}; }) == "");
  CHECK(wrong_refusal(Status::io, {"there is no such folder"}, [&] { ModelFolder{""}; }) == "");
  const std::string file = folder.write("model.safetensors", two_tensors().bytes());
  CHECK(wrong_refusal(Status::io, {file, "is a file; give the model folder"}, [&] { ModelFolder{file}; }) == "");
  CHECK(wrong_refusal(Status::bad_model, {folder.path(), "neither config.json nor open_clip_config.json"}, [&] { ModelFolder{folder.path()}; }) == "");
  folder.write("config.json", "{}");
  ModelFolder{folder.path()};
  std::filesystem::remove(file);
  CHECK(wrong_refusal(Status::bad_model, {folder.path(), "neither model.safetensors nor model.safetensors.index.json"}, [&] { ModelFolder{folder.path()}; }) == "");
}

TEST_CASE("a named pipe or a folder in place of any file is named as such") {
  for (const char* name : {"config.json", "model.safetensors", "tokenizer_config.json", "preprocessor_config.json"})
    for (const bool pipe : {true, false}) {
      const TempFolder folder;
      folder.copy_from(bad_models + "sound");
      std::filesystem::remove(folder.file(name));
      REQUIRE((pipe ? mkfifo(folder.file(name).c_str(), 0600) == 0 : std::filesystem::create_directory(folder.file(name))));
      CAPTURE(std::string(name));
      CHECK(wrong_refusal(Status::io, {folder.file(name), "not a regular file"}, [&] {
              const ModelFolder opened(folder.path());
              opened.processor();
              opened.configs().find("tokenizer_config.json");
            }) == "");
    }
}

TEST_CASE("weights are found under one common prefix, whole or in shards") {
  for (const std::string prefix : {"", "model.", "clip.inner."}) {
    CAPTURE(prefix);
    const TempFolder folder;
    folder.write("config.json", "{}");
    folder.write("model.safetensors", two_tensors(prefix).bytes());
    const ModelFolder opened(folder.path());
    const auto source = opened.source(two_parameters());
    float row[3];
    source->read("layer.weight", 1, 1, 3, row);
    CHECK(row[2] == 6);
    source->read("scale", 0, 1, 1, row);
    CHECK(row[0] == 0.5f);
  }
  const TempFolder folder;
  folder.write("config.json", "{}");
  folder.write("a.safetensors", SafetensorsFile().add<float>("layer.weight", "F32", {2, 3}, {1, 2, 3, 4, 5, 6}).bytes());
  folder.write("b.safetensors", SafetensorsFile().add<float>("scale", "F32", {}, {4}).bytes());
  folder.write("model.safetensors.index.json", R"({"weight_map": {"layer.weight": "a.safetensors", "scale": "b.safetensors"}})");
  float scale;
  ModelFolder(folder.path()).source(two_parameters());
  const ModelFolder opened(folder.path());
  opened.source(two_parameters())->read("scale", 0, 1, 1, &scale);
  CHECK(scale == 4);
}

TEST_CASE("an index cannot point out of its folder") {
  const TempFolder outside, folder;
  const std::string target = outside.write("weights.safetensors", two_tensors().bytes());
  folder.write("config.json", "{}");
  const auto index = [&](const std::string& map) { folder.write("model.safetensors.index.json", "{\"weight_map\": " + map + "}"); };
  for (const std::string& file : {target, "../" + target.substr(5), std::string("../weights.safetensors"), std::string("sub/weights.safetensors"), std::string()}) {
    CAPTURE(file);
    index("{\"layer.weight\": \"" + file + "\"}");
    CHECK(wrong_refusal(Status::bad_model, {"model.safetensors.index.json", "weight_map.layer.weight", "does not name a file in the folder"}, [&] { ModelFolder{folder.path()}; }) == "");
  }
  index("{\"layer.weight\": 3}");
  CHECK(wrong_refusal(Status::bad_model, {"weight_map.layer.weight"}, [&] { ModelFolder{folder.path()}; }) == "");
  index("{\"layer.weight\": \"..\"}");
  CHECK(wrong_refusal(Status::io, {"/..", "not a regular file"}, [&] { ModelFolder{folder.path()}; }) == "");
  index("{}");
  CHECK(wrong_refusal(Status::bad_model, {"weight_map is empty"}, [&] { ModelFolder{folder.path()}; }) == "");
  index("[]");
  CHECK(wrong_refusal(Status::bad_model, {"weight_map is []; expected an object"}, [&] { ModelFolder{folder.path()}; }) == "");
}

TEST_CASE("a NaN or an infinity is found wherever it is in a large tensor") {
  const TempFolder folder;
  folder.write("config.json", "{}");
  ParameterList list;
  list.add({"matrix", ParameterKind::matrix, {"layer.weight"}, {3, 1000}});
  for (const size_t element : {0, 1, 999, 1000, 1023, 1024, 2047, 2998, 2999})
    for (const float wrong : {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()}) {
      std::vector<float> values(3000, std::numeric_limits<float>::max()), read(3000);
      const auto read_all = [&] {
        folder.write("model.safetensors", SafetensorsFile().add<float>("layer.weight", "F32", {3, 1000}, values).bytes());
        ModelFolder(folder.path()).source(list)->read("layer.weight", 0, 3, 1000, read.data());
      };
      read_all();  // as large as a number can be
      values[element] = wrong;
      CAPTURE(element);
      CHECK(wrong_refusal(Status::bad_model, {"layer.weight", std::isnan(wrong) ? "NaN" : "an infinity", " at element " + std::to_string(element) + ":"}, read_all) == "");
    }
}

TEST_CASE("a tensor in two shards, of another dtype, or with an infinity is named") {
  const TempFolder folder;
  folder.write("config.json", "{}");
  folder.write("a.safetensors", two_tensors().bytes());
  folder.write("b.safetensors", two_tensors().bytes());
  folder.write("model.safetensors.index.json", R"({"weight_map": {"layer.weight": "a.safetensors", "scale": "b.safetensors"}})");
  CHECK(wrong_refusal(Status::bad_model, {"b.safetensors", "layer.weight", "another weight file"}, [&] { ModelFolder(folder.path()).source(two_parameters()); }) == "");

  const auto only = [&](const SafetensorsFile& file) { folder.write("model.safetensors", file.bytes()); };
  only(SafetensorsFile().add<int32_t>("layer.weight", "I32", {2, 3}, {1, 2, 3, 4, 5, 6}).add<float>("scale", "F32", {}, {1}));
  CHECK(wrong_refusal(Status::bad_model, {"layer.weight is I32", "F32, F16 and BF16"}, [&] { ModelFolder(folder.path()).source(two_parameters()); }) == "");
  only(SafetensorsFile().add<float>("layer.weight", "F32", {2, 3}, {1, 2, 3, 4, -INFINITY, 6}).add<float>("scale", "F32", {}, {1}));
  const ModelFolder opened(folder.path());
  float rows[6];
  CHECK(wrong_refusal(Status::bad_model, {"model.safetensors", "layer.weight", "an infinity at element 4"},
                      [&] { opened.source(two_parameters())->read("layer.weight", 1, 1, 3, rows); }) == "");
}

TEST_CASE("a long list of faults is cut and counted") {
  ParameterList list;
  for (int i = 0; i < 30; i++) list.add({"r", ParameterKind::vector, {"tensor" + std::to_string(i)}, {1}});
  const TempFolder folder;
  folder.write("config.json", "{}");
  folder.write("model.safetensors", two_tensors().bytes());
  CHECK(wrong_refusal(Status::bad_model, {"tensor0 is missing", "tensor7 is missing", "and 22 more"}, [&] { ModelFolder(folder.path()).source(list); }) == "");
}

TEST_CASE("the processor is read from either file; absent files are absent") {
  const TempFolder folder;
  folder.write("config.json", "{}");
  folder.write("model.safetensors", two_tensors().bytes());
  const auto opened = [&] { return ModelFolder(folder.path()); };  // a folder reads a file once
  CHECK_FALSE(opened().processor());
  CHECK_FALSE(opened().configs().find("tokenizer_config.json"));
  CHECK(opened().tokenizer() == "");
  folder.write("processor_config.json", R"({"image_processor": {"size": 8}})");
  CHECK(opened().processor()->integer("size", 0) == 8);
  CHECK(opened().processor()->source() == folder.file("processor_config.json"));
  folder.write("processor_config.json", R"({"size": 9})");
  CHECK(opened().processor()->integer("size", 0) == 9);
  folder.write("preprocessor_config.json", R"({"size": 10})");
  CHECK(opened().processor()->integer("size", 0) == 10);
  folder.write("tokenizer.json", "{}");
  CHECK(opened().tokenizer() == folder.file("tokenizer.json"));
}

TEST_CASE("weights that are truncated between opening and reading are an error") {
  const TempFolder folder;
  folder.copy_from(bad_models + "sound");
  const ModelFolder opened(folder.path());
  const auto definition = models::define(opened.configs());
  const auto source = opened.source(definition->parameters());
  std::filesystem::resize_file(folder.file("model.safetensors"), 200);
  const ParameterSpec& spec = *definition->parameters().begin();
  std::vector<float> rows(static_cast<size_t>(spec.part_numbers()));
  CHECK(wrong_refusal(Status::io, {folder.file("model.safetensors"), "truncated"},
                      [&] { source->read(spec.tensors[0], 0, spec.part_rows(), spec.width(), rows.data()); }) == "");
}
