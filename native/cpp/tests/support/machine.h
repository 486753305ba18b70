// What the tests know about the machine they run on.
#pragma once

#include <cstdlib>

namespace oag::test {

// Whether OAG_SLOW_MACHINE is set, as tools/old-cpus and the toolchain of linux-arm64 do where they run the tests in an emulator: the same tests, with smaller sizes.
inline bool slow_machine() { return std::getenv("OAG_SLOW_MACHINE") != nullptr; }

// Whether OAG_WHOLE_MASKED_LOADS is set: the emulator reads all of a vector when an instruction asks for some of its lanes (QEMU 7.2 does, for vmaskmovps), where a CPU must not
// touch the others.
inline bool whole_masked_loads() { return std::getenv("OAG_WHOLE_MASKED_LOADS") != nullptr; }

template <class Number>
Number on_slow_machine(Number less, Number usual) { return slow_machine() ? less : usual; }

}  // namespace oag::test
