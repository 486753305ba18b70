// What a launcher gives: which kernel, in what grid. Plain C++: whoever launches (the driver API, or the emulator in the tests) finds the kernel by its name.
#pragma once

#include <cstdint>

namespace oag::cuda {

struct Launch {
  const char* kernel;
  uint32_t grid_x, grid_y, grid_z;
  uint32_t threads;       // per block
  uint32_t shared_bytes;  // dynamic, per block
};

}  // namespace oag::cuda
