// Large blocks of bytes that come and go.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

namespace oag {

// Frees what allocate_block gave.
struct FreeBlock {
  size_t mapped = 0;
  void operator()(uint8_t* bytes) const noexcept {
    if (mapped) munmap(bytes, mapped);
    else std::free(bytes);
  }
};
using Block = std::unique_ptr<uint8_t[], FreeBlock>;

// Uninitialised; empty when there is no memory. From 1 MiB on it is mapped: malloc keeps what it was given back, for each mapped block that is freed
// raises its threshold for mapping, up to 32 MiB, and later ones stay in the heaps of its arenas. Many threads that decode large pictures would
// each leave one there.
inline Block allocate_block(size_t bytes) noexcept {
  constexpr size_t mapped_from = size_t{1} << 20;
  if (bytes < mapped_from) return Block(static_cast<uint8_t*>(std::malloc(bytes ? bytes : 1)));
  void* const mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return mapped == MAP_FAILED ? Block() : Block(static_cast<uint8_t*>(mapped), FreeBlock{bytes});
}

}  // namespace oag
