// What the emulator refuses, one small kernel for each, and that it runs the next kernel as if nothing had been.
#include <doctest/doctest.h>

#include "simt/sm90.h"
#include "support/device_buffer.h"
#include "support/emulation.h"

using namespace oag::cuda::test;
using simt::emulator::launch_function;
using simt::emulator::options;

namespace {

void read_unwritten(int* out) {
  SIMT_SHARED(int, s, 64);
  out[threadIdx.x] = s[static_cast<long>(threadIdx.x)];
}
void write_same(int*) {
  SIMT_SHARED(int, s, 64);
  s[0] = static_cast<int>(threadIdx.x);
}
void beyond_dynamic(int*) {
  SIMT_DYN_SMEM(smem);
  simt::smem_at<int>(smem, 0)[static_cast<long>(threadIdx.x)] = 1;  // 64 threads, 32 ints
}
void between_arrays(int*) {
  SIMT_SHARED(int, s, 8);
  SIMT_SHARED(int, t, 8);
  if (threadIdx.x == 0) {
    t[0] = 1;
    s[8] = 1;
  }
}
void misaligned(int*) {
  SIMT_DYN_SMEM(smem);
  simt::smem_at<int>(smem, 2)[0] = 1;
}
void null_handle(int*) { simt::sptr<int>{}[0] = 1; }
void barrier_in_a_branch(int*) {
  if (threadIdx.x < 32) __syncthreads();
  else __syncthreads();
}
void barrier_of_some(int*) {
  if (threadIdx.x < 40) __syncthreads();
}
void shuffle_of_some(int* out) {
  if (threadIdx.x < 20) out[threadIdx.x] = simt::shfl_xor(1, 1);
}
void shuffle_and_vote(int* out) {
  if (threadIdx.x & 1) out[threadIdx.x] = simt::shfl_xor(1, 2);
  else out[threadIdx.x] = simt::vote_any(true);
}
void shuffle_beyond_mask(int* out) {
  if (threadIdx.x < 8) out[threadIdx.x] = simt::shfl_idx(1, 9, 0xffu);
}
void not_in_its_mask(int* out) { out[threadIdx.x] = simt::shfl_xor(1, 1, 0xf0u); }
void copy_not_waited(int* in) {
  SIMT_DYN_SMEM(smem);
  if (threadIdx.x == 0) simt::cp_async16(simt::saddr(smem), in);
}
void copy_misaligned(int* in) {
  SIMT_DYN_SMEM(smem);
  simt::cp_async16(simt::saddr(smem), in + 1);
}
void ldmatrix_outside(int*) {
  SIMT_DYN_SMEM(smem);
  uint32_t r[4];
  simt::ldmatrix_x4(r, simt::saddr(smem) + 128);
}
void without_init(int*) {
  SIMT_DYN_SMEM(smem);
  simt::mbar_wait(simt::saddr(smem), 0);
}
void never_arrives(int*) {
  SIMT_DYN_SMEM(smem);
  if (threadIdx.x == 0) simt::mbar_init(simt::saddr(smem), 1);
  __syncthreads();
  simt::mbar_wait(simt::saddr(smem), 0);
}
[[maybe_unused]] void global_overrun(int* out) { out[threadIdx.x] = 1; }
[[maybe_unused]] int deep(int n) {
  volatile char frame[4096];
  frame[0] = static_cast<char>(n);
  return n ? deep(n - 1) + frame[0] : 0;
}
[[maybe_unused]] void deep_stack(int* out) { out[threadIdx.x] = deep(100); }
void sound(int* out) { out[threadIdx.x] = static_cast<int>(threadIdx.x); }

}  // namespace

TEST_CASE("a kernel's fault is named, and the next kernel runs") {
  const Emulation emulation;
  struct Fault {
    void (*kernel)(int*);
    size_t shared;
    std::string text;
  };
  const Fault faults[] = {
      {read_unwritten, 0, "read of uninitialised shared memory"},
      {write_same, 0, "two unsynchronised writes"},
      {beyond_dynamic, 128, "out of bounds"},
      {between_arrays, 0, "between shared arrays"},
      {misaligned, 128, "misaligned"},
      {null_handle, 128, "out of bounds"},
      {barrier_in_a_branch, 0, "divergent barrier"},
      {barrier_of_some, 0, "__syncthreads"},
      {shuffle_of_some, 0, "exit"},
      {shuffle_and_vote, 0, "divergent warp"},
      {shuffle_beyond_mask, 0, "not in the mask"},
      {not_in_its_mask, 0, "not in its own mask"},
      {copy_not_waited, 128, "not waited for"},
      {copy_misaligned, 128, "not a multiple of 16"},
      {ldmatrix_outside, 128, "ldmatrix: the row address at offset 128 is out of bounds"},
      {without_init, 128, "before mbar_init"},
      {never_arrives, 128, "deadlock"},
#ifndef OAG_SANITIZED
      {global_overrun, 0, "invalid memory access"},
      {deep_stack, 0, "stack overflow"},
#endif
  };
  DeviceBuffer<int> memory(32);
  DeviceBuffer<int> enough(64);
  for (const uint64_t seed : {1, 2, 3}) {
    options.seed = seed;
    for (const Fault& fault : faults) {
      CAPTURE(fault.text);
      bool small = false;
#ifndef OAG_SANITIZED
      small = fault.kernel == global_overrun;
#endif
      const std::string text = fault_of([&] { launch_function("faulty", fault.kernel, dim3(2), dim3(64), fault.shared, (small ? memory : enough).data()); });
      CAPTURE(text);
      CHECK(contains(text, fault.text));
      CHECK(contains(text, "kernel faulty"));
      CHECK(contains(text, "seed " + std::to_string(seed)));
      CHECK(fault_of([&] { launch_function("sound", sound, dim3(1), dim3(64), 0, enough.data()); }) == "");
      CHECK(enough[63] == 63);
    }
  }
}

TEST_CASE("launches that no device takes are refused") {
  const Emulation emulation;
  int memory[64];
  const auto launch = [&](dim3 grid, dim3 block, size_t shared) { return fault_of([&] { launch_function("sound", sound, grid, block, shared, memory); }); };
  CHECK(contains(launch(dim3(1), dim3(1025), 0), "1 to 1024 threads"));
  CHECK(contains(launch(dim3(1), dim3(0), 0), "1 to 1024 threads"));
  CHECK(contains(launch(dim3(0), dim3(32), 0), "no such grid"));
  CHECK(contains(launch(dim3(1, 65536), dim3(32), 0), "no such grid"));
  CHECK(contains(launch(dim3(1), dim3(32), 100 * 1024), "over the limit"));
  CHECK(contains(fault_of([] { simt::emulator::find_kernel("nonesuch"); }), "there is no kernel nonesuch"));
}
