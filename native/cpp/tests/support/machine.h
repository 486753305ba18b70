// What the tests know about the machine they run on.
#pragma once

#include <cstdlib>

namespace oag::test {

// Whether OAG_SLOW_MACHINE is set, as tools/old-cpus does where it runs the tests in an emulator: the same tests, with smaller sizes.
inline bool slow_machine() { return std::getenv("OAG_SLOW_MACHINE") != nullptr; }

template <class Number>
Number on_slow_machine(Number less, Number usual) { return slow_machine() ? less : usual; }

}  // namespace oag::test
