#include "runtime/runtime.h"

#include <algorithm>
#include <cstdlib>
#include <dlfcn.h>
#include <utility>

#include "core/error.h"
#include "host/executor.h"
#include "host/isa.h"
#include "image/decode.h"
#include "runtime/plugin.h"

namespace oag {
namespace {

// The environment's default for an option whose values are 0 (auto) … last; name_of_value gives the names of the others.
int from_environment(const char* variable, int last, const char* (*name_of_value)(int)) {
  const char* value = std::getenv(variable);
  if (!value || !*value) return 0;
  std::string known;
  for (int v = 0; v <= last; v++) {
    const std::string name = v == 0 ? "auto" : name_of_value(v);
    if (value == name) return v;
    known += (v ? ", " : "") + name;
  }
  throw Error(Status::invalid_argument, std::string("the environment variable ") + variable + " is \"" + value + "\"; it may be " + known);
}

template <class Number>
Number positive(Number value, Number fallback, Number most, const char* name) {
  if (value < 0 || value > most)
    throw Error(Status::invalid_argument, std::string(name) + " is " + std::to_string(value) + "; it may be 0 (default) to " + std::to_string(most));
  return value == 0 ? fallback : value;
}

RuntimeOptions resolve(RuntimeOptions options) {
  if (options.device == Device::automatic) options.device = static_cast<Device>(from_environment("OPENAUTOGLM_DEVICE", static_cast<int>(Device::tensorrt), [](int v) { return name_of(static_cast<Device>(v)); }));
  if (options.precision == Precision::automatic) options.precision = static_cast<Precision>(from_environment("OPENAUTOGLM_PRECISION", static_cast<int>(Precision::int8), [](int v) { return name_of(static_cast<Precision>(v)); }));
  if (options.isa == 0) options.isa = from_environment("OPENAUTOGLM_ISA", static_cast<int>(host::Isa::neon), [](int v) { return host::name_of(static_cast<host::Isa>(v)); });
  options.threads = positive(options.threads, options.threads == 0 ? usable_cpus().count : 1, 1024, "threads");
  options.max_tokens = positive<int64_t>(options.max_tokens, 2048, 1 << 24, "max_tokens");
  options.max_passes = positive(options.max_passes, std::max(2, options.threads), 1024, "max_passes");
  options.max_image_pixels = positive<int64_t>(options.max_image_pixels, image::default_max_pixels, int64_t{1} << 40, "max_image_pixels");
  options.max_pixels_in_flight = positive<int64_t>(options.max_pixels_in_flight, int64_t{64} << 20, int64_t{1} << 40, "max_pixels_in_flight");
  if (options.huge_pages == HugePages::automatic) options.huge_pages = static_cast<HugePages>(from_environment("OPENAUTOGLM_HUGE_PAGES", static_cast<int>(HugePages::on), [](int v) { return v == static_cast<int>(HugePages::on) ? "on" : "off"; }));
  if (options.huge_pages == HugePages::automatic) options.huge_pages = HugePages::off;
  if (options.plugin_folder.empty()) options.plugin_folder = library_folder();
  return options;
}

const host::Kernels& kernels_for(int isa) {
  const auto wanted = static_cast<host::Isa>(isa);
  return host::choose_kernels(isa == 0 ? nullptr : &wanted);
}

}  // namespace

const char* name_of(Device device) {
  switch (device) {
    case Device::automatic: return "auto";
    case Device::host: return "host";
    case Device::cuda: return "cuda";
    case Device::tensorrt: return "tensorrt";
  }
  return "?";
}

std::string library_folder() {
  Dl_info info;
  if (!dladdr(reinterpret_cast<void*>(&library_folder), &info) || !info.dli_fname) return ".";
  const std::string file = info.dli_fname;
  const size_t slash = file.rfind('/');
  return slash == std::string::npos ? "." : file.substr(0, slash);
}

Runtime::Runtime(RuntimeOptions options)
    : options_(resolve(std::move(options))), kernels_(kernels_for(options_.isa)), threads_(options_.threads), pixels_in_flight_(options_.max_pixels_in_flight),
      pictures_ahead_(options_.max_passes) {
  const bool asked = options_.isa != 0;
  options_.isa = static_cast<int>(kernels_.isa);
  choose_device();
  reason_ += std::string("; instruction set ") + kernels_.name + (asked ? ": as asked" : ": the best of this CPU");
  for (const host::IsaVerdict& verdict : host::isa_verdicts())
    if (!asked && !verdict.refusal.empty()) reason_ += std::string("; not ") + host::name_of(verdict.isa) + ": " + verdict.refusal;
  workspaces_ = std::make_unique<Workspaces>(*executor_, options_.max_passes);
}

bool Runtime::computes_natively(Precision precision) const {
  return options_.device != Device::host || precision == Precision::fp32 || (executor_->precision_refusal(precision).empty() && kernels_.matrix(precision).native);
}

void Runtime::choose_device() {
  const Device asked = options_.device;
  const std::string no_tensorrt = "this version has no TensorRT executor; use cuda or host";
  devices_.push_back({Device::tensorrt, no_tensorrt});
  if (asked == Device::tensorrt) throw Error(Status::unavailable, "device tensorrt: " + no_tensorrt);

  std::string no_cuda;
  if (asked != Device::host) {
    try {
      executor_ = open_plugin(options_.plugin_folder, "cuda");
    } catch (const Error& e) {
      no_cuda = e.text();
    }
    devices_.push_back({Device::cuda, no_cuda});
    if (asked == Device::cuda && !executor_) throw Error(Status::unavailable, "device cuda: " + no_cuda);
  } else {
    devices_.push_back({Device::cuda, "not tried: device host was asked for"});
  }
  devices_.push_back({Device::host, ""});
  if (executor_) {
    options_.device = Device::cuda;
    reason_ = asked == Device::cuda ? "device cuda: as asked" : "device cuda: the best that is there";
  } else {
    options_.device = Device::host;
    executor_ = std::make_unique<host::HostExecutor>(kernels_, threads_, false, options_.huge_pages == HugePages::on ? Pages::huge : Pages::small);
    reason_ = asked == Device::host ? "device host: as asked" : "device host: no other is usable; not cuda: " + no_cuda + "; not tensorrt: " + no_tensorrt;
  }
}

}  // namespace oag
