// Which fiber runs next. Warps are chosen at random, lanes of a warp in a random rotation, up or down; all from the seed.
#include "simt/emulator/machine.h"
#include "simt/emulator/sanitizers.h"

namespace simt::emulator {

__thread View view;

Fiber* pick(unsigned preferred_warp) {
  Machine& m = machine();
  while (!m.ready_warps)
    if (!deliver_tma_load()) return nullptr;
  unsigned chosen = preferred_warp;
  if (!(m.ready_warps & bit(chosen))) {
    unsigned skip = m.random() % static_cast<unsigned>(__builtin_popcount(m.ready_warps));
    uint32_t rest = m.ready_warps;
    while (skip--) rest &= rest - 1;
    chosen = static_cast<unsigned>(__builtin_ctz(rest));
  }
  Warp& warp = m.warps[chosen];
  const uint32_t rotated = warp.ready >> warp.rotation | warp.ready << (-warp.rotation & 31);
  const unsigned lane = (static_cast<unsigned>(warp.downwards ? 31 - __builtin_clz(rotated) : __builtin_ctz(rotated)) + warp.rotation) & 31;
  warp.ready &= ~bit(lane);
  if (!warp.ready) m.ready_warps &= ~bit(chosen);
  return &m.fibers[chosen * 32 + lane];
}

void shuffle_lanes(Warp& warp) {
  const uint32_t r = machine().random();
  warp.rotation = r & 31;
  warp.downwards = r >> 5 & 1;
}

void wait_here(Operation operation, const char* file, int line) {
  Fiber* me = view.current;
  me->waits_in = operation;
  me->file = file;
  me->line = line;
  Fiber* next = pick(me->warp);
  if (!next) fail("deadlock: every thread waits" + picture());
  switch_to(next);
  me->waits_in = Operation::none;
}

void yield_to_anyone() {
  Machine& m = machine();
  Fiber* me = view.current;
  Fiber* next = pick(m.random() % m.warp_count);
  make_ready(m, *me);
  switch_to(next);
}

void maybe_preempt() {
  Machine& m = machine();
  Fiber* me = view.current;
  const uint32_t mine = bit(me->warp);
  if (static_cast<int>(m.random() & 255) >= options.preempt || !(m.ready_warps & ~mine)) return;
  const uint32_t own_ready = m.ready_warps & mine;
  m.ready_warps &= ~mine;
  Fiber* next = pick(me->warp);
  m.ready_warps |= own_ready;
  make_ready(m, *me);
  switch_to(next);
}

namespace {

void check_leaving() {
  Machine& m = machine();
  Fiber* me = view.current;
  const Warp& warp = m.warps[me->warp];
  if (!m.copies[me->linear].copies.empty()) fail(who(*me) + " exits with cp.async copies not waited for");
  if (options.strict && m.at_barrier)
    fail(who(*me) + " exits while " + std::to_string(m.at_barrier) + " threads wait at __syncthreads (" + place(m.barrier_file, m.barrier_line) + ")" + picture());
  for (int i = 0; i < warp.meeting_count; i++) {
    const Meeting& meeting = warp.meetings[i];
    if (meeting.mask & bit(me->lane))
      fail(who(*me) + " exits while its warp waits for it in " + operation_name(meeting.operation) + " at " + place(meeting.file, meeting.line) + picture());
  }
}

}  // namespace

void thread_main() {
  for (;;) {  // once per block
    Machine& m = machine();
    Fiber* me = view.current;
    SIMT_TSAN_ONLY(__tsan_acquire(&m.tsan_start);)
    bool broken = false;
    try {
      m.call(m.argument);
      check_leaving();
    } catch (const Abort&) {
      broken = true;
    } catch (const std::exception& e) {
      m.error = e.what();
      broken = true;
    }
    if (broken) abandon();  // the other fibers are dropped where they stand
    m.warps[me->warp].live &= ~bit(me->lane);
    me->exited = true;
    m.exited++;
    m.alive--;
    SIMT_TSAN_ONLY(__tsan_release(&m.tsan_end);)
    Fiber* next = pick(me->warp);
    if (!next && m.alive) m.error = "deadlock: every remaining thread waits" + picture();
    switch_to(next);
  }
}

// The threads that run meet; one of another warp may be the first to go on.
void barrier(const char* file, int line) {
  Machine& m = machine();
  Fiber* me = view.current;
  if (options.strict && m.exited)
    fail(who(*me) + " reaches __syncthreads (" + place(file, line) + ") after " + std::to_string(m.exited) + " threads have left the kernel" + picture());
  if (!m.at_barrier) {
    m.barrier_file = file;
    m.barrier_line = line;
  } else if (options.strict && place(file, line) != place(m.barrier_file, m.barrier_line)) {
    fail("divergent barrier: " + who(*me) + " is at __syncthreads " + place(file, line) + " while others wait at " + place(m.barrier_file, m.barrier_line) + picture());
  }
  m.warps[me->warp].at_barrier |= bit(me->lane);
  m.at_barrier++;
  SIMT_TSAN_ONLY(__tsan_release(&m.tsan_barrier);)
  if (m.at_barrier < m.alive) {
    wait_here(Operation::barrier, file, line);
    SIMT_TSAN_ONLY(__tsan_acquire(&m.tsan_barrier);)
    return;
  }
  SIMT_TSAN_ONLY(__tsan_acquire(&m.tsan_barrier);)
  m.counts.barriers++;
  m.epoch++;
  m.at_barrier = 0;
  for (unsigned w = 0; w < m.warp_count; w++) {
    Warp& warp = m.warps[w];
    if (!warp.at_barrier) continue;
    warp.ready |= warp.at_barrier;
    m.ready_warps |= bit(w);
    warp.at_barrier = 0;
    shuffle_lanes(warp);
  }
  Fiber* next = pick(m.random() % m.warp_count);
  if (next != me) switch_to(next);
}

}  // namespace simt::emulator
