#include "runtime/plugin.h"

#include <dlfcn.h>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/digest.h"
#include "core/error.h"
#include "files/config.h"
#include "files/file.h"
#include "runtime/plugin_abi.h"
#include "runtime/plugin_executor.h"

namespace oag {
namespace {

struct Fingerprint {
  int64_t length;
  std::string digest;
};

Fingerprint fingerprint(const std::string& path) {
  const files::File file(path);
  Digest digest;
  std::vector<char> chunk(1 << 20);
  for (int64_t at = 0; at < file.size();) {
    const int64_t now = std::min<int64_t>(static_cast<int64_t>(chunk.size()), file.size() - at);
    file.read(at, now, chunk.data());
    digest.add(chunk.data(), static_cast<size_t>(now));
    at += now;
  }
  return {file.size(), digest.hex()};
}

[[noreturn]] void refuse(const std::string& what) { throw Error(Status::unavailable, what); }

void check_manifest(const std::string& library) {
  const std::string path = library + ".manifest";
  if (!files::is_regular_file(path)) refuse(path + ": is missing; it belongs to the library and is built with it: install both from one build");
  const files::Config manifest = files::Config::read(path);
  const int64_t abi = manifest.integer("abi", std::nullopt), length = manifest.integer("length", std::nullopt, 0, INT64_MAX);
  if (abi != OAG_PLUGIN_ABI)
    refuse(library + ": has the plugin ABI " + std::to_string(abi) + ", this library speaks " + std::to_string(OAG_PLUGIN_ABI) + ": install both from one build");
  const Fingerprint found = fingerprint(library);
  if (found.length != length)
    refuse(library + ": has " + std::to_string(found.length) + " bytes, its manifest says " + std::to_string(length) + ": it is truncated or from another build");
  if (found.digest != manifest.text("digest", std::nullopt)) refuse(library + ": its digest is not that of its manifest: it is damaged or from another build");
}

}  // namespace

std::string plugin_manifest(const std::string& library) {
  const Fingerprint found = fingerprint(library);
  return nlohmann::json{{"abi", OAG_PLUGIN_ABI}, {"length", found.length}, {"digest", found.digest}}.dump(2) + "\n";
}

std::unique_ptr<Executor> open_plugin(const std::string& folder, const std::string& name) {
  const std::string library = folder + "/libopenautoglm_" + name + ".so";
  if (!files::is_regular_file(library)) refuse(library + ": is not there; the jar or package with the classifier for " + name + " brings it");
  try {
    check_manifest(library);
  } catch (const Error& e) {
    refuse(e.text());
  }
  void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    const char* reason = dlerror();
    refuse(library + ": cannot be loaded: " + (reason ? reason : "unknown reason"));
  }
  // Never unloaded: a device library's own threads may outlive its last use.
  const auto entry = reinterpret_cast<oag_plugin_entry>(dlsym(handle, OAG_PLUGIN_SYMBOL));
  if (!entry) refuse(library + ": does not export " OAG_PLUGIN_SYMBOL ": it is not a plugin of this library");
  const oag_plugin_table* table = entry(OAG_PLUGIN_ABI);
  if (!table || table->abi != OAG_PLUGIN_ABI || table->struct_size < sizeof(oag_plugin_table))
    refuse(library + ": does not speak the plugin ABI " + std::to_string(OAG_PLUGIN_ABI) + ": install both libraries from one build");
  try {
    return std::make_unique<PluginExecutor>(*table, library);
  } catch (const Error& e) {
    refuse(e.text());
  }
}

}  // namespace oag
