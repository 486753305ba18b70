// Device libraries: found, checked by reading, loaded, opened.
#pragma once

#include <memory>
#include <string>

#include "ops/executor.h"

namespace oag {

// The executor of libopenautoglm_<name>.so in `folder`. Error(unavailable) with the reason: no such library; no manifest beside it, or one that does not fit the file
// (a truncated library is a SIGBUS in dlopen, so length and digest are compared by reading first); another ABI; a device that does not open. A library
// that was loaded stays loaded.
std::unique_ptr<Executor> open_plugin(const std::string& folder, const std::string& name);

// The manifest that belongs beside the library file: "<file>.manifest", a JSON object of length, digest (core/digest.h) and ABI.
std::string plugin_manifest(const std::string& library);

}  // namespace oag
