// Shared memory: poison, bounds, races, reads of what nobody wrote.
//
// Two accesses by different threads, one of them a write, are ordered if a __syncthreads lies between (the epoch) or, inside one warp, a syncwarp (the
// fence). Shuffles, votes, mma and ldmatrix order nothing. Cells are two bytes wide: single bytes get bounds checks alone.
#include <cstdio>

#include <sys/mman.h>

#include "simt/emulator/machine.h"
#include "simt/emulator/sanitizers.h"

namespace simt::emulator {

void prepare_shared(Machine& m, size_t dynamic_bytes) {
  if (!m.memory) {
    const size_t bytes = 256 * 1024;  // more than any device has
    void* p = mmap(nullptr, bytes + 2 * guard_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) throw Error("simt: no memory for a block's shared memory");
    mprotect(p, guard_bytes, PROT_NONE);
    mprotect(static_cast<char*>(p) + guard_bytes + bytes, guard_bytes, PROT_NONE);
    m.memory_bytes = bytes;
    m.memory = static_cast<unsigned char*>(p) + guard_bytes;
    m.cells.assign(bytes / 2, Cell{not_allocated, 0, 0, 0, 0, 0, 0, 0, false});
  }
  m.dynamic_bytes = static_cast<uint32_t>(dynamic_bytes);
  m.static_top = static_cast<uint32_t>((dynamic_bytes + 64 + 127) & ~static_cast<size_t>(127));
  m.static_arrays.clear();
  for (size_t i = 0; i < m.cells.size(); i++) m.cells[i].write_epoch = i < (dynamic_bytes + 1) / 2 ? 0 : not_allocated;
}

void poison_shared(Machine& m) {
  machine_fill(m.memory, m.dynamic_bytes);
  for (const auto& [key, array] : m.static_arrays) machine_fill(m.memory + array.first, array.second);
}

// Static arrays lie behind the dynamic memory, 64 bytes that belong to nobody between them.
uint32_t static_shared(const void* key, unsigned bytes) {
  Machine& m = machine();
  auto found = m.static_arrays.find(key);
  if (found == m.static_arrays.end()) {
    const uint32_t offset = m.static_top;
    m.static_top += (bytes + 64 + 127) & ~127u;
    if (m.static_top > m.memory_bytes || m.dynamic_bytes + bytes > options.shared_limit) fail("static shared memory does not fit");
    found = m.static_arrays.emplace(key, std::make_pair(offset, bytes)).first;
    machine_fill(m.memory + offset, bytes);
    for (unsigned i = 0; i < (bytes + 1) / 2; i++) m.cells[offset / 2 + i].write_epoch = 0;
    view.shared_size = m.static_top;
  }
  return shared_base + found->second.first;
}

void shared_fault(uint32_t address, unsigned bytes) {
  Machine& m = machine();
  char text[200];
  std::snprintf(text, sizeof text, "%u-byte shared-memory access at offset %d is %s (dynamic shared memory: %u bytes); ", bytes, static_cast<int>(address - shared_base),
                address & (bytes - 1) ? "misaligned" : "out of bounds", m.dynamic_bytes);
  m.error_pc = __builtin_return_address(0);
  fail(text + who(*view.current));
}

void track(uint32_t offset, unsigned bytes, Access access) {
  Machine& m = machine();
  Fiber* me = view.current;
  const uint16_t self = me->linear;
  const uint32_t epoch = m.epoch, fence = m.warps[me->warp].fence;
  void* const pc = __builtin_return_address(0);
  const auto unordered = [&](uint32_t other_epoch, uint32_t other_fence, uint16_t other) {
    return other_epoch == epoch && other != self && !(m.fibers[other].warp == me->warp && other_fence < fence);
  };
  const auto report = [&](const char* what, int other, uint32_t at) {
    std::string text = std::string(what) + " at shared offset " + std::to_string(at) + ": " + who(*me);
    if (other >= 0) text += " against " + who(m.fibers[static_cast<size_t>(other)]);
    if (me->file) text += "; last operation of this thread: " + place(me->file, me->line);
    m.error_pc = pc;
    fail(text);
  };
  for (uint32_t i = offset / 2, end = (offset + bytes + 1) / 2; i < end; i++) {
    Cell& cell = m.cells[i];
    if (__builtin_expect(cell.write_epoch == not_allocated, 0)) report("out-of-bounds access (between shared arrays)", -1, i * 2);
    if (bytes == 1) return;
    if (access == Access::read) {
      if (__builtin_expect(cell.write_epoch < m.start_epoch, 0)) report("read of uninitialised shared memory", -1, i * 2);
      if (__builtin_expect(unordered(cell.write_epoch, cell.write_fence, cell.writer), 0)) report("data race (read after unsynchronised write)", cell.writer, i * 2);
      if (cell.read_epoch == epoch && m.fibers[cell.reader].warp != me->warp) {
        cell.other_read_epoch = epoch;
        cell.other_reader = cell.reader;
      }
      cell.read_epoch = epoch;
      cell.read_fence = fence;
      cell.reader = self;
    } else {
      const bool both_atomic = access == Access::atomic && cell.atomic;
      if (__builtin_expect(unordered(cell.write_epoch, cell.write_fence, cell.writer) && !both_atomic, 0)) report("data race (two unsynchronised writes)", cell.writer, i * 2);
      if (__builtin_expect(unordered(cell.read_epoch, cell.read_fence, cell.reader), 0)) report("data race (write after unsynchronised read)", cell.reader, i * 2);
      if (__builtin_expect(cell.other_read_epoch == epoch && m.fibers[cell.other_reader].warp != me->warp, 0))
        report("data race (write after unsynchronised read)", cell.other_reader, i * 2);
      cell.write_epoch = epoch;
      cell.write_fence = fence;
      cell.writer = self;
      cell.atomic = access == Access::atomic;
    }
  }
}

}  // namespace simt::emulator
