// The memory of one host pass.
#pragma once

#include <cstring>

#include "core/aligned_buffer.h"
#include "ops/executor.h"

namespace oag::host {

// An arena for tensors, and scratch that lives as long as one operation: a shared part, and a private part per thread slot. Both grow to what
// the largest pass asked for and stay.
class HostWorkspace final : public Workspace {
 public:
  explicit HostWorkspace(bool poison, Pages pages = Pages::small) : poison_(poison), arena_(0, pages), scratch_(0, pages) {}

  int64_t bytes() const override { return static_cast<int64_t>(arena_.bytes() + scratch_.bytes()); }

  char* arena(int64_t bytes) {
    arena_.reserve(static_cast<size_t>(bytes));
    if (poison_ && arena_.bytes()) std::memset(arena_.as(), 0xff, arena_.bytes());
    return arena_.as<char>();
  }

  // Makes room; pointers from before are void.
  void reserve_scratch(size_t shared_bytes, size_t slot_bytes, int slots) {
    shared_bytes_ = (shared_bytes + 63) / 64 * 64;
    slot_bytes_ = (slot_bytes + 63) / 64 * 64;
    scratch_.reserve(shared_bytes_ + slot_bytes_ * static_cast<size_t>(slots));
    if (poison_ && scratch_.bytes()) std::memset(scratch_.as(), 0xff, scratch_.bytes());
  }
  template <class T>
  T* shared() const { return scratch_.as<T>(); }
  template <class T>
  T* slot(int slot) const { return reinterpret_cast<T*>(scratch_.as<char>() + shared_bytes_ + slot_bytes_ * static_cast<size_t>(slot)); }

 private:
  bool poison_;
  AlignedBuffer arena_, scratch_;
  size_t shared_bytes_ = 0, slot_bytes_ = 0;
};

}  // namespace oag::host
