// A folder with a device library of the tests in it, under the name that runtime/ looks for.
#pragma once

#include <atomic>
#include <dlfcn.h>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "runtime/runtime.h"
#include "support/temp_folder.h"

namespace oag::test {

class PluginFolder {
 public:
  explicit PluginFolder(const std::string& plugin) {
    std::filesystem::copy_file(plugin, library());
    std::filesystem::copy_file(plugin + ".manifest", manifest());
  }
  const std::string& path() const { return folder_.path(); }
  std::string library() const { return folder_.file("libopenautoglm_cuda.so"); }
  std::string manifest() const { return library() + ".manifest"; }

  bool is_loaded() const { return dlopen(library().c_str(), RTLD_NOW | RTLD_NOLOAD) != nullptr; }

  // A runtime that insists on this plugin, or takes the host when it must.
  std::shared_ptr<Runtime> runtime(Device device = Device::cuda) const {
    RuntimeOptions options;
    options.device = device;
    options.threads = 2;
    options.plugin_folder = path();
    return std::make_shared<Runtime>(options);
  }

 private:
  TempFolder folder_;
};

// The plain plugin of a folder, loaded, with what a test may set and ask.
class PlainPlugin {
 public:
  explicit PlainPlugin(const PluginFolder& folder) : handle_(dlopen(folder.library().c_str(), RTLD_NOW | RTLD_LOCAL)) {
    if (!handle_) throw std::runtime_error(dlerror());
  }
  // From now on the entry fails, after `before` more calls.
  void fail(const char* entry, int status, const char* text, int before = 0) {
    *of<const char*>("plain_failing_entry") = entry;
    *of<int32_t>("plain_failing_status") = status;
    *of<const char*>("plain_failing_text") = text;
    *of<int>("plain_calls_before_failure") = before;
  }
  void work() { fail("", 0, ""); }
  int living() { return of<std::atomic<int>>("plain_living")->load(); }

 private:
  template <class T>
  T* of(const char* name) { return static_cast<T*>(dlsym(handle_, name)); }
  void* handle_;
};

}  // namespace oag::test
