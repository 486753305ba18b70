// The safetensors format (github.com/huggingface/safetensors): 8 bytes of header length, a JSON header, the tensors' bytes.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "files/file.h"

namespace oag::files {

// Element types a file may hold; the ones a model can use are f32, f16 and bf16.
struct TensorEntry {
  std::string dtype;           // as written: "F32", "BF16", "I64" …
  std::vector<int64_t> shape;
  int64_t offset = 0;          // from the start of the file
  int64_t bytes = 0;
};

// One file whose header has been read and checked: every tensor lies within the file, has the bytes that its dtype and shape ask for, and
// shares none with another. Safe from any thread.
class Safetensors {
 public:
  explicit Safetensors(const std::string& path);  // Error(io, bad_model) naming file and tensor

  const std::string& path() const { return file_.path(); }
  const std::map<std::string, TensorEntry>& tensors() const { return tensors_; }

  // `count` elements from element `first` of a tensor of dtype F32, F16 or BF16, converted to float32 without loss.
  void read(const TensorEntry& entry, int64_t first, int64_t count, float* out) const;

  static bool readable(const std::string& dtype) { return dtype == "F32" || dtype == "F16" || dtype == "BF16"; }

 private:
  File file_;
  std::map<std::string, TensorEntry> tensors_;
};

}  // namespace oag::files
