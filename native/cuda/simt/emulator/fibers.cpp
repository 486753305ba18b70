// Stacks and the switch between them: callee-saved registers are pushed, the stack pointer is exchanged, 4 to 11 ns. x86-64 (System V) and AArch64.
#include <pthread.h>
#include <sys/mman.h>

#include "simt/emulator/machine.h"
#include "simt/emulator/sanitizers.h"

extern "C" void simt_switch(void** save, void* to);

#if defined(__x86_64__)
asm(R"(
.text
.globl simt_switch
.type simt_switch,@function
simt_switch:
  push %rbp
  push %rbx
  push %r12
  push %r13
  push %r14
  push %r15
  mov %rsp,(%rdi)
  mov %rsi,%rsp
  pop %r15
  pop %r14
  pop %r13
  pop %r12
  pop %rbx
  pop %rbp
  ret
.size simt_switch,.-simt_switch
)");
#elif defined(__aarch64__)
asm(R"(
.text
.globl simt_switch
.type simt_switch,%function
simt_switch:
  sub sp,sp,#160
  stp x19,x20,[sp]
  stp x21,x22,[sp,#16]
  stp x23,x24,[sp,#32]
  stp x25,x26,[sp,#48]
  stp x27,x28,[sp,#64]
  stp x29,x30,[sp,#80]
  stp d8,d9,[sp,#96]
  stp d10,d11,[sp,#112]
  stp d12,d13,[sp,#128]
  stp d14,d15,[sp,#144]
  mov x9,sp
  str x9,[x0]
  mov sp,x1
  ldp x19,x20,[sp]
  ldp x21,x22,[sp,#16]
  ldp x23,x24,[sp,#32]
  ldp x25,x26,[sp,#48]
  ldp x27,x28,[sp,#64]
  ldp x29,x30,[sp,#80]
  ldp d8,d9,[sp,#96]
  ldp d10,d11,[sp,#112]
  ldp d12,d13,[sp,#128]
  ldp d14,d15,[sp,#144]
  add sp,sp,#160
  ret
.size simt_switch,.-simt_switch
)");
#else
#error "the block emulator has no stack switch for this processor"
#endif

namespace simt::emulator {
namespace {

char* stack_of(Machine& m, size_t i) { return m.stacks + i * (stack_bytes + guard_bytes) + guard_bytes; }

void jump(void** save, [[maybe_unused]] void** save_fake, Fiber* to) {
  Machine& m = machine();
  SIMT_ASAN_ONLY(if (to) __sanitizer_start_switch_fiber(save_fake, stack_of(m, to->linear), stack_bytes);
                 else __sanitizer_start_switch_fiber(save_fake, m.main_stack_bottom, m.main_stack_bytes);)
  m.counts.switches++;
  view.current = to;
  SIMT_TSAN_ONLY(__tsan_switch_to_fiber(to ? m.tsan_fibers[to->linear] : m.main_tsan_fiber, 1);)
  simt_switch(save, to ? to->stack_pointer : m.main_stack_pointer);
  SIMT_ASAN_ONLY(Fiber* me = view.current; const void* bottom; size_t bytes;
                 __sanitizer_finish_switch_fiber(me ? view.machine->fake_stacks[me->linear] : view.machine->main_fake_stack, &bottom, &bytes);)
}

void first_entry() {
  SIMT_ASAN_ONLY(__sanitizer_finish_switch_fiber(nullptr, nullptr, nullptr);)
  thread_main();
}

}  // namespace

Machine::~Machine() {
  if (stacks) munmap(stacks, stack_count * (stack_bytes + guard_bytes));
  if (memory) munmap(memory - guard_bytes, memory_bytes + 2 * guard_bytes);
}

void allocate_stacks(Machine& m, unsigned threads) {
  if (m.stack_count < threads) {
    const unsigned wanted = threads <= 256 ? 256 : 1024;  // seldom anew: ASan keeps megabytes for each stack that ever was
    if (m.stacks) munmap(m.stacks, m.stack_count * (stack_bytes + guard_bytes));
    void* p = mmap(nullptr, wanted * (stack_bytes + guard_bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    m.stack_count = 0;
    m.stacks = nullptr;
    m.stacks_ready = 0;
    if (p == MAP_FAILED) throw Error("simt: no memory for the stacks of " + std::to_string(threads) + " threads");
    m.stacks = static_cast<char*>(p);
    m.stack_count = wanted;
    for (unsigned i = 0; i < wanted; i++) mprotect(stack_of(m, i) - guard_bytes, guard_bytes, PROT_NONE);
  }
  SIMT_TSAN_ONLY(m.main_tsan_fiber = __tsan_get_current_fiber(); while (m.tsan_fibers.size() < threads) m.tsan_fibers.push_back(__tsan_create_fiber(0));)
  m.threads = threads;
  m.warp_count = (threads + 31) / 32;
  if (m.fibers.size() < threads) {
    m.fibers.resize(threads);
    m.copies.resize(threads);
    m.fake_stacks.resize(threads, nullptr);
  }
}

void build_stacks(Machine& m) {
  for (unsigned i = m.stacks_ready; i < m.threads; i++) {
    char* base = stack_of(m, i);
    SIMT_ASAN_ONLY(__asan_unpoison_memory_region(base, stack_bytes);)
    // Equal offsets in every stack would share the sets of the cache.
    const uintptr_t top = reinterpret_cast<uintptr_t>(base + stack_bytes) - (i % 61) * 192;
    void** p = reinterpret_cast<void**>(top & ~static_cast<uintptr_t>(15));
#if defined(__x86_64__)
    *--p = nullptr;
    *--p = reinterpret_cast<void*>(first_entry);
    p -= 6;
#else
    p -= 20;
    p[10] = nullptr;
    p[11] = reinterpret_cast<void*>(first_entry);
#endif
    m.fibers[i].stack_pointer = p;
  }
  m.stacks_ready = m.threads;
}

void switch_to(Fiber* fiber) {
  Fiber* me = view.current;
  jump(&me->stack_pointer, &machine().fake_stacks[me->linear], fiber);
}

void enter(Fiber* fiber) { jump(&machine().main_stack_pointer, &machine().main_fake_stack, fiber); }

void abandon() {
  jump(&view.current->stack_pointer, nullptr, nullptr);
  __builtin_unreachable();
}

void find_main_stack([[maybe_unused]] Machine& m) {
  SIMT_ASAN_ONLY(pthread_attr_t attributes; void* bottom; pthread_getattr_np(pthread_self(), &attributes);
                 pthread_attr_getstack(&attributes, &bottom, &m.main_stack_bytes); pthread_attr_destroy(&attributes); m.main_stack_bottom = bottom;)
}

}  // namespace simt::emulator
