// Model folders that somebody broke, or made to break us: each is refused by a text that names the culprit, takes nothing with it, and a model of the same runtime goes on serving.
// (What is wrong inside a safetensors file or a JSON file in every detail: tests/files.)
#include <filesystem>
#include <fstream>
#include <functional>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "c_api/api.h"
#include "support/temp_folder.h"
#include "support/test_data.h"

using namespace oag;
using namespace oag::test;
using nlohmann::json;

namespace {

const std::string sound = test_data("models-bad/sound");

size_t open_files() {
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator()));
}

std::string text_of(const std::string& path) {
  const std::vector<uint8_t> bytes = read_bytes(path);
  return {bytes.begin(), bytes.end()};
}

// Breaks a copy of a sound folder, one way after another, beside a model that serves.
class Bench {
 public:
  Bench() {
    image_ = api_.picture(0);
    before_ = serve();
    files_before_ = open_files();
  }

  // Empty when the broken folder is refused with this status and all parts in the text, which also begins with the folder's path.
  std::string refusal(oag_status status, std::initializer_list<std::string> parts, const std::function<void(const TempFolder&)>& harm) {
    const TempFolder folder;
    folder.copy_from(sound);
    harm(folder);
    char error[1024] = "";
    oag_model* model = reinterpret_cast<oag_model*>(8);
    const oag_status got = oag_model_load(api_.runtime, folder.path().c_str(), nullptr, &model, error, sizeof error);
    const std::string seen = "status " + std::to_string(got) + ": " + error;
    if (got == OAG_OK) oag_model_close(model);
    if (got != status || model != nullptr) return seen;
    if (std::string(error).rfind(folder.path(), 0) != 0) return "does not begin with its path: " + seen;
    for (const std::string& part : parts)
      if (seen.find(part) == std::string::npos) return "no \"" + part + "\" in " + seen;
    if (open_files() != files_before_) return "a file stays open after " + seen;
    if (serve() != before_) return "another model's bits changed after " + seen;
    return "";
  }

  // The same, of a file of the folder that is replaced.
  std::string refusal(oag_status status, std::initializer_list<std::string> parts, const std::string& file, const std::string& bytes) {
    return refusal(status, parts, [&](const TempFolder& folder) { folder.write(file, bytes); });
  }

  // The same, of config.json with one value changed.
  std::string config_refusal(const std::string& tower, const std::string& key, const json& value, std::initializer_list<std::string> parts) {
    json config = json::parse(text_of(sound + "/config.json"));
    (tower.empty() ? config : config[tower])[key] = value;
    return refusal(OAG_BAD_MODEL, parts, "config.json", config.dump());
  }

  const Api& api() const { return api_; }

 private:
  std::vector<float> serve() {
    std::vector<float> row(api_.width);
    REQUIRE(oag_encode_images(api_.model, &image_, 1, row.data(), row.size(), nullptr, nullptr, 0) == OAG_OK);
    return row;
  }

  Api api_;
  oag_image image_;
  std::vector<float> before_;
  size_t files_before_ = 0;
};

// Without the right to read what others may not: the tests of a container run as root, who may read everything.
class AsNobody {
 public:
  AsNobody() { REQUIRE((geteuid() != 0 || seteuid(65534) == 0)); }
  ~AsNobody() {
    if (getuid() == 0) CHECK(seteuid(0) == 0);
  }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;
};

}  // namespace

TEST_CASE("a sound folder loads: what follows is refused for what was done to it") {
  Bench bench;
  CHECK(bench.refusal(OAG_BAD_MODEL, {}, [](const TempFolder&) {}) == "status 0: ");
}

TEST_CASE("files that are empty, cut, garbage, missing, or no files") {
  Bench bench;
  const std::string weights = text_of(sound + "/model.safetensors");
  CHECK(bench.refusal(OAG_BAD_MODEL, {"model.safetensors: has 0 bytes"}, "model.safetensors", "") == "");
  CHECK(bench.refusal(OAG_BAD_MODEL, {"model.safetensors: tensor ", "truncated"}, "model.safetensors", weights.substr(0, weights.size() - 1)) == "");
  CHECK(bench.refusal(OAG_BAD_MODEL, {"model.safetensors: says its header has", "not a safetensors file"}, "model.safetensors", std::string(weights.size(), '\xa5')) == "");
  CHECK(bench.refusal(OAG_BAD_MODEL, {"config.json: is not valid JSON"}, "config.json", "") == "");
  CHECK(bench.refusal(OAG_BAD_MODEL, {"config.json: is not valid JSON"}, "config.json", weights) == "");
  CHECK(bench.refusal(OAG_BAD_MODEL, {"config.json: is not a JSON object but array"}, "config.json", "[]") == "");
  CHECK(bench.refusal(OAG_BAD_MODEL, {"config.json: is nested more than 100 deep"}, "config.json", "{\"a\":" + std::string(200'000, '[') + std::string(200'000, ']') + "}") == "");
  CHECK(bench.refusal(OAG_BAD_MODEL, {"preprocessor_config.json: is not valid JSON"}, "preprocessor_config.json", "{") == "");
  CHECK(bench.refusal(OAG_BAD_MODEL, {"tokenizer_config.json: is not valid JSON"}, "tokenizer_config.json", "\xff\xfe") == "");

  const auto removed = [](const std::string& name) { return [name](const TempFolder& folder) { std::filesystem::remove(folder.file(name)); }; };
  CHECK(bench.refusal(OAG_BAD_MODEL, {": has neither config.json nor open_clip_config.json"}, removed("config.json")) == "");
  CHECK(bench.refusal(OAG_BAD_MODEL, {": has neither model.safetensors nor model.safetensors.index.json"}, removed("model.safetensors")) == "");
  CHECK(bench.refusal(OAG_BAD_MODEL, {": has neither preprocessor_config.json nor processor_config.json"}, removed("preprocessor_config.json")) == "");

  const auto other = [](const std::string& name, const std::function<void(const std::string&)>& make) {
    return [=](const TempFolder& folder) {
      std::filesystem::remove(folder.file(name));
      make(folder.file(name));
    };
  };
  const auto with_shard = [](const std::function<void(const std::string&)>& make) {
    return [=](const TempFolder& folder) {
      std::filesystem::remove(folder.file("model.safetensors"));
      folder.write("model.safetensors.index.json", R"({"weight_map": {"logit_scale": "part.safetensors"}})");
      make(folder.file("part.safetensors"));
    };
  };
  const auto make_folder = [](const std::string& path) { std::filesystem::create_directory(path); };
  const auto make_pipe = [](const std::string& path) { REQUIRE(mkfifo(path.c_str(), 0600) == 0); };
  for (const std::function<void(const std::string&)>& make : {std::function<void(const std::string&)>(make_folder), std::function<void(const std::string&)>(make_pipe)}) {
    for (const std::string name : {"config.json", "model.safetensors", "preprocessor_config.json"})
      CHECK(bench.refusal(OAG_IO, {"/" + name + ": is not a regular file"}, other(name, make)) == "");
    CHECK(bench.refusal(OAG_IO, {"/part.safetensors: is not a regular file"}, with_shard(make)) == "");
  }
  CHECK(bench.refusal(OAG_IO, {"/part.safetensors: is missing; model.safetensors.index.json names it"}, with_shard([](const std::string&) {})) == "");
}

TEST_CASE("files that this process may not read") {
  Bench bench;
  for (const std::string file : {"config.json", "model.safetensors", "preprocessor_config.json", "tokenizer_config.json"}) {
    CAPTURE(file);
    const TempFolder folder;
    folder.copy_from(sound);
    REQUIRE(chmod(folder.path().c_str(), 0755) == 0);
    REQUIRE(chmod(folder.file(file).c_str(), 0) == 0);
    oag_model* model = nullptr;
    char error[1024] = "";
    oag_status status;
    {
      const AsNobody nobody;
      status = oag_model_load(bench.api().runtime, folder.path().c_str(), nullptr, &model, error, sizeof error);
    }
    CHECK(status == OAG_IO);
    CHECK(std::string(error) == folder.file(file) + ": cannot be opened: Permission denied");
    oag_model_close(model);
  }
}

TEST_CASE("sizes that no model has are refused by name before anything is made of that size") {
  Bench bench;
  for (const std::string tower : {"text_config", "vision_config"})
    for (const std::string key : {"hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads"})
      for (const json& value : {json(0), json(-1), json(INT32_MAX), json(1'000'000'000), json(1'000'000'000'000), json(UINT64_MAX), json(1e300), json("8"), json(8.5), json(true),
                                json::array(), json::object()})
        CHECK(bench.config_refusal(tower, key, value, {"config.json: " + tower + "." + key + " is "}) == "");
  for (const std::string key : {"vocab_size", "max_position_embeddings"})
    for (const json& value : {json(0), json(-5), json(1'000'000'000'000), json(UINT64_MAX), json("54"), json(1e9)})
      CHECK(bench.config_refusal("text_config", key, value, {"config.json: text_config." + key + " is "}) == "");
  for (const std::string key : {"image_size", "patch_size"})
    for (const json& value : {json(0), json(-16), json(1'000'000'000), json(UINT64_MAX), json("16"), json({16, 0}), json({16, 16, 16}), json({1'000'000'000, 16})})
      CHECK(bench.config_refusal("vision_config", key, value, {"config.json: vision_config." + key + " is "}) == "");
  for (const json& value : {json(0), json(4), json(1'000'000'000), json("3")}) CHECK(bench.config_refusal("vision_config", "num_channels", value, {"config.json: vision_config.num_channels is "}) == "");
  for (const json& value : {json(0), json(-8), json(INT32_MAX), json("8")}) CHECK(bench.config_refusal("", "projection_dim", value, {"config.json: projection_dim is "}) == "");
  CHECK(bench.config_refusal("text_config", "num_attention_heads", 3, {"config.json: text_config.num_attention_heads is 3; expected a divisor of hidden_size 8"}) == "");
  for (const json& value : {json(3), json("x"), json::array()}) CHECK(bench.config_refusal("", "text_config", value, {"config.json: text_config is ", "expected an object"}) == "");
}

TEST_CASE("sizes that some model might have, and this folder has not, cost nothing") {
  Bench bench;
  CHECK(bench.config_refusal("text_config", "vocab_size", INT32_MAX, {"text_model.embeddings.token_embedding.weight is [54, 8], config.json asks for [2147483647, 8]"}) == "");
  CHECK(bench.config_refusal("text_config", "hidden_size", 65536, {"config.json asks for [54, 65536]"}) == "");
  CHECK(bench.config_refusal("text_config", "num_hidden_layers", 1024, {"text_model.encoder.layers.1.", "is missing", " more"}) == "");
  CHECK(bench.config_refusal("text_config", "max_position_embeddings", 1 << 20, {"config.json asks for [1048576, 8]"}) == "");
  CHECK(bench.config_refusal("", "projection_dim", 65536, {"config.json asks for [65536, 8]"}) == "");
  // The picture's size is compared with the processor's first.
  CHECK(bench.config_refusal("vision_config", "image_size", 65536, {"preprocessor_config.json: gives pictures of 16 x 16; the image tower of config.json takes 65536 x 65536"}) == "");
  CHECK(bench.refusal(OAG_BAD_MODEL, {"preprocessor_config.json: crop_size is \"16777216 x 16777216\""}, "preprocessor_config.json", R"({"crop_size": 16777216})") == "");
  CHECK(bench.refusal(OAG_BAD_MODEL, {"preprocessor_config.json: size is 1000000000"}, "preprocessor_config.json", R"({"size": 1000000000})") == "");
}

TEST_CASE("a folder that is truncated, replaced or removed after the load is nothing to the model") {
  const TempFolder folder;
  folder.copy_from(sound);
  const Api api;
  oag_model* model = nullptr;
  REQUIRE(oag_model_load(api.runtime, folder.path().c_str(), nullptr, &model, nullptr, 0) == OAG_OK);
  const oag_image image = api.picture(0);
  const int32_t ids[3] = {52, 7, 53};
  const int64_t offsets[2] = {0, 3};
  const auto answers = [&] {
    std::vector<float> rows(16);
    CHECK(oag_encode_images(model, &image, 1, rows.data(), 8, nullptr, nullptr, 0) == OAG_OK);
    CHECK(oag_encode_texts(model, ids, offsets, 1, rows.data() + 8, 8, nullptr, 0) == OAG_OK);
    return rows;
  };
  const std::vector<float> before = answers();
  std::filesystem::resize_file(folder.file("model.safetensors"), 100);
  CHECK(answers() == before);
  folder.write("model.safetensors", std::string(20'000, '\x7f'));
  folder.write("config.json", "[]");
  CHECK(answers() == before);
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) std::filesystem::remove(entry.path());
  CHECK(answers() == before);
  oag_model_close(model);
}
