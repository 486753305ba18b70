// Grids: blocks in a seeded order, on one or several threads of the machine; faults of a kernel as Error; kernels by name.
#include "simt/emulator/launch.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>
#include <numeric>
#include <thread>

#include <ucontext.h>

#include "simt/emulator/machine.h"
#include "simt/emulator/sanitizers.h"

namespace simt::emulator {

Options options;
Counts counts;

void fail(const std::string& what) {
  machine().error = what;
  throw Abort{};
}

namespace {

void begin_block(Machine& m, dim3 block) {
  if (m.stacks_ready < m.threads) build_stacks(m);
  poison_shared(m);
  clear_sm90(m);
  m.start_epoch = ++m.epoch;
  m.alive = m.threads;
  m.at_barrier = m.exited = 0;
  m.ready_warps = 0;
  m.error.clear();
  m.error_pc = nullptr;
  for (unsigned w = 0; w < m.warp_count; w++) {
    Warp& warp = m.warps[w];
    const unsigned lanes = std::min(32u, m.threads - w * 32);
    warp.live = warp.ready = lanes == 32 ? ~0u : bit(lanes) - 1;
    warp.at_barrier = warp.fence = 0;
    warp.meeting_count = 0;
    shuffle_lanes(warp);
    m.ready_warps |= bit(w);
  }
  for (unsigned i = 0; i < m.threads; i++) {
    Fiber& f = m.fibers[i];
    f.tid = {i % block.x, i / block.x % block.y, i / (block.x * block.y)};
    f.linear = static_cast<uint16_t>(i);
    f.lane = i & 31;
    f.warp = static_cast<uint16_t>(i >> 5);
    f.exited = false;
    f.waits_in = Operation::none;
    f.file = nullptr;
    m.copies[i].copies.clear();
    m.copies[i].committed = 0;
  }
}

void run_block(Machine& m, uint3 index, dim3 block) {
  view.block_idx = index;
  view.shared_size = m.static_arrays.empty() ? m.dynamic_bytes : m.static_top;
  begin_block(m, block);
  SIMT_TSAN_ONLY(__tsan_release(&m.tsan_start);)
  enter(pick(m.random() % m.warp_count));
  SIMT_TSAN_ONLY(__tsan_acquire(&m.tsan_end);)
  m.counts.blocks++;
  if (m.error.empty()) return;
  SIMT_TSAN_ONLY(for (unsigned i = 0; i < m.threads; i++) { __tsan_switch_to_fiber(m.tsan_fibers[i], 1); __tsan_release(&m.tsan_end); }
                 __tsan_switch_to_fiber(m.main_tsan_fiber, 1); __tsan_acquire(&m.tsan_end);)
  m.stacks_ready = 0;
  char where[200];
  std::snprintf(where, sizeof where, "simt: kernel %s, block (%u,%u,%u), seed %llu: ", m.name, index.x, index.y, index.z, static_cast<unsigned long long>(m.seed));
  throw Error(where + m.error + (m.error_pc ? source_line(m.error_pc) : ""));
}

// A fault inside a kernel becomes an Error like any other: the broken fiber is left for good, from the signal stack.
[[maybe_unused]] void on_fault(int signal_number, siginfo_t* info, void* context) {
  if (!view.current || !view.machine) {
    signal(signal_number, SIG_DFL);
    raise(signal_number);
    return;
  }
  Machine& m = machine();
  const char* address = static_cast<const char*>(info->si_addr);
#if defined(__x86_64__)
  m.error_pc = reinterpret_cast<void*>(static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP] + 1);
#else
  m.error_pc = reinterpret_cast<void*>(static_cast<ucontext_t*>(context)->uc_mcontext.pc + 4);
#endif
  const bool own_stack = address >= m.stacks && address < m.stacks + m.stack_count * (stack_bytes + guard_bytes);
  char text[160];
  std::snprintf(text, sizeof text, "%s at address %p; ", own_stack ? "stack overflow (arrays of a thread too large?)" : "invalid memory access", static_cast<const void*>(address));
  m.error = text + who(*view.current);
  abandon();
}

// Sanitizers report faults themselves.
#if defined(__SANITIZE_ADDRESS__) || defined(SIMT_TSAN)
struct FaultHandlers {};
struct SignalStack {};
#else
struct FaultHandlers {
  struct sigaction segv{}, bus{};
  FaultHandlers() {
    struct sigaction ours{};
    ours.sa_sigaction = on_fault;
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    sigaction(SIGSEGV, &ours, &segv);
    sigaction(SIGBUS, &ours, &bus);
  }
  ~FaultHandlers() {
    sigaction(SIGSEGV, &segv, nullptr);
    sigaction(SIGBUS, &bus, nullptr);
  }
};
struct SignalStack {  // of this thread, while it runs kernels: a fiber that overflows its stack has none left
  std::unique_ptr<char[]> memory{new char[64 * 1024]};
  stack_t before{};
  SignalStack() {
    stack_t ours{};
    ours.ss_sp = memory.get();
    ours.ss_size = 64 * 1024;
    sigaltstack(&ours, &before);
  }
  ~SignalStack() { sigaltstack(&before, nullptr); }
};
#endif

// Blocks in an order that depends on the seed: i → (i · step + seed) mod blocks, step coprime to it.
uint64_t block_step(uint64_t blocks) {
  uint64_t step = options.seed * 2654435761u % blocks;
  while (std::gcd(step, blocks) != 1) step++;
  return step;
}

}  // namespace

void run(const char* name, dim3 grid, dim3 block, size_t shared_bytes, void (*call)(void*), void* argument) {
  const unsigned threads = block.x * block.y * block.z;
  const uint64_t blocks = static_cast<uint64_t>(grid.x) * grid.y * grid.z;
  const std::string kernel = std::string("simt: kernel ") + name + ": ";
  if (!threads || threads > 1024) throw Error(kernel + "a block has 1 to 1024 threads, not " + std::to_string(threads));
  if (shared_bytes > options.shared_limit)
    throw Error(kernel + std::to_string(shared_bytes) + " bytes of shared memory are over the limit of " + std::to_string(options.shared_limit));
  if (!blocks || grid.y > 65535 || grid.z > 65535) throw Error(kernel + "no such grid");
  if (view.current) throw Error(kernel + "launched from inside a kernel");

  const uint64_t step = block_step(blocks);
  std::atomic<uint64_t> next{0};
  std::mutex mutex;
  std::string error;
  [[maybe_unused]] const FaultHandlers handlers;
  const auto worker = [&] {
    static thread_local std::unique_ptr<Machine> own;
    if (!own) own = std::make_unique<Machine>();
    [[maybe_unused]] const SignalStack signal_stack;
    Machine& m = *own;
    try {
      view.machine = &m;
      view.block_dim = {block.x, block.y, block.z};
      view.grid_dim = {grid.x, grid.y, grid.z};
      view.races = options.races;
      allocate_stacks(m, threads);
      prepare_shared(m, shared_bytes);
      view.shared = m.memory;
      find_main_stack(m);
      m.call = call;
      m.argument = argument;
      m.name = name;
      m.seed = options.seed;
      m.counts = Counts{};
      for (uint64_t i; (i = next++) < blocks;) {
        const uint64_t b = (i * step + options.seed) % blocks;
        m.random_state = (options.seed + 1) * 0x9E3779B97F4A7C15ull ^ (b + 1) * 0xD1B54A32D192ED03ull;
        if (!m.random_state) m.random_state = 1;
        run_block(m, {static_cast<unsigned>(b % grid.x), static_cast<unsigned>(b / grid.x % grid.y), static_cast<unsigned>(b / grid.x / grid.y)}, block);
      }
    } catch (const std::exception& e) {
      const std::lock_guard<std::mutex> lock(mutex);
      if (error.empty()) error = e.what();
      next = blocks;
    }
    view.current = nullptr;
    const std::lock_guard<std::mutex> lock(mutex);
    uint64_t* sums = &counts.blocks;
    const uint64_t* ours = &m.counts.blocks;
    for (size_t i = 0; i < sizeof(Counts) / sizeof(uint64_t); i++) sums[i] += ours[i];
  };
  std::vector<std::thread> others;
  for (int t = 1; t < options.machine_threads && static_cast<uint64_t>(t) < blocks; t++) others.emplace_back(worker);
  worker();
  for (std::thread& t : others) t.join();
  if (!error.empty()) throw Error(error);
}

// ---- kernels by name

namespace {
std::vector<Kernel>& table() {
  static std::vector<Kernel> kernels;
  return kernels;
}
}  // namespace

Registration::Registration(const Kernel& kernel) { table().push_back(kernel); }
const std::vector<Kernel>& kernels() { return table(); }

const Kernel& find_kernel(const std::string& name) {
  for (const Kernel& kernel : table())
    if (name == kernel.name) return kernel;
  throw Error("simt: there is no kernel " + name);
}

void launch(const std::string& name, dim3 grid, dim3 block, size_t shared_bytes, const void* parameters, size_t parameter_bytes) {
  const Kernel& kernel = find_kernel(name);
  if (parameter_bytes != kernel.parameter_bytes)
    throw Error("simt: kernel " + name + " takes " + std::to_string(kernel.parameter_bytes) + " bytes of parameters, not " + std::to_string(parameter_bytes));
  if (static_cast<int>(block.x * block.y * block.z) > kernel.threads)
    throw Error("simt: kernel " + name + " is compiled for at most " + std::to_string(kernel.threads) + " threads");
  struct Call { const Kernel* kernel; const void* parameters; } call{&kernel, parameters};
  run(kernel.name, grid, block, shared_bytes, [](void* c) { static_cast<Call*>(c)->kernel->body(static_cast<Call*>(c)->parameters); }, &call);
}

}  // namespace simt::emulator
