// Operations in which the lanes of a mask meet: shuffles, votes, syncwarp, and the tensor core's.
#include "simt/emulator/machine.h"
#include "simt/emulator/sanitizers.h"
#include "simt/emulator/warp.h"

namespace simt::emulator {

void collective(Operation operation, uint32_t mask, void* argument, Combine combine, const char* file, int line) {
  Machine& m = machine();
  Fiber* me = view.current;
  Warp& warp = m.warps[me->warp];
  const uint32_t own = bit(me->lane);
  const auto this_one = [&] { return std::string(operation_name(operation)) + " at " + place(file, line); };
  const auto that_one = [](const Meeting& other) { return std::string(operation_name(other.operation)) + " at " + place(other.file, other.line); };

  Meeting* meeting = nullptr;
  for (int i = 0; i < warp.meeting_count; i++) {
    Meeting& other = warp.meetings[i];
    if (other.mask == mask) {
      meeting = &other;
      break;
    }
    if (other.mask & mask) fail("overlapping masks: " + who(*me) + " in " + this_one() + " while lanes wait with another mask in " + that_one(other) + picture());
  }
  if (!meeting) {
    if (!(mask & own)) fail(who(*me) + " is not in its own mask, " + this_one());
    if (mask & ~warp.live) fail(who(*me) + ": the mask of " + this_one() + " names lanes that do not exist or have exited" + picture());
    meeting = &warp.meetings[warp.meeting_count++];
    meeting->mask = mask;
    meeting->arrived = 0;
    meeting->operation = operation;
    meeting->file = file;
    meeting->line = line;
  } else if (meeting->operation != operation ||
             (options.strict && (meeting->line != line || (meeting->file != file && place(meeting->file, line) != place(file, line))))) {
    fail("divergent warp: " + who(*me) + " is in " + this_one() + " while its warp waits in " + that_one(*meeting) + picture());
  }
  meeting->arguments[me->lane] = argument;
  meeting->arrived |= own;
  if (meeting->arrived != mask) return wait_here(operation, file, line);

  m.counts.collectives++;
  me->file = file;
  me->line = line;
  combine(mask, meeting->arguments);  // the other lanes sleep: results go straight into their frames
  *meeting = warp.meetings[--warp.meeting_count];
  if (mask & ~own) {
    warp.ready |= mask & ~own;
    m.ready_warps |= bit(me->warp);
  }
  shuffle_lanes(warp);
  if (options.preempt) maybe_preempt();
}

void warp_fence(uint32_t mask, const char* file, int line) {
  SIMT_TSAN_ONLY(char* token = &machine().tsan_warps[view.current->warp]; __tsan_release(token);)
  collective(Operation::syncwarp, mask, nullptr, [](uint32_t met, void**) {
    Warp& warp = machine().warps[view.current->warp];
    if (met == warp.live) warp.fence++;
  }, file, line);
  SIMT_TSAN_ONLY(__tsan_acquire(token);)
}

void combine_shuffle(uint32_t mask, void** arguments) {
  for (uint32_t rest = mask; rest; rest &= rest - 1) {
    const int lane = __builtin_ctz(rest);
    auto& own = *static_cast<ShuffleArgument*>(arguments[lane]);
    if (!(mask >> own.source & 1)) fail("shuffle: lane " + std::to_string(lane) + " reads lane " + std::to_string(own.source) + ", which is not in the mask; " + here());
    own.out = static_cast<ShuffleArgument*>(arguments[own.source])->in;
  }
}

void combine_vote(uint32_t mask, void** arguments) {
  uint32_t ballot = 0;
  for (uint32_t rest = mask; rest; rest &= rest - 1) {
    const int lane = __builtin_ctz(rest);
    ballot |= static_cast<uint32_t>(static_cast<VoteArgument*>(arguments[lane])->predicate) << lane;
  }
  for (uint32_t rest = mask; rest; rest &= rest - 1) static_cast<VoteArgument*>(arguments[__builtin_ctz(rest)])->ballot = ballot;
}

}  // namespace simt::emulator
