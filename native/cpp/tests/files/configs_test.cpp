// The JSON files of a folder: found, absent, of the wrong form.
#include <doctest/doctest.h>

#include <filesystem>

#include "core/error.h"
#include "files/folder_configs.h"
#include "support/memory_configs.h"
#include "support/refusal.h"
#include "support/temp_folder.h"

using namespace oag;
using namespace oag::test;

TEST_CASE("files of a folder are found by path, and what was read is told") {
  const TempFolder folder;
  std::filesystem::create_directory(folder.path() + "/1_Pooling");
  folder.write("config.json", R"({"model_type": "bert"})");
  folder.write("1_Pooling/config.json", R"({"pooling_mode_mean_tokens": true})");
  folder.write("modules.json", R"([{"idx": 0, "type": "a"}, {"idx": 1, "type": "b"}])");
  folder.write("unread.json", "{}");
  const files::FolderConfigs configs(folder.path());
  CHECK(configs.main().text("model_type", std::nullopt) == "bert");
  CHECK(configs.find("1_Pooling/config.json")->boolean("pooling_mode_mean_tokens", std::nullopt));
  CHECK_FALSE(configs.find("tokenizer_config.json"));
  CHECK_FALSE(configs.list("nothing.json"));
  const auto modules = configs.list("modules.json");
  REQUIRE(modules->size() == 2);
  CHECK((*modules)[1].text("type", std::nullopt) == "b");
  CHECK(wrong_refusal(Status::bad_model, {"modules.json: element 1", "path"}, [&] { (*modules)[1].text("path", std::nullopt); }) == "");
  CHECK(configs.text() == "1_Pooling/config.json\n{\"pooling_mode_mean_tokens\":true}\nconfig.json\n{\"model_type\":\"bert\"}\nmodules.json\n"
                          "[{\"idx\":0,\"type\":\"a\"},{\"idx\":1,\"type\":\"b\"}]\n");
}

TEST_CASE("files of the wrong form are refused by name") {
  const MemoryConfigs configs({{"object.json", nlohmann::json::object()}, {"array.json", nlohmann::json::array({1})}});
  CHECK(wrong_refusal(Status::bad_model, {"array.json", "not a JSON object", "array"}, [&] { configs.find("array.json"); }) == "");
  CHECK(wrong_refusal(Status::bad_model, {"object.json", "not a JSON array"}, [&] { configs.list("object.json"); }) == "");
  CHECK(wrong_refusal(Status::bad_model, {"array.json: element 0", "not a JSON object", "number"}, [&] { configs.list("array.json"); }) == "");
  CHECK(wrong_refusal(Status::bad_model, {"config.json", "missing"}, [&] { configs.main(); }) == "");
}
