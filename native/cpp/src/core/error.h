// The one error type of the native code.
#pragma once

#include <exception>
#include <string>
#include <utility>

namespace oag {

// What kind of thing went wrong. The values are those of oag_status in openautoglm.h (c_api/ asserts it).
enum class Status : int {
  ok = 0,
  invalid_argument = 1,   // the caller passed something that no state of the library could accept
  io = 2,                 // a file is missing, unreadable or changed while it was read
  bad_model = 3,          // a model folder, its config or its weights are not usable
  bad_image = 4,          // a picture cannot be decoded or is refused
  unsupported = 5,        // well-formed, and this library (or this machine) does not do it
  unavailable = 6,        // a device, driver or plugin is not there
  out_of_memory = 7,
  buffer_too_small = 8,
  partial = 9,            // some items of a batch failed; each has its own status and text
  internal = 10,          // a defect of this library
  bad_index = 11,         // an index file is damaged, unfinished, or of another model
};

// A value: a status and one sentence that names the culprit (file, tensor, argument) and the remedy. It is thrown once, where
// the fault is found, and becomes a status and a text again in c_api/; it never crosses the C ABI or a plugin boundary.
class Error : public std::exception {
 public:
  Error(Status status, std::string text) : status_(status), text_(std::move(text)) {}

  Status status() const noexcept { return status_; }
  const std::string& text() const noexcept { return text_; }
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  Status status_;
  std::string text_;
};

}  // namespace oag
