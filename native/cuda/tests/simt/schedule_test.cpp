// Orders are random, come from the seed, and change no result of a sound kernel.
#include <doctest/doctest.h>

#include <mutex>
#include <set>

#include "support/emulation.h"

using namespace oag::cuda::test;
using simt::emulator::launch_function;
using simt::emulator::options;

namespace {

void take_turns(int* next, int* order) { order[simt::atomic_add(next, 1)] = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x); }

void sum_up(int* out) {
  SIMT_SHARED(int, parts, 8);
  int x = static_cast<int>(threadIdx.x);
  for (int lanes = 16; lanes; lanes >>= 1) x += simt::shfl_down(x, lanes);
  if (threadIdx.x % 32 == 0) parts[static_cast<long>(threadIdx.x / 32)] = x;
  __syncthreads();
  if (threadIdx.x == 0) {
    int sum = 0;
    for (int i = 0; i < 8; i++) sum += parts[i];
    out[blockIdx.x] = sum;
  }
}

void votes(uint32_t* out) {
  const uint32_t lane = threadIdx.x;
  out[lane] = simt::vote_ballot(lane % 3 == 0);
  out[32 + lane] = simt::vote_any(lane == 40) | simt::vote_any(lane == 7) << 1 | simt::vote_all(lane < 32) << 2 | simt::vote_all(lane < 31) << 3;
  out[64 + lane] = lane < 16 ? simt::shfl_idx(lane, 5, 0xffffu) : simt::shfl_xor(lane, 1, 0xffff0000u);
}

void numbered(int* out) {
  const unsigned block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x, thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
  out[block * 24 + thread] += 1;
}

struct FillParams {
  int* out;
  int value;
};
SIMT_KERNEL(test_fill, FillParams, 64, 1) { p.out[threadIdx.x] = p.value; }

std::vector<int> order(uint64_t seed) {
  options.seed = seed;
  int next = 0;
  std::vector<int> taken(4 * 96);
  launch_function("turns", take_turns, dim3(4), dim3(96), 0, &next, taken.data());
  return taken;
}

}  // namespace

TEST_CASE("a seed gives an order, another seed another one") {
  const Emulation emulation;
  CHECK(order(1) == order(1));
  std::set<std::vector<int>> orders;
  for (uint64_t seed = 1; seed <= 20; seed++) orders.insert(order(seed));
  CHECK(orders.size() == 20);
  const std::vector<int> taken = order(3);
  CHECK(std::set<int>(taken.begin(), taken.end()).size() == taken.size());
}

TEST_CASE("sums do not depend on the order, nor on how many threads the machine gives") {
  const Emulation emulation;
  for (uint64_t seed = 1; seed <= 10; seed++)
    for (const int preempt : {0, 8, 128})
      for (const int machine_threads : {1, 2}) {
        options.seed = seed;
        options.preempt = preempt;
        options.machine_threads = machine_threads;
        std::vector<int> out(5, -1);
        launch_function("sum", sum_up, dim3(5), dim3(256), 0, out.data());
        CHECK(out == std::vector<int>(5, 255 * 128));
      }
}

TEST_CASE("votes and shuffles of a whole warp and of half a one") {
  const Emulation emulation;
  for (uint64_t seed = 1; seed <= 3; seed++) {
    options.seed = seed;
    std::vector<uint32_t> out(96);
    launch_function("votes", votes, dim3(1), dim3(32), 0, out.data());
    for (uint32_t lane = 0; lane < 32; lane++) {
      CHECK(out[lane] == 0x49249249u);
      CHECK(out[32 + lane] == 6u);
      CHECK(out[64 + lane] == (lane < 16 ? 5 : lane ^ 1));
    }
  }
}

TEST_CASE("every thread of every block runs once, whatever the shapes") {
  const Emulation emulation;
  std::vector<int> out(2 * 3 * 4 * 24, 0);
  launch_function("numbered", numbered, dim3(2, 3, 4), dim3(2, 3, 4), 0, out.data());
  CHECK(out == std::vector<int>(out.size(), 1));
}

TEST_CASE("a kernel is found by its name and takes parameters of its own size") {
  const Emulation emulation;
  std::vector<int> out(64);
  const FillParams p{out.data(), 7};
  simt::emulator::launch("test_fill", dim3(1), dim3(64), 0, &p, sizeof p);
  CHECK(out == std::vector<int>(64, 7));
  CHECK(contains(fault_of([&] { simt::emulator::launch("test_fill", dim3(1), dim3(64), 0, &p, 8); }), "bytes of parameters"));
  CHECK(contains(fault_of([&] { simt::emulator::launch("test_fill", dim3(1), dim3(96), 0, &p, sizeof p); }), "at most 64 threads"));
}
