// The state of one block in flight and what the parts of the emulator's runtime ask of each other. Private to simt/emulator.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "simt/emulator/launch.h"
#include "simt/emulator/shared.h"
#include "simt/emulator/sm90.h"

// The macros of block.h are for kernels; here these are members.
#undef threadIdx
#undef blockIdx
#undef blockDim
#undef gridDim

namespace simt::emulator {

// ---- warps

struct Meeting {  // lanes of one mask, on their way to a collective operation
  uint32_t mask, arrived;
  Operation operation;
  const char* file;
  int line;
  void* arguments[32];
};

struct Warp {  // lane sets
  uint32_t ready, live, at_barrier;
  Meeting meetings[32];
  int meeting_count;
  uint32_t rotation;  // ready lanes run from this one on, up or down: drawn anew after each operation
  bool downwards;
  uint32_t fence;     // how many times the whole warp met in syncwarp
};

// ---- shared memory

// What happened last to two bytes. Barriers count epochs, which only grow, so that nothing is cleared between blocks.
struct Cell {
  uint32_t write_epoch, write_fence;
  uint32_t read_epoch, read_fence;
  uint32_t other_read_epoch;             // one reader of another warp than the last reader's
  uint16_t writer, reader, other_reader; // threads
  bool atomic;
};
constexpr uint32_t not_allocated = ~0u;  // as a write_epoch

// ---- asynchronous copies of sm_80

struct Copy {
  uint32_t dst;
  const void* src;
  int bytes, group;
  unsigned char data[16];
};
struct CopyQueue {  // of one thread
  std::vector<Copy> copies;
  int committed = 0;
};

// ---- sm_90a

struct Mbarrier { uint32_t count, pending; int64_t bytes; uint32_t phase; };
struct TmaLoad { uint32_t dst, bar; std::vector<unsigned char> data; };
struct MbarrierWait { Fiber* fiber; uint32_t bar, parity; };
struct WgmmaSum { float* registers[32]; std::vector<float> values; int products; };  // accumulators in flight, 32 lanes × 32
struct WgmmaProduct { uint64_t a, b; bool n_major; int sum, group; bool keep; uint64_t operand_hash; };
struct WgmmaState {  // of one warp
  std::vector<WgmmaSum> sums;
  std::vector<WgmmaProduct> products;
  int committed = 0;
  bool fenced = false;
};

constexpr size_t stack_bytes = 128 * 1024, guard_bytes = 4096;

struct Machine {
  // fibers
  std::vector<Fiber> fibers;
  std::vector<void*> fake_stacks, tsan_fibers;  // of the sanitizers
  void* main_fake_stack = nullptr;
  void* main_tsan_fiber = nullptr;
  const void* main_stack_bottom = nullptr;
  size_t main_stack_bytes = 0;
  char tsan_barrier = 0, tsan_start = 0, tsan_end = 0, tsan_mbarriers = 0, tsan_warps[32] = {};
  char* stacks = nullptr;
  size_t stack_count = 0;
  unsigned stacks_ready = 0;  // so many fibers wait at their beginning, for this block or a later one
  void* main_stack_pointer = nullptr;

  // schedule
  Warp warps[32];
  uint32_t ready_warps = 0;
  unsigned threads = 0, warp_count = 0, alive = 0, at_barrier = 0, exited = 0;
  const char* barrier_file = nullptr;
  int barrier_line = 0;
  uint64_t random_state = 1, seed = 1;
  uint32_t random() {  // xorshift64
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return static_cast<uint32_t>(random_state >> 32);
  }

  // shared memory
  uint32_t epoch = 1, start_epoch = 1;
  std::vector<Cell> cells;
  unsigned char* memory = nullptr;  // between guard pages
  size_t memory_bytes = 0;
  uint32_t dynamic_bytes = 0, static_top = 0;
  std::map<const void*, std::pair<uint32_t, unsigned>> static_arrays;  // offset, bytes

  // what is under way
  std::vector<CopyQueue> copies;  // [threads]
  std::map<uint32_t, Mbarrier> mbarriers;
  std::vector<TmaLoad> tma_loads;
  std::vector<MbarrierWait> mbarrier_waits;
  WgmmaState wgmma[32];  // [warps]

  // the launch
  void (*call)(void*) = nullptr;
  void* argument = nullptr;
  const char* name = "";
  std::string error;
  void* error_pc = nullptr;
  Counts counts{};

  Machine() = default;
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  ~Machine();
};

inline Machine& machine() { return *view.machine; }
inline uint32_t bit(unsigned i) { return 1u << i; }
inline void make_ready(Machine& m, const Fiber& fiber) {
  m.warps[fiber.warp].ready |= bit(fiber.lane);
  m.ready_warps |= bit(fiber.warp);
}

// fibers.cpp
void allocate_stacks(Machine& m, unsigned threads);
void build_stacks(Machine& m);
void switch_to(Fiber* fiber);    // from the running fiber; null: to run_block
void enter(Fiber* fiber);        // from run_block
[[noreturn]] void abandon();     // to run_block, for good
void find_main_stack(Machine& m);

// scheduler.cpp
Fiber* pick(unsigned preferred_warp);  // the next to run, no longer ready; null when all wait
void wait_here(Operation operation, const char* file, int line);
void yield_to_anyone();                // stays ready
void maybe_preempt();                  // as options say
void shuffle_lanes(Warp& warp);
void thread_main();                    // what a fiber runs

// shared_memory.cpp
void prepare_shared(Machine& m, size_t dynamic_bytes);
void poison_shared(Machine& m);

// asynchronous progress (sm90_barriers.cpp): delivers one TMA load; false when none is under way
bool deliver_tma_load();
void clear_sm90(Machine& m);

// report.cpp
const char* operation_name(Operation operation);
std::string place(const char* file, int line);  // "attention.h:71"
std::string who(const Fiber& fiber);            // "thread (37,0,0) = warp 1 lane 5"
std::string picture();                          // where every thread of the block stands
std::string source_line(void* pc);              // of a kernel's instruction, by addr2line; empty without it
inline std::string here() { return who(*view.current) + " " + place(view.current->file, view.current->line); }
struct Abort {};                                // unwinds a fiber that failed

}  // namespace simt::emulator
