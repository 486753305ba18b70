// Shared memory in the emulator: 32-bit handles, every access through which is checked for bounds, alignment, races and reads of what nobody wrote.
#pragma once

#include <cstring>

#include "simt/emulator/block.h"

namespace simt {
namespace emulator {

constexpr uint32_t shared_base = 1024;  // no address is 0, so that a null handle faults

inline unsigned char* shared_access(uint32_t address, unsigned bytes, Access access) {
  const uint32_t offset = address - shared_base;
  if (__builtin_expect(offset >= view.shared_size || offset + bytes > view.shared_size || (address & (bytes - 1)), 0)) shared_fault(address, bytes);
  if (view.races) track(offset, bytes, access);
  return view.shared + offset;
}

}  // namespace emulator

template <class T> struct sref {
  uint32_t address;
  operator T() const {
    T value;
    std::memcpy(&value, emulator::shared_access(address, sizeof(T), emulator::Access::read), sizeof(T));
    return value;
  }
  T operator=(T value) const {
    std::memcpy(emulator::shared_access(address, sizeof(T), emulator::Access::write), &value, sizeof(T));
    return value;
  }
  T operator=(const sref& other) const { return *this = T(other); }
  T operator+=(T value) const { return *this = T(*this) + value; }
};

template <class T> struct sptr {
  uint32_t address = 0;
  sref<T> operator[](long i) const { return {address + static_cast<uint32_t>(i * static_cast<long>(sizeof(T)))}; }
  sref<T> operator*() const { return {address}; }
  sptr operator+(long i) const { return {address + static_cast<uint32_t>(i * static_cast<long>(sizeof(T)))}; }
};

template <class T> inline sptr<T> smem_at(sptr<unsigned char> base, unsigned offset) { return {base.address + offset}; }
template <class T> inline uint32_t saddr(sptr<T> p) { return p.address; }

// Blocks may run on several threads of the machine, so in global memory this is a real atomic; fibers of a block never interrupt each other.
template <class T> inline T atomic_add(T* p, T value) {
  T old, sum;
  __atomic_load(p, &old, __ATOMIC_RELAXED);
  do sum = old + value;
  while (!__atomic_compare_exchange(p, &old, &sum, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
  return old;
}
template <class T> inline T atomic_add(sptr<T> p, T value) {
  unsigned char* at = emulator::shared_access(p.address, sizeof(T), emulator::Access::atomic);
  T old;
  std::memcpy(&old, at, sizeof(T));
  const T sum = old + value;
  std::memcpy(at, &sum, sizeof(T));
  return old;
}

namespace emulator {
inline sptr<unsigned char> dynamic_shared() { return {shared_base}; }
// One array per line of the source.
template <class T> __attribute__((noinline)) sptr<T> static_shared_array(unsigned n, SIMT_PLACE) {
  return {static_shared(file + line, n * static_cast<unsigned>(sizeof(T)))};
}
}  // namespace emulator

}  // namespace simt

#define SIMT_DYN_SMEM(name) const ::simt::sptr<unsigned char> name = ::simt::emulator::dynamic_shared()
#define SIMT_SHARED(T, name, n) const ::simt::sptr<T> name = ::simt::emulator::static_shared_array<T>(n)
