// Fingerprints of data: XXH3-128 (xxhash.com). For equality of honest data, not against an adversary.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace oag {

class Digest {
 public:
  Digest();
  ~Digest();
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;

  void add(const void* data, size_t bytes);
  std::string hex() const;  // 32 digits of what was added so far

 private:
  struct State;
  State* state_;
};

std::string digest(const void* data, size_t bytes);

}  // namespace oag
