// Running a kernel in the emulator: what is checked, what is counted, and the table of kernels by name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "simt/emulator/block.h"

namespace simt::emulator {

// How mma sums. `exact`: in fp64, rounded once. `fp32`: one product after the other. The other two cut products to a common exponent and truncate,
// as published measurements of the chips say; that was never compared with one here.
enum class Mma { exact, fp32, ampere, hopper };

struct Options {
  uint64_t seed = 1;    // order of blocks, warps and lanes
  int preempt = 8;      // after a warp's operation, go on with another warp in so many of 256 cases; 0: each runs as far as it can
  bool races = true;    // data races and uninitialised reads of shared memory
  bool strict = true;   // all threads must meet at the same line; none may leave while others wait
  Mma mma = Mma::exact;
  unsigned shared_limit = 99 * 1024;  // bytes per block: 99 KiB on sm_86, 89 and 120, 163 on sm_80 and 87, 227 on sm_90 and 100
  int machine_threads = 1;            // blocks run on so many
};
extern Options options;

// Sums over all launches since the program set them to zero.
struct Counts { uint64_t blocks, switches, collectives, barriers, mma, ldmatrix, ldmatrix_conflicts, cp_async, tma, wgmma; };
extern Counts counts;

// `shared_bytes` of dynamic shared memory. Throws Error for what the kernel does wrong, on the first fault; one launch at a time.
void run(const char* name, dim3 grid, dim3 block, size_t shared_bytes, void (*call)(void*), void* argument);

// A kernel that SIMT_KERNEL defined, by its name.
struct Kernel {
  const char* name;
  size_t parameter_bytes;
  int threads;  // most per block
  void (*body)(const void* parameters);
};
const std::vector<Kernel>& kernels();
const Kernel& find_kernel(const std::string& name);  // Error when there is none
void launch(const std::string& name, dim3 grid, dim3 block, size_t shared_bytes, const void* parameters, size_t parameter_bytes);

struct Registration { explicit Registration(const Kernel& kernel); };

// Any kernel that is no SIMT_KERNEL: templates of the tests.
template <class... P, class... A>
void launch_function(const char* name, void (*kernel)(P...), dim3 grid, dim3 block, size_t shared_bytes, A... arguments) {
  auto call = [&] { kernel(static_cast<P>(arguments)...); };
  run(name, grid, block, shared_bytes, [](void* f) { (*static_cast<decltype(call)*>(f))(); }, &call);
}

}  // namespace simt::emulator

#define SIMT_KERNEL(name, Params, threads, blocks_per_sm)                                                                              \
  static void name##_body(const Params& p);                                                                                            \
  static const ::simt::emulator::Registration name##_registration(                                                                     \
      {#name, sizeof(Params), threads, [](const void* parameters) { name##_body(*static_cast<const Params*>(parameters)); }});          \
  static void name##_body(const Params& p)
