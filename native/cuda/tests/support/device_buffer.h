// Global memory for kernels under test: filled with NaN, and the byte behind its last one lies on a page that nobody may touch.
#pragma once

#include <cstring>
#include <new>
#include <vector>

#include <sys/mman.h>

namespace oag::cuda::test {

template <class T> class DeviceBuffer {
 public:
  explicit DeviceBuffer(size_t count) : count_(count) {
    const size_t bytes = (count * sizeof(T) + 15) & ~size_t{15};  // kernels ask for 16-byte alignment
    mapped_ = (bytes + page - 1) / page * page + page;
    void* p = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) throw std::bad_alloc();
    map_ = static_cast<char*>(p);
    mprotect(map_ + mapped_ - page, page, PROT_NONE);
    data_ = reinterpret_cast<T*>(map_ + mapped_ - page - bytes);
    std::memset(static_cast<void*>(data_), 0xff, bytes);
  }
  explicit DeviceBuffer(const std::vector<T>& values) : DeviceBuffer(values.size()) {
    if (!values.empty()) std::memcpy(static_cast<void*>(data_), values.data(), values.size() * sizeof(T));
  }
  ~DeviceBuffer() { munmap(map_, mapped_); }
  DeviceBuffer(const DeviceBuffer&) = delete;
  DeviceBuffer& operator=(const DeviceBuffer&) = delete;

  T* data() { return data_; }
  const T* data() const { return data_; }
  size_t size() const { return count_; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + count_; }

 private:
  static constexpr size_t page = 4096;
  size_t count_, mapped_;
  char* map_;
  T* data_;
};

}  // namespace oag::cuda::test
