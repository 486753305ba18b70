#include <algorithm>
#include <atomic>
#include <chrono>

#include "runtime/runtime.h"

namespace oag {

double measure_peak(Runtime& runtime, Precision precision) {
  using Clock = std::chrono::steady_clock;
  const host::MatrixKernels& format = runtime.kernels().matrix(precision);
  const int tasks = runtime.threads().threads();
  std::atomic<int64_t> operations{0};
  std::atomic<float> kept{0};  // so that no multiply-add is left out
  auto burst = [&](int64_t rounds) {
    operations.store(0);
    const Clock::time_point start = Clock::now();
    runtime.threads().run(tasks, [&](int64_t, int) {
      float result;
      operations.fetch_add(format.multiply_adds(rounds, &result));
      kept.store(result);
    });
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  int64_t rounds = 1000;
  while (burst(rounds) < 5e-3) rounds *= 2;
  double best = 0;
  for (int run = 0; run < 20; run++) {
    const double seconds = burst(rounds);
    best = std::max(best, static_cast<double>(operations.load()) / seconds);
  }
  return best;
}

}  // namespace oag
