// Memory for vectors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

namespace oag {

// Uninitialised bytes on a 64-byte boundary: a cache line, and the widest vector register. Throws std::bad_alloc.
class AlignedBuffer {
 public:
  static constexpr std::align_val_t alignment{64};

  AlignedBuffer() = default;
  explicit AlignedBuffer(size_t bytes) : data_(bytes ? ::operator new(bytes, alignment) : nullptr), bytes_(bytes) {}
  ~AlignedBuffer() { ::operator delete(data_, alignment); }
  AlignedBuffer(AlignedBuffer&& other) noexcept : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }

  size_t bytes() const { return bytes_; }
  template <class T = void>
  T* as() const { return static_cast<T*>(data_); }

  // At least `bytes`; the contents are lost when it grows. What is held is freed first, so that both are never held at once.
  void reserve(size_t bytes) {
    if (bytes <= bytes_) return;
    AlignedBuffer(std::move(*this));  // freed here
    *this = AlignedBuffer(bytes);
  }

 private:
  void* data_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace oag
