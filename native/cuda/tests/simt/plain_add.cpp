// Ends with a report of ThreadSanitizer, and fails: that is what its test wants.
#include <doctest/doctest.h>

#include "simt/planted/rows.h"

TEST_CASE("warps add to one number") {
  const float x[4 * 8] = {};
  float sum = 0;
  simt::emulator::launch_function("planted total", planted::rows::total<planted::rows::plain_add>, dim3(1), dim3(planted::rows::threads), 0, x, &sum, 4, 8);
}
