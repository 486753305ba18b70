// Warp operations in the emulator.
#pragma once

#include <cstring>

#include "simt/emulator/block.h"

namespace simt {
namespace emulator {

struct ShuffleArgument { uint64_t in, out; int source; };
struct VoteArgument { bool predicate; uint32_t ballot; };
void combine_shuffle(uint32_t mask, void** arguments);
void combine_vote(uint32_t mask, void** arguments);

template <class T> inline T shuffle(T value, int source, uint32_t mask, const char* file, int line) {
  static_assert(sizeof(T) == 4 || sizeof(T) == 8);
  ShuffleArgument argument{0, 0, source};
  std::memcpy(&argument.in, &value, sizeof(T));
  collective(Operation::shuffle, mask, &argument, combine_shuffle, file, line);
  std::memcpy(&value, &argument.out, sizeof(T));
  return value;
}
inline uint32_t vote(bool predicate, uint32_t mask, const char* file, int line) {
  VoteArgument argument{predicate, 0};
  collective(Operation::vote, mask, &argument, combine_vote, file, line);
  return argument.ballot;
}

}  // namespace emulator

template <class T> inline T shfl_xor(T value, int lanes, uint32_t mask = ~0u, SIMT_PLACE) {
  return emulator::shuffle(value, emulator::view.current->lane ^ lanes, mask, file, line);
}
template <class T> inline T shfl_down(T value, int lanes, uint32_t mask = ~0u, SIMT_PLACE) {
  const int own = emulator::view.current->lane, source = own + lanes;
  return emulator::shuffle(value, source > 31 ? own : source, mask, file, line);
}
template <class T> inline T shfl_idx(T value, int lane, uint32_t mask = ~0u, SIMT_PLACE) { return emulator::shuffle(value, lane & 31, mask, file, line); }
inline uint32_t vote_ballot(bool p, uint32_t mask = ~0u, SIMT_PLACE) { return emulator::vote(p, mask, file, line); }
inline bool vote_any(bool p, uint32_t mask = ~0u, SIMT_PLACE) { return emulator::vote(p, mask, file, line) != 0; }
inline bool vote_all(bool p, uint32_t mask = ~0u, SIMT_PLACE) { return emulator::vote(p, mask, file, line) == mask; }
inline void syncwarp(uint32_t mask = ~0u, SIMT_PLACE) { emulator::warp_fence(mask, file, line); }

}  // namespace simt
