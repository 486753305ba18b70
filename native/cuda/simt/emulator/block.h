// One block in flight, as the kernel's own (inlined) code sees it, and the entries of the emulator's runtime.
//
// Every CUDA thread of a block is a fiber of one thread of the machine. What is inlined into a kernel is compiled with the kernel's flags, so that
// sanitizers see the kernel's accesses; the runtime behind the entries is not instrumented by ThreadSanitizer (sanitizers.h).
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

#include "simt/emulator/vocabulary.h"

// The line of the kernel that called, for the report. Last parameters of every wrapper that can fail.
#define SIMT_PLACE const char *file = __builtin_FILE(), int line = __builtin_LINE()

namespace simt::emulator {

// Found by the emulator in a kernel. The text names kernel, block, seed, thread and line.
struct Error : std::runtime_error { using std::runtime_error::runtime_error; };

enum class Operation : uint8_t { none, barrier, syncwarp, shuffle, vote, ldmatrix, mma, wgmma, mbarrier };

struct Fiber {  // one CUDA thread
  void* stack_pointer;
  uint3 tid;
  uint16_t linear, lane, warp;
  bool exited;
  Operation waits_in;
  const char* file;  // of the last operation
  int line;
};

struct Machine;  // machine.h

struct View {
  Fiber* current;  // null outside a kernel
  Machine* machine;
  unsigned char* shared;
  uint32_t shared_size;
  bool races;
  uint3 block_idx, block_dim, grid_dim;
};
extern __thread View view;

[[noreturn]] void fail(const std::string& what);
[[noreturn]] void shared_fault(uint32_t address, unsigned bytes);

enum class Access : uint8_t { read, write, atomic };
void track(uint32_t offset, unsigned bytes, Access access);
uint32_t static_shared(const void* key, unsigned bytes);

void barrier(const char* file, int line);
void warp_fence(uint32_t mask, const char* file, int line);
// Lanes of `mask` meet; the last one runs `combine` over the arguments of all while the others sleep.
using Combine = void (*)(uint32_t mask, void** arguments);
void collective(Operation operation, uint32_t mask, void* argument, Combine combine, const char* file, int line);

}  // namespace simt::emulator

#define threadIdx (::simt::emulator::view.current->tid)
#define blockIdx (::simt::emulator::view.block_idx)
#define blockDim (::simt::emulator::view.block_dim)
#define gridDim (::simt::emulator::view.grid_dim)
inline void __syncthreads(SIMT_PLACE) { ::simt::emulator::barrier(file, line); }
