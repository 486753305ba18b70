// Asynchronous copies, ldmatrix and mma in the emulator.
#pragma once

#include <cstring>
#include <type_traits>

#include "simt/emulator/block.h"
#include "simt/emulator/scalars.h"

namespace simt {
namespace emulator {

struct LdmatrixArgument { uint32_t address; uint32_t* registers; bool transposed; };
struct MmaArgument { const uint32_t* a; uint32_t b[2]; float* d; bool bf16; };
void combine_ldmatrix(uint32_t mask, void** arguments);
void combine_mma(uint32_t mask, void** arguments);

void async_copy(uint32_t dst, const void* src, int bytes, const char* file, int line);
void async_commit();
void async_wait(int groups_in_flight, const char* file, int line);

}  // namespace emulator

inline void ldmatrix_x4(uint32_t (&r)[4], uint32_t address, SIMT_PLACE) {
  emulator::LdmatrixArgument argument{address, r, false};
  emulator::collective(emulator::Operation::ldmatrix, ~0u, &argument, emulator::combine_ldmatrix, file, line);
}
inline void ldmatrix_x4_trans(uint32_t (&r)[4], uint32_t address, SIMT_PLACE) {
  emulator::LdmatrixArgument argument{address, r, true};
  emulator::collective(emulator::Operation::ldmatrix, ~0u, &argument, emulator::combine_ldmatrix, file, line);
}
template <class T> inline void mma_m16n8k16(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1, SIMT_PLACE) {
  emulator::MmaArgument argument{a, {b0, b1}, d, std::is_same_v<T, bf16_t>};
  emulator::collective(emulator::Operation::mma, ~0u, &argument, emulator::combine_mma, file, line);
}
// The source is read here, in the kernel's code, so that sanitizers see the access.
inline void cp_async16(uint32_t dst, const void* src, int bytes = 16, SIMT_PLACE) {
  if (bytes > 0 && bytes <= 16) {
    unsigned char seen[16];
    std::memcpy(seen, src, static_cast<size_t>(bytes));
    asm volatile("" ::"r"(seen) : "memory");
  }
  emulator::async_copy(dst, src, bytes, file, line);
}
inline void cp_async_commit() { emulator::async_commit(); }
template <int N> inline void cp_async_wait(SIMT_PLACE) { emulator::async_wait(N, file, line); }

}  // namespace simt
