// simt/sm90.h in the emulator.
#pragma once

#include "simt/emulator/block.h"

namespace simt {

// Of a matrix of `cols` × `rows` elements; a box row is 128 bytes and lies swizzled.
struct tma_map {
  const unsigned char* base;
  long cols, rows, pitch;  // pitch in bytes
  int box_cols, box_rows, element_bytes;
};

namespace emulator {

struct WgmmaArgument { uint64_t a, b; float* d; bool keep; bool n_major; };
void combine_wgmma(uint32_t, void**);
void combine_wgmma_fence(uint32_t, void**);
void combine_wgmma_commit(uint32_t, void**);
void combine_wgmma_wait(uint32_t, void**);
void linger();  // before a wait: often lets others run on first, so that what they may do too early happens
void mbarrier_init(uint32_t bar, uint32_t count);
void mbarrier_arrive(uint32_t bar, uint32_t bytes, const char* file, int line);
void mbarrier_wait(uint32_t bar, uint32_t parity, const char* file, int line);
void tma_load(uint32_t dst, const tma_map& map, int x, int y, uint32_t bar);

}  // namespace emulator

inline void mbar_init(uint32_t bar, uint32_t count) { emulator::mbarrier_init(bar, count); }
inline void fence_mbar_init() {}
inline void mbar_arrive(uint32_t bar, SIMT_PLACE) { emulator::mbarrier_arrive(bar, 0, file, line); }
inline void mbar_arrive_expect(uint32_t bar, uint32_t bytes, SIMT_PLACE) { emulator::mbarrier_arrive(bar, bytes, file, line); }
inline void mbar_wait(uint32_t bar, uint32_t parity, SIMT_PLACE) { emulator::mbarrier_wait(bar, parity, file, line); }
inline void tma_load_2d(uint32_t dst, const tma_map* map, int x, int y, uint32_t bar) { emulator::tma_load(dst, *map, x, y, bar); }
inline void wgmma_fence(SIMT_PLACE) { emulator::collective(emulator::Operation::wgmma, ~0u, nullptr, emulator::combine_wgmma_fence, file, line); }
inline void wgmma_commit(SIMT_PLACE) { emulator::collective(emulator::Operation::wgmma, ~0u, nullptr, emulator::combine_wgmma_commit, file, line); }
template <int N> inline void wgmma_wait(SIMT_PLACE) {
  int in_flight = N;
  emulator::linger();
  emulator::collective(emulator::Operation::wgmma, ~0u, &in_flight, emulator::combine_wgmma_wait, file, line);
}
template <int TB> inline void wgmma_m64n64k16_f16(float (&d)[32], uint64_t a, uint64_t b, bool keep, SIMT_PLACE) {
  emulator::WgmmaArgument argument{a, b, d, keep, TB == 1};
  emulator::collective(emulator::Operation::wgmma, ~0u, &argument, emulator::combine_wgmma, file, line);
}

}  // namespace simt
