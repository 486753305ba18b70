// The weights' fingerprint, taken while they stream past.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "core/digest.h"
#include "core/error.h"
#include "core/parameters.h"

namespace oag {

// Passes reads on and digests the float32 values of each tensor: files with equal numbers have equal hashes, whatever their dtype or shards. A tensor
// must be read once, from its first row to its last, by one thread at a time, as executors do.
class HashingSource final : public ParameterSource {
 public:
  HashingSource(const ParameterSource& source, const ParameterList& parameters) : source_(source) {
    for (const ParameterSpec& spec : parameters)
      for (const std::string& tensor : spec.tensors)
        if (!digests_.emplace(tensor, std::make_unique<Digest>()).second)
          throw Error(Status::internal, "tensor " + tensor + " is named by two parameters: share the parameter instead");
  }

  void read(const std::string& tensor, int64_t first_row, int64_t rows, int64_t width, float* out) const override {
    source_.read(tensor, first_row, rows, width, out);
    digests_.at(tensor)->add(out, static_cast<size_t>(rows * width) * sizeof(float));
  }

  // Over all tensors read so far, and `salt`: what else makes two models different.
  std::string hash(const std::string& salt) const {
    Digest all;
    all.add(salt.data(), salt.size());
    for (const auto& [tensor, own] : digests_) {
      const std::string line = tensor + " " + own->hex() + "\n";
      all.add(line.data(), line.size());
    }
    return all.hex();
  }

 private:
  const ParameterSource& source_;
  std::map<std::string, std::unique_ptr<Digest>> digests_;
};

}  // namespace oag
