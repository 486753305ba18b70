// What `doctor` shows: everything that decides how this machine is used.
#include <cstdlib>
#include <fstream>
#include <string>
#include <sys/utsname.h>
#include <unistd.h>

#include <dlfcn.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/pages.h"
#include "files/file.h"
#include "host/isa.h"
#include "openautoglm.h"
#include "runtime/runtime.h"

namespace oag {
namespace {

using Json = nlohmann::ordered_json;

std::string first_match(const char* path, const std::string& key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);)
    if (line.rfind(key, 0) == 0) {
      const size_t colon = line.find(':');
      const size_t value = colon == std::string::npos ? colon : line.find_first_not_of(" \t", colon + 1);
      return value == std::string::npos ? "" : line.substr(value);
    }
  return "";
}

Json platform() {
  utsname name{};
  uname(&name);
  Json json;
  json["system"] = std::string(name.sysname) + " " + name.release;
  json["machine"] = name.machine;
  json["cpu"] = first_match("/proc/cpuinfo", "model name");
  json["cpus_online"] = sysconf(_SC_NPROCESSORS_ONLN);
  const UsableCpus cpus = usable_cpus();
  json["cpus_usable"] = cpus.count;
  json["cpus_usable_reason"] = cpus.reason;
  json["cpu_features"] = host::cpu_features();
  return json;
}

Json memory() {
  Json json;
  json["total_bytes"] = static_cast<int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
  const std::string available = first_match("/proc/meminfo", "MemAvailable");
  json["available_bytes"] = available.empty() ? 0 : std::atoll(available.c_str()) * 1024;
  const std::string resident = first_match("/proc/self/status", "VmRSS");
  json["resident_bytes"] = resident.empty() ? 0 : std::atoll(resident.c_str()) * 1024;
  return json;
}

// The driver is asked without being started: its version file, and whether its library is found.
Json gpu_driver() {
  Json json;
  std::ifstream version("/proc/driver/nvidia/version");
  std::string line;
  if (std::getline(version, line)) json["nvidia"] = line;
  void* library = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL);
  const char* reason = library ? nullptr : dlerror();
  json["libcuda"] = library ? "found" : std::string("not found: ") + (reason ? reason : "unknown reason");
  return json;
}

Json verdict(const char* name, bool chosen, const std::string& refusal) {
  Json json;
  json["name"] = name;
  json["usable"] = refusal.empty();
  json["chosen"] = chosen;
  if (!refusal.empty()) json["reason"] = refusal;
  return json;
}

}  // namespace

std::string diagnostics(const Runtime* given) {
  Json json;
  json["version"] = OAG_VERSION;
  json["abi"] = OAG_ABI_VERSION;
  json["library"] = library_folder();
  json["platform"] = platform();
  json["memory"] = memory();
  json["gpu_driver"] = gpu_driver();

  std::unique_ptr<Runtime> own;
  if (!given) {
    try {
      own = std::make_unique<Runtime>(RuntimeOptions{});
      given = own.get();
    } catch (const Error& e) {
      json["refused"] = e.text();  // an environment variable asks for what is not there
    }
  }
  for (const host::IsaVerdict& isa : host::isa_verdicts())
    json["instruction_sets"].push_back(verdict(host::name_of(isa.isa), given && given->kernels().isa == isa.isa, isa.refusal));
  if (!given) return json.dump(-1, ' ', false, Json::error_handler_t::replace);
  const RuntimeOptions& options = given->options();
  for (const DeviceVerdict& device : given->devices())
    json["devices"].push_back(verdict(name_of(device.device), device.device == options.device, device.refusal));
  const bool huge = options.huge_pages == HugePages::on;
  const std::string refusal = huge_page_refusal();
  json["pages"] = {verdict("small", !huge, ""), verdict("huge (2 MiB)", huge, refusal)};
  json["reason"] = given->reason();
  json["plugin_folder"] = options.plugin_folder;
  json["limits"] = {{"threads", options.threads}, {"max_tokens", options.max_tokens}, {"max_passes", options.max_passes},
                    {"max_image_pixels", options.max_image_pixels}, {"max_pixels_in_flight", options.max_pixels_in_flight}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace oag
