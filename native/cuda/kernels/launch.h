// What a launcher gives: which kernel, in what grid. Plain C++: whoever launches (the driver API, or the emulator in the tests) finds the kernel by its name.
#pragma once

#include <cstdint>

namespace oag::cuda {

enum class Format { f16, bf16 };  // of the tensors

// As loads of 16 bytes ask for.
inline bool aligned(const void* pointer) { return (reinterpret_cast<uintptr_t>(pointer) & 15) == 0; }

struct Launch {
  const char* kernel;
  uint32_t grid_x, grid_y, grid_z;
  uint32_t threads;       // per block
  uint32_t shared_bytes;  // dynamic, per block
};

// What a kernel is compiled for and launched with.
struct KernelShape {
  const char* kernel;
  uint32_t threads;
  uint32_t shared_bytes;
};

}  // namespace oag::cuda
