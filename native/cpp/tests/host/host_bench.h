// One program on the host executor, on every instruction set of this machine.
#pragma once

#include <cmath>
#include <cstring>
#include <doctest/doctest.h>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/sequence_table.h"
#include "host/executor.h"
#include "host/isa.h"
#include "host/weights.h"
#include "ops/recorder.h"
#include "runtime/thread_pool.h"
#include "support/each_isa.h"
#include "support/parameters.h"

namespace oag::test {

// Memory is poisoned: what was not written is NaN.
class HostBench {
 public:
  HostBench(host::Isa isa, int threads, const ParameterList& parameters, const ParameterSource& source, Pages pages = Pages::small,
            const PrecisionPlan& plan = {})
      : parameters_(parameters), threads_(threads), executor_(host::choose_kernels(&isa), threads_, true, pages), weights_(executor_.prepare(parameters, source, plan)),
        workspace_(executor_.create_workspace()) {}

  void run(const Program& program) { run(program, program); }
  // Records one program and runs another.
  void run(const Program& recorded, const Program& run) {
    const Recording recording = record(parameters_, recorded);
    run(*executor_.begin(parameters_, *weights_, recording, {1, 1, 1, 1}, *workspace_));
  }
  const host::HostWeights& weights() const { return static_cast<const host::HostWeights&>(*weights_); }
  int64_t workspace_bytes() const { return workspace_->bytes(); }

 private:
  const ParameterList& parameters_;
  ThreadPool threads_;
  host::HostExecutor executor_;
  std::unique_ptr<Weights> weights_;
  std::unique_ptr<Workspace> workspace_;
};

template <class T>
Tensor input(Pass& pass, const Shape& shape, const std::vector<T>& values) {
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, int32_t> || std::is_same_v<T, uint8_t>);
  return pass.input(std::is_same_v<T, float> ? DType::f32 : sizeof(T) == 1 ? DType::u8 : DType::i32, shape, [&](void* to) { std::copy(values.begin(), values.end(), static_cast<T*>(to)); });
}

// Numbers of a result; made with its size.
inline std::vector<float> room(int64_t rows, int64_t width) { return std::vector<float>(static_cast<size_t>(rows * width), -12345.0f); }

inline bool same_bits(const float* a, const float* b, int64_t count) { return std::memcmp(a, b, static_cast<size_t>(count) * sizeof(float)) == 0; }

// The largest |a - b| over its bound; NaN where either is. At most 1 is within all bounds.
inline double worst_over(const std::vector<float>& a, const std::vector<double>& b, const std::vector<double>& bounds) {
  double worst = 0;
  for (size_t i = 0; i < b.size(); i++) {
    const double ratio = std::abs(a.at(i) - b[i]) / bounds[i];
    if (!(ratio <= worst)) worst = ratio;
  }
  return worst;
}

}  // namespace oag::test
