// Memory for vectors.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include "core/pages.h"

namespace oag {

// Uninitialised bytes on a 64-byte boundary: a cache line, and the widest vector register. On huge pages, 2 MiB and more begin on a boundary of 2 MiB. Throws
// std::bad_alloc.
class AlignedBuffer {
 public:
  static constexpr std::align_val_t alignment{64};

  AlignedBuffer() = default;
  explicit AlignedBuffer(size_t bytes, Pages pages = Pages::small) : pages_(pages), bytes_(bytes) {
    if (mapped()) data_ = map_on_huge_pages(bytes);
    else if (bytes) data_ = ::operator new(bytes, alignment);
    if (bytes && !data_) throw std::bad_alloc();
  }
  ~AlignedBuffer() {
    if (mapped()) munmap(data_, bytes_);
    else ::operator delete(data_, alignment);
  }
  AlignedBuffer(AlignedBuffer&& other) noexcept : pages_(other.pages_), data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
    std::swap(pages_, other.pages_);
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
    *this = AlignedBuffer(bytes, pages_);
  }

 private:
  bool mapped() const { return pages_ == Pages::huge && bytes_ >= huge_page_bytes; }

  Pages pages_ = Pages::small;
  void* data_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace oag
