// mbarrier and TMA: loads land in any order, as late as they may; their destination is garbage until then.
//
// To the race checker a completed phase orders all that was before with all that comes after, as __syncthreads does: it raises no false alarm, and misses
// a thread that reads on without having waited.
#include <cstring>

#include "simt/emulator/machine.h"
#include "simt/emulator/sanitizers.h"

namespace simt::emulator {

void clear_sm90(Machine& m) {
  m.mbarriers.clear();
  m.tma_loads.clear();
  m.mbarrier_waits.clear();
  for (unsigned w = 0; w < m.warp_count; w++) m.wgmma[w] = WgmmaState{};
}

namespace {

Mbarrier& barrier_at(uint32_t address) {
  const auto found = machine().mbarriers.find(address);
  if (found == machine().mbarriers.end()) fail("mbarrier at shared offset " + std::to_string(address - shared_base) + " is used before mbar_init; " + who(*view.current));
  return found->second;
}

// A phase is complete when no arrival and no byte is missing: it flips, and who waits for it goes on.
void settle(uint32_t address, Mbarrier& bar) {
  if (bar.pending || bar.bytes) return;
  Machine& m = machine();
  bar.phase ^= 1;
  bar.pending = bar.count;
  m.epoch++;
  size_t kept = 0;
  for (const MbarrierWait& wait : m.mbarrier_waits) {
    if (wait.bar == address && bar.phase != wait.parity) make_ready(m, *wait.fiber);
    else m.mbarrier_waits[kept++] = wait;
  }
  m.mbarrier_waits.resize(kept);
}

}  // namespace

bool deliver_tma_load() {
  Machine& m = machine();
  if (m.tma_loads.empty()) return false;
  const Unseen unseen;
  const size_t i = m.random() % m.tma_loads.size();
  const TmaLoad load = std::move(m.tma_loads[i]);
  m.tma_loads.erase(m.tma_loads.begin() + static_cast<long>(i));
  const size_t offset = load.dst - shared_base;
  machine_copy(m.memory + offset, load.data.data(), load.data.size());
  for (size_t cell = offset / 2; cell < (offset + load.data.size()) / 2; cell++) m.cells[cell].write_epoch = m.start_epoch;
  Mbarrier& bar = m.mbarriers[load.bar];
  bar.bytes -= static_cast<int64_t>(load.data.size());
  settle(load.bar, bar);
  return true;
}

void mbarrier_init(uint32_t bar, uint32_t count) {
  shared_access(bar, 8, Access::write);
  if (!count) fail("mbar_init: a count of 0; " + who(*view.current));
  const Unseen unseen;
  machine().mbarriers[bar] = {count, count, 0, 0};
}

void mbarrier_arrive(uint32_t address, uint32_t bytes, const char* file, int line) {
  view.current->file = file;
  view.current->line = line;
  Mbarrier& bar = barrier_at(address);
  bar.bytes += bytes;
  if (!bar.pending) fail("mbarrier: more arrivals than its count of " + std::to_string(bar.count) + "; " + here());
  bar.pending--;
  SIMT_TSAN_ONLY(__tsan_release(&machine().tsan_mbarriers);)
  settle(address, bar);
  Machine& m = machine();
  if ((m.random() & 1) && options.preempt && m.ready_warps) yield_to_anyone();  // who may go on now often does so at once
}

void linger() {
  if (options.preempt && machine().random() % 4 == 0 && machine().ready_warps) yield_to_anyone();
}

void mbarrier_wait(uint32_t address, uint32_t parity, const char* file, int line) {
  Machine& m = machine();
  const Mbarrier& bar = barrier_at(address);
  if (m.random() % 4 == 0) deliver_tma_load();
  while (bar.phase == (parity & 1)) {
    {
      const Unseen unseen;
      m.mbarrier_waits.push_back({view.current, address, parity & 1});
    }
    wait_here(Operation::mbarrier, file, line);
  }
  SIMT_TSAN_ONLY(__tsan_acquire(&m.tsan_mbarriers);)
}

void tma_load(uint32_t dst, const tma_map& map, int x, int y, uint32_t bar) {
  const Unseen unseen;
  Machine& m = machine();
  m.counts.tma++;
  barrier_at(bar);
  const int element = map.element_bytes;
  if (map.box_cols * element != 128 || (dst & 1023)) fail("tma_load_2d: a box row is 128 bytes, and the destination a multiple of 1024; " + who(*view.current));
  TmaLoad load{dst, bar, std::vector<unsigned char>(static_cast<size_t>(128) * static_cast<size_t>(map.box_rows), 0)};
  if (dst - shared_base + load.data.size() > view.shared_size) fail("tma_load_2d: the box ends outside shared memory; " + who(*view.current));
  for (int r = 0; r < map.box_rows; r++)
    for (int c = 0; c < map.box_cols; c++) {
      if (y + r < 0 || y + r >= map.rows || x + c < 0 || x + c >= map.cols) continue;
      const int byte = c * element, swizzled = ((byte >> 4) ^ (r & 7)) << 4 | (byte & 15);
      std::memcpy(&load.data[static_cast<size_t>(r * 128 + swizzled)], map.base + (y + r) * map.pitch + static_cast<long>(x + c) * element, static_cast<size_t>(element));
    }
  machine_fill(m.memory + (dst - shared_base), load.data.size());
  m.tma_loads.push_back(std::move(load));
}

}  // namespace simt::emulator
