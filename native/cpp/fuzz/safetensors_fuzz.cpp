// A safetensors file: its header, and all elements of the tensors that a model could use.
#include <cstring>
#include <vector>

#include "files/safetensors.h"
#include "fuzz/memory_file.h"

using namespace oag::files;

namespace {

// The elements [first, first + count) with a canary behind them.
std::vector<float> read(const Safetensors& file, const TensorEntry& entry, int64_t first, int64_t count) {
  std::vector<float> values(static_cast<size_t>(count) + 1, 12345.0f);
  file.read(entry, first, count, values.data());
  fuzz::require(values.back() == 12345.0f, "no more is written than was asked for");
  values.pop_back();
  return values;
}

bool equal(const std::vector<float>& a, const float* b) { return a.empty() || std::memcmp(a.data(), b, a.size() * sizeof(float)) == 0; }

void read_tensor(const Safetensors& file, const TensorEntry& entry, int64_t file_size) {
  fuzz::require(entry.offset >= 8 && entry.bytes >= 0 && entry.bytes <= file_size - entry.offset, "a tensor lies within its file");
  int64_t elements = 1;
  for (const int64_t size : entry.shape) elements *= size;
  if (!Safetensors::readable(entry.dtype)) return;
  fuzz::require(elements * (entry.dtype == "F32" ? 4 : 2) == entry.bytes, "a tensor has the bytes that its shape asks for");
  const std::vector<float> all = read(file, entry, 0, elements);
  fuzz::require(equal(read(file, entry, 0, elements), all.data()), "a tensor read twice has the same bits");
  const int64_t half = elements / 2;
  fuzz::require(equal(read(file, entry, half, elements - half), all.data() + half), "a part has the bits of the whole");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const fuzz::MemoryFile bytes(data, size);
  try {
    const Safetensors file(bytes.path());
    int64_t sum = 0;
    for (const auto& [name, entry] : file.tensors()) {
      read_tensor(file, entry, static_cast<int64_t>(size));
      sum += entry.bytes;
    }
    fuzz::require(sum <= static_cast<int64_t>(size), "tensors share no bytes");
  } catch (const oag::Error& error) {
    fuzz::require_useful(error);
  }
  return 0;
}
