// Memory that shows an access beyond its end, and a write before its begin.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <new>
#include <vector>

#include "support/machine.h"

namespace oag::host::tests {

// `count` floats that end at a page without access (up to the alignment, in bytes); what surrounds them, and at first they themselves, is a
// NaN of its own bits. With the alignment of a float they are as unaligned as can be.
class Guarded {
 public:
  static constexpr uint32_t kPoison = 0x7fc5a5a5;

  explicit Guarded(size_t count, size_t alignment = sizeof(float)) : count_(count) {
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    usable_ = (count * sizeof(float) + alignment + 64 + page - 1) / page * page;  // 64 or more bytes before the begin
    mapping_ = take_mapping(usable_, page);
    const size_t offset = (usable_ - count * sizeof(float)) / alignment * alignment;
    first_ = offset / sizeof(float);
    for (size_t i = 0; i < usable_ / sizeof(float); ++i) set_poison(i);
  }
  Guarded(size_t count, const std::vector<float>& values, size_t alignment = sizeof(float)) : Guarded(count, alignment) {
    std::copy(values.begin(), values.end(), data());
  }
  explicit Guarded(const std::vector<float>& values) : Guarded(values.size(), values) {}
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;
  ~Guarded() { free_mappings()[usable_].push_back(mapping_); }

  float* data() { return words() + first_; }
  const float* data() const { return static_cast<const float*>(mapping_) + first_; }
  operator float*() { return data(); }
  std::vector<float> values() const { return {data(), data() + count_}; }

  bool is_poison(size_t i) const {
    uint32_t bits;
    std::memcpy(&bits, data() + i, sizeof bits);
    return bits == kPoison;
  }
  // Nothing around the floats was written to.
  bool surroundings_intact() const {
    for (size_t i = 0; i < usable_ / sizeof(float); ++i) {
      if (i >= first_ && i < first_ + count_) continue;
      uint32_t bits;
      std::memcpy(&bits, static_cast<const float*>(mapping_) + i, sizeof bits);
      if (bits != kPoison) return false;
    }
    return true;
  }

 private:
  // Mappings are kept for the next of their size: thousands of small ones would otherwise cost more than the tests.
  static std::map<size_t, std::vector<void*>>& free_mappings() {
    static std::map<size_t, std::vector<void*>> mappings;
    return mappings;
  }
  static void* take_mapping(size_t usable, size_t page) {
    std::vector<void*>& kept = free_mappings()[usable];
    if (!kept.empty()) {
      void* mapping = kept.back();
      kept.pop_back();
      return mapping;
    }
    void* mapping = mmap(nullptr, usable + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED) throw std::bad_alloc();
    char* guard = static_cast<char*>(mapping) + usable;
    if (oag::test::whole_masked_loads()) {  // what it reads there must still not count: it is poison
      for (size_t i = 0; i < page; i += sizeof kPoison) std::memcpy(guard + i, &kPoison, sizeof kPoison);
      mprotect(guard, page, PROT_READ);
    } else {
      mprotect(guard, page, PROT_NONE);
    }
    return mapping;
  }

  float* words() { return static_cast<float*>(mapping_); }
  void set_poison(size_t i) { std::memcpy(words() + i, &kPoison, sizeof kPoison); }

  void* mapping_ = nullptr;
  size_t usable_ = 0, first_ = 0, count_ = 0;
};

// A matrix whose rows stand `stride` apart, with poison between them.
class GuardedRows {
 public:
  GuardedRows(int64_t rows, int64_t width, int64_t stride)
      : rows_(rows), width_(width), stride_(stride), memory_(rows == 0 ? 0 : static_cast<size_t>((rows - 1) * stride + width)) {}
  GuardedRows(int64_t rows, int64_t width, int64_t stride, const std::vector<float>& values) : GuardedRows(rows, width, stride) {
    for (int64_t i = 0; i < rows; ++i) std::copy_n(values.data() + i * width, width, row(i));
  }

  float* row(int64_t i) { return memory_.data() + i * stride_; }
  int64_t stride() const { return stride_; }
  std::vector<float> values() {
    std::vector<float> all;
    for (int64_t i = 0; i < rows_; ++i) all.insert(all.end(), row(i), row(i) + width_);
    return all;
  }
  bool surroundings_intact() const {
    for (int64_t i = 0; i + 1 < rows_; ++i) {
      for (int64_t j = width_; j < stride_; ++j) {
        if (!memory_.is_poison(static_cast<size_t>(i * stride_ + j))) return false;
      }
    }
    return memory_.surroundings_intact();
  }

 private:
  int64_t rows_, width_, stride_;
  Guarded memory_;
};

}  // namespace oag::host::tests
