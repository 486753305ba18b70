// What the fuzz targets share. A target turns bytes into one use of a parser. It catches oag::Error, which a parser may throw for whatever it is given; anything else that
// happens (another exception, a sanitizer's report, a broken promise) is a finding.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "core/error.h"

namespace fuzz {

// Ends the program: a promise of the library does not hold for this input.
inline void require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

// An error says something that a person can use, and blames the input, not the library.
inline void require_useful(const oag::Error& error) {
  require(error.text().size() > 15, "an error has a text");
  require(error.status() != oag::Status::internal, "no input is a defect of the library");
}

// Numbers from bytes; zeros when they run out.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : data_(data), size_(size) {}

  size_t left() const { return size_; }
  uint8_t byte() {
    if (size_ == 0) return 0;
    size_--;
    return *data_++;
  }
  uint32_t word() {
    const uint32_t high = byte();
    return high << 8 | byte();
  }
  // In [low, high]; spans of more than 65536 numbers are not reached.
  int between(int low, int high) { return low + static_cast<int>(word() % static_cast<uint32_t>(high - low + 1)); }

 private:
  const uint8_t* data_;
  size_t size_;
};

}  // namespace fuzz
