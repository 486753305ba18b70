#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "plugins/plugin_folder.h"
#include "runtime/plugin.h"
#include "runtime/plugin_abi.h"
#include "support/golden.h"
#include "support/refusal.h"

using namespace oag;
using namespace oag::test;

namespace {

std::string refused(const PluginFolder& folder, std::initializer_list<std::string> parts) {
  std::string fault = wrong_refusal(Status::unavailable, parts, [&] { open_plugin(folder.path(), "cuda"); });
  if (fault.empty()) fault = wrong_refusal(Status::unavailable, {folder.library()}, [&] { open_plugin(folder.path(), "cuda"); });
  return fault;
}

void overwrite(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary | std::ios::trunc) << text; }

std::string text_of(const std::string& path) {
  const std::vector<uint8_t> bytes = read_bytes(path);
  return {bytes.begin(), bytes.end()};
}

const std::string abi = std::to_string(OAG_PLUGIN_ABI);

}  // namespace

TEST_CASE("a manifest says length, digest and ABI of its library") {
  const PluginFolder folder(OAG_PLAIN_PLUGIN);
  const auto manifest = nlohmann::json::parse(text_of(folder.manifest()));
  CHECK(manifest.at("abi") == OAG_PLUGIN_ABI);
  CHECK(manifest.at("length") == std::filesystem::file_size(folder.library()));
  CHECK(manifest.at("digest").get<std::string>().size() == 32);
  CHECK(plugin_manifest(folder.library()) == text_of(folder.manifest()));
  open_plugin(folder.path(), "cuda");
}

TEST_CASE("no library, and none of another name") {
  const PluginFolder folder(OAG_PLAIN_PLUGIN);
  CHECK(wrong_refusal(Status::unavailable, {folder.path() + "/libopenautoglm_tensorrt.so", "is not there", "tensorrt"}, [&] { open_plugin(folder.path(), "tensorrt"); }) == "");
  std::filesystem::remove(folder.library());
  CHECK(refused(folder, {"is not there", "classifier for cuda"}) == "");
}

TEST_CASE("a damaged library is refused by reading it: it is never loaded") {
  const std::string whole = text_of(OAG_PLAIN_PLUGIN);
  {
    const PluginFolder folder(OAG_PLAIN_PLUGIN);
    std::filesystem::resize_file(folder.library(), whole.size() / 2);
    CHECK(refused(folder, {"has " + std::to_string(whole.size() / 2) + " bytes, its manifest says " + std::to_string(whole.size()), "truncated"}) == "");
    CHECK_FALSE(folder.is_loaded());
  }
  {
    const PluginFolder folder(OAG_PLAIN_PLUGIN);
    std::string flipped = whole;
    const size_t at = flipped.find("a byte of this text is flipped");
    REQUIRE(at != std::string::npos);
    flipped[at] ^= 1;
    overwrite(folder.library(), flipped);
    CHECK(refused(folder, {"its digest is not that of its manifest", "damaged or from another build"}) == "");
    CHECK_FALSE(folder.is_loaded());
  }
  const PluginFolder sound(OAG_PLAIN_PLUGIN);
  open_plugin(sound.path(), "cuda");
  CHECK(sound.is_loaded());
}

TEST_CASE("a manifest that is missing, broken or another library's") {
  const PluginFolder folder(OAG_PLAIN_PLUGIN);
  const std::string sound = text_of(folder.manifest());
  const auto with = [&](const char* key, const nlohmann::json& value) {
    auto manifest = nlohmann::json::parse(sound);
    manifest[key] = value;
    overwrite(folder.manifest(), manifest.dump());
  };
  overwrite(folder.manifest(), "{");
  CHECK(refused(folder, {"libopenautoglm_cuda.so.manifest", "not valid JSON"}) == "");
  overwrite(folder.manifest(), "{}");
  CHECK(refused(folder, {"libopenautoglm_cuda.so.manifest", "abi is missing"}) == "");
  with("length", -1);
  CHECK(refused(folder, {"length is -1"}) == "");
  with("digest", 17);
  CHECK(refused(folder, {"digest is 17; expected a string"}) == "");
  with("abi", OAG_PLUGIN_ABI + 1);
  CHECK(refused(folder, {"has the plugin ABI " + std::to_string(OAG_PLUGIN_ABI + 1) + ", this library speaks " + abi, "from one build"}) == "");
  std::filesystem::copy_file(std::string(OAG_NO_PLUGIN) + ".manifest", folder.manifest(), std::filesystem::copy_options::overwrite_existing);
  CHECK(refused(folder, {"from another build"}) == "");
  std::filesystem::remove(folder.manifest());
  CHECK(refused(folder, {"libopenautoglm_cuda.so.manifest: is missing", "install both from one build"}) == "");
  CHECK_FALSE(folder.is_loaded());
}

TEST_CASE("a library of another ABI, of none, and one that is no plugin") {
  CHECK(refused(PluginFolder(OAG_LATER_PLUGIN), {"does not speak the plugin ABI " + abi}) == "");
  CHECK(refused(PluginFolder(OAG_SILENT_PLUGIN), {"does not speak the plugin ABI " + abi}) == "");
  CHECK(refused(PluginFolder(OAG_NO_PLUGIN), {"does not export oag_plugin"}) == "");
}

TEST_CASE("a file that is no library, with a manifest that fits") {
  const PluginFolder folder(OAG_PLAIN_PLUGIN);
  overwrite(folder.library(), "#!/bin/sh\necho this is a script, and quite a long one\n");
  overwrite(folder.manifest(), plugin_manifest(folder.library()));
  CHECK(refused(folder, {"cannot be loaded"}) == "");
}

TEST_CASE("a device that does not open: insisting fails with the reason, automatic falls back with the reason") {
  const PluginFolder folder(OAG_PLAIN_PLUGIN);
  PlainPlugin plugin(folder);
  plugin.fail("device_open", 7, "the device's memory is all taken");
  CHECK(wrong_refusal(Status::unavailable, {"device cuda", folder.library(), "the device's memory is all taken"}, [&] { folder.runtime(Device::cuda); }) == "");
  const auto fallen_back = folder.runtime(Device::automatic);
  CHECK(fallen_back->options().device == Device::host);
  CHECK(fallen_back->reason().find("not cuda: " + folder.library() + ": the device's memory is all taken") != std::string::npos);
  CHECK(fallen_back->devices()[1].refusal.find("all taken") != std::string::npos);
  CHECK(plugin.living() == 0);

  plugin.work();
  const auto automatic = folder.runtime(Device::automatic);
  CHECK(automatic->options().device == Device::cuda);
  CHECK(automatic->reason().find("device cuda: the best that is there") == 0);
  CHECK(plugin.living() == 1);
}

TEST_CASE("a missing plugin: cuda is refused, automatic is the host") {
  const PluginFolder folder(OAG_PLAIN_PLUGIN);
  std::filesystem::remove(folder.manifest());
  CHECK(wrong_refusal(Status::unavailable, {"device cuda", ".manifest: is missing"}, [&] { folder.runtime(Device::cuda); }) == "");
  CHECK(folder.runtime(Device::automatic)->reason().find(".manifest: is missing") != std::string::npos);
}
