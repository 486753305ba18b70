// A test of the tests: kernels are right as they stand, and the emulator finds each mistake that is planted in them, under every seed.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>

#include "simt/planted/attention.h"
#include "simt/planted/gemm_sm90.h"
#include "simt/planted/rows.h"
#include "support/device_buffer.h"
#include "support/emulation.h"

using namespace oag::cuda::test;
using simt::emulator::counts;
using simt::emulator::launch_function;
using simt::emulator::options;

namespace {

// ---- attention

struct Case {
  int queries, keys;
  bool masked;
};

// What is wrong with a run: the emulator's text, or what the numbers or counts say; empty when all is well.
template <int bug> std::string attention_fault(const Case& c) {
  using namespace planted::attention;
  using simt::half_t;
  constexpr int d = 64;
  std::mt19937 random(5);
  std::normal_distribution<float> normal;
  const auto numbers = [&](int rows) {
    std::vector<half_t> v(static_cast<size_t>(rows) * d);
    for (half_t& x : v) x = simt::from_float<half_t>(normal(random));
    return v;
  };
  const DeviceBuffer<half_t> q(numbers(c.queries)), k(numbers(c.keys)), v(numbers(c.keys));
  DeviceBuffer<half_t> o(q.size());
  DeviceBuffer<float> lse(static_cast<size_t>(c.queries));
  DeviceBuffer<unsigned char> keep(static_cast<size_t>(c.keys));
  for (size_t i = 0; i < keep.size(); i++) keep[i] = i == 0 || random() % 4 != 0;
  const Params p{q.data(), k.data(), v.data(), o.data(), lse.data(), c.masked ? keep.data() : nullptr, 1, c.queries, c.keys, 0.125f};
  counts = {};
  const std::string fault = fault_of([&] {
    launch_function("planted attention", forward<half_t, bug>, dim3(static_cast<unsigned>(c.queries + 63) / 64, 1), dim3(threads), shared_bytes, p);
  });
  if (!fault.empty()) return fault;
  if (counts.ldmatrix_conflicts) return "bank conflicts";

  double worst_lse = 0, error = 0, norm = 0;
  std::vector<double> s(static_cast<size_t>(c.keys));
  const auto at = [&](const DeviceBuffer<half_t>& m, int row, int i) { return static_cast<double>(simt::to_float(m[static_cast<size_t>(row * d + i)])); };
  for (int i = 0; i < c.queries; i++) {
    double max = -INFINITY, sum = 0;
    for (int j = 0; j < c.keys; j++) {
      double dot = 0;
      for (int e = 0; e < d; e++) dot += at(q, i, e) * at(k, j, e);
      s[static_cast<size_t>(j)] = c.masked && !keep[static_cast<size_t>(j)] ? -INFINITY : dot * 0.125;
      max = std::max(max, s[static_cast<size_t>(j)]);
    }
    for (double& x : s) sum += x = std::exp(x - max);
    worst_lse = std::max(worst_lse, std::fabs(static_cast<double>(lse[static_cast<size_t>(i)]) - (max + std::log(sum))));
    for (int e = 0; e < d; e++) {
      double want = 0;
      for (int j = 0; j < c.keys; j++) want += s[static_cast<size_t>(j)] / sum * at(v, j, e);
      error += std::pow(at(o, i, e) - want, 2);
      norm += want * want;
    }
  }
  if (!(worst_lse < 1e-5)) return "wrong log-sum-exp";
  if (!(std::sqrt(error / norm) < 5e-4)) return "wrong result";
  return "";
}

template <int bug> std::string attention_mutant() {
  std::string fault;
  for (const Case& c : {Case{77, 50, false}, Case{77, 77, true}, Case{77, 197, false}})
    if (fault.empty()) fault = attention_fault<bug>(c);
  return fault;
}

// ---- gemm

template <int TB, int bug> std::string gemm_fault(int m, int n, int k) {
  using simt::half_t;
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  const auto numbers = [&](int count) {
    std::vector<half_t> v(static_cast<size_t>(count));
    for (half_t& x : v) x = simt::from_float<half_t>(normal(random));
    return v;
  };
  const std::vector<half_t> a = numbers(m * k), b = numbers(n * k);
  DeviceBuffer<float> c(static_cast<size_t>(m * n));
  const auto map = [](const std::vector<half_t>& v, long cols, long rows) { return simt::tma_map{reinterpret_cast<const unsigned char*>(v.data()), cols, rows, cols * 2, 64, 64, 2}; };
  options.shared_limit = 227 * 1024;
  const std::string fault = fault_of([&] {
    launch_function("planted gemm", planted::gemm::multiply<TB, bug>, dim3(static_cast<unsigned>(n + 63) / 64, static_cast<unsigned>(m + 63) / 64), dim3(160),
                    planted::gemm::shared_bytes, map(a, k, m), TB ? map(b, n, k) : map(b, k, n), c.data(), m, n, k);
  });
  if (!fault.empty()) return fault;
  double error = 0, norm = 0;
  for (int i = 0; i < m; i++)
    for (int j = 0; j < n; j++) {
      double want = 0;
      for (int x = 0; x < k; x++)
        want += static_cast<double>(simt::to_float(a[static_cast<size_t>(i * k + x)])) * static_cast<double>(simt::to_float(b[static_cast<size_t>(TB ? x * n + j : j * k + x)]));
      error += std::pow(static_cast<double>(c[static_cast<size_t>(i * n + j)]) - want, 2);
      norm += want * want;
    }
  return std::sqrt(error / norm) < 1e-5 ? "" : "wrong result";
}

// ---- rows

template <int bug> std::string normalize_fault() {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(3, 2);
  constexpr int rows = 6, width = 200;
  std::vector<float> x(rows * width);
  for (float& e : x) e = normal(random);
  DeviceBuffer<float> y(x.size());
  const std::string fault = fault_of([&] {
    launch_function("planted rows", planted::rows::normalize<bug>, dim3(rows), dim3(planted::rows::threads), 0, x.data(), y.data(), width, 1e-5f);
  });
  if (!fault.empty()) return fault;
  for (int r = 0; r < rows; r++) {
    const float* row = &x[static_cast<size_t>(r * width)];
    double mean = 0, variance = 0;
    for (int i = 0; i < width; i++) mean += static_cast<double>(row[i]) / width;
    for (int i = 0; i < width; i++) variance += std::pow(static_cast<double>(row[i]) - mean, 2) / width;
    for (int i = 0; i < width; i++)
      if (!(std::fabs(static_cast<double>(y[static_cast<size_t>(r * width + i)]) - (static_cast<double>(row[i]) - mean) / std::sqrt(variance + 1e-5)) < 1e-5)) return "wrong result";
  }
  return "";
}

template <int bug> std::string total_fault() {
  constexpr int rows = 7, width = 13;
  const std::vector<float> x(rows * width, 0.5f);
  float sum = 0;
  const std::string fault =
      fault_of([&] { launch_function("planted total", planted::rows::total<bug>, dim3(2), dim3(planted::rows::threads), 0, x.data(), &sum, rows, width); });
  return !fault.empty() ? fault : sum == 0.5f * rows * width ? "" : "wrong result";
}

template <int bug> std::string reverse_fault() {
  DeviceBuffer<int> out(32);
  const std::string fault = fault_of([&] { launch_function("planted reverse", planted::rows::reverse<bug>, dim3(1), dim3(32), 0, out.data()); });
  if (!fault.empty()) return fault;
  for (int i = 0; i < 32; i++)
    if (out[static_cast<size_t>(i)] != 31 - i) return "wrong result";
  return "";
}

template <class Mutant> void caught(const std::string& name, Mutant mutant) {
  CAPTURE(name);
  for (const uint64_t seed : {1, 2, 3}) {
    options.seed = seed;
    CAPTURE(seed);
    const std::string fault = mutant();
    CHECK(fault != "");
  }
}

template <class Kernel> void sound(Kernel kernel) {
  for (const uint64_t seed : {1, 2, 3}) {
    options.seed = seed;
    CHECK(kernel() == "");
  }
}

const char* const attention_bugs[] = {"none", "no __syncthreads after the wait", "no __syncthreads before the refill", "wrong swizzle", "swapped A fragment", "V not transposed",
  "wait leaves a group in flight", "warps exit early", "a third stage of two", "no zero-fill", "divergent shuffle", "mask off by one", "swapped B fragment", "global overrun",
  "a warp misses the barrier", "sums not rescaled", "no commit", "no swizzle", "mask not double-buffered"};
const char* const gemm_bugs[] = {"none", "a stage refilled without waiting", "wrong parity", "sums read before the wait", "too few bytes expected", "wrong stride", "a stage released early", "no fence"};

template <int... bug> void all_attention_mutants(std::integer_sequence<int, bug...>) {
  ((bug == planted::attention::none ? void() : caught(attention_bugs[bug], [] { return attention_mutant<bug>(); })), ...);
}
template <int... bug> void all_gemm_mutants(std::integer_sequence<int, bug...>) {
  ((bug == planted::gemm::none ? void() : caught(gemm_bugs[bug], [] { return gemm_fault<0, bug>(64, 64, 640); })), ...);
}

}  // namespace

TEST_CASE("the attention that mistakes are planted in is sound") {
  const Emulation emulation;
  sound([] { return attention_mutant<planted::attention::none>(); });
}

TEST_CASE("mistakes planted in attention are caught") {
  const Emulation emulation;
#ifdef OAG_SANITIZED  // a sanitizer ends the program itself at a race or a global overrun
  caught("no zero-fill", [] { return attention_mutant<planted::attention::no_zero_fill>(); });
  caught("warps exit early", [] { return attention_mutant<planted::attention::early_exit>(); });
  caught("no commit", [] { return attention_mutant<planted::attention::no_commit>(); });
#else
  all_attention_mutants(std::make_integer_sequence<int, planted::attention::bug_count>{});
#endif
}

TEST_CASE("the sm_90a product that mistakes are planted in is sound") {
  const Emulation emulation;
  sound([] { return gemm_fault<0, planted::gemm::none>(128, 64, 320); });
  sound([] { return gemm_fault<1, planted::gemm::none>(64, 128, 200); });
  sound([] { return gemm_fault<0, planted::gemm::none>(77, 50, 200); });
}

TEST_CASE("mistakes planted in the sm_90a product are caught") {
  const Emulation emulation;
  all_gemm_mutants(std::make_integer_sequence<int, planted::gemm::bug_count>{});
}

TEST_CASE("mistakes planted in kernels over rows are caught") {
  using namespace planted::rows;
  const Emulation emulation;
  sound([] { return normalize_fault<none>(); });
  sound([] { return total_fault<none>(); });
  sound([] { return reverse_fault<none>(); });
  caught("no barrier before reuse", [] { return normalize_fault<no_barrier_before_reuse>(); });
  caught("no barrier after the write", [] { return normalize_fault<no_barrier_after_write>(); });
  caught("lanes leave early", [] { return total_fault<lanes_leave_early>(); });
  caught("no syncwarp", [] { return reverse_fault<no_syncwarp>(); });
}
