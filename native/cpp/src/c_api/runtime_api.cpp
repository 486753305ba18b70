// oag_runtime_*, oag_diagnostics and the versions.
#include "c_api/handles.h"

using namespace oag;
using namespace oag::c_api;

extern "C" {

OAG_API int32_t oag_abi_version(void) { return OAG_ABI_VERSION; }
OAG_API const char* oag_version(void) { return OAG_VERSION; }

OAG_API oag_status oag_runtime_create(const oag_runtime_options* options, oag_runtime** out, char* error, size_t error_capacity) {
  return guarded(error, error_capacity, [&] {
    require(out != nullptr, "out is NULL");
    *out = nullptr;
    const auto given = read_struct(options, "oag_runtime_options");
    require(given.device >= OAG_DEVICE_AUTO && given.device <= OAG_DEVICE_TENSORRT, "oag_runtime_options.device is none of OAG_DEVICE_*");
    require(given.isa >= OAG_ISA_AUTO && given.isa <= OAG_ISA_NEON, "oag_runtime_options.isa is none of OAG_ISA_*");
    require(given.huge_pages >= OAG_HUGE_PAGES_AUTO && given.huge_pages <= OAG_HUGE_PAGES_ON, "oag_runtime_options.huge_pages is none of OAG_HUGE_PAGES_*");
    RuntimeOptions own;
    own.huge_pages = static_cast<HugePages>(given.huge_pages);
    own.device = static_cast<Device>(given.device);
    own.isa = given.isa;
    own.threads = given.threads;
    own.max_tokens = given.max_tokens;
    own.max_passes = given.max_passes;
    own.max_image_pixels = given.max_image_pixels;
    own.max_pixels_in_flight = given.max_pixels_in_flight;
    if (given.plugin_folder) own.plugin_folder = given.plugin_folder;
    auto handle = std::make_unique<oag_runtime>();
    handle->runtime = std::make_shared<Runtime>(std::move(own));
    *out = handle.release();
  });
}

OAG_API void oag_runtime_close(oag_runtime* runtime) { close_handle(runtime); }

OAG_API oag_status oag_diagnostics(const oag_runtime* runtime, char* json, size_t capacity, size_t* needed, char* error, size_t error_capacity) {
  return guarded(error, error_capacity, [&] {
    std::shared_lock<std::shared_mutex> call;
    if (runtime) call = std::shared_lock(runtime->calls);
    write_text(diagnostics(runtime ? runtime->runtime.get() : nullptr), json, capacity, needed);
  });
}

OAG_API oag_status oag_measure_peak(const oag_runtime* runtime, double* flops, char* error, size_t error_capacity) {
  return guarded(error, error_capacity, [&] {
    require(runtime != nullptr && flops != nullptr, "runtime or flops is NULL");
    const std::shared_lock call(runtime->calls);
    *flops = measure_peak(*runtime->runtime);
  });
}

}  // extern "C"
