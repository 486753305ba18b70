// Attention's kernels against the formula in fp64, under drawn schedules. A kernel's error may be twice that of the plain implementation in the same precision; its
// log-sum-exp, the sharpest detector of a wrong mask or a missing zero-fill, is within 1e-5.
#include <doctest/doctest.h>

#include <set>

#include "kernels/attention_case.h"

using namespace oag::cuda;
using namespace oag::cuda::test;

namespace {

std::set<std::string> kernels_run;

template <class T> void check(AttentionCase<T>& c) {
  simt::emulator::counts = {};
  c.run();
  kernels_run.insert(c.launch.kernel);
  const auto exact = attention::reference<T, double>(c.p, c.query_rows);
  const Errors plain = c.errors_of(attention::reference<T, float>(c.p, c.query_rows), exact), ours = c.errors_of(c.result(), exact);
  const double ulp = std::is_same_v<T, simt::half_t> ? 1.0 / 1024 : 1.0 / 128;
  CAPTURE(c.launch.kernel);
  CAPTURE(c.p.head_size);
  CAPTURE(c.query_rows);
  CAPTURE(simt::emulator::options.seed);
  CHECK(ours.relative <= 2 * plain.relative + 1e-6);
  CHECK(ours.largest <= 2 * plain.largest + ulp);
  CHECK(ours.log_sum_exp <= 1e-5);
  CHECK(c.kept_to_its_columns());
  CHECK(simt::emulator::counts.ldmatrix_conflicts == 0);
}

template <class T> void self(int heads, int head_size, const std::vector<int>& lengths, bool causal, unsigned seed) {
  simt::emulator::options.seed = seed;
  AttentionCase<T> c(heads, head_size, seed);
  c.self_attention(lengths);
  c.p.causal = causal;
  check(c);
}

template <class T> void shapes_of_the_models() {
  for (const bool causal : {false, true})
    for (const unsigned seed : seeds()) {
      for (const int length : {1, 50, 64, 77}) self<T>(2, 64, {length}, causal, seed);
      self<T>(1, 64, {197}, causal, seed);
    }
  self<T>(1, 64, {257}, false, 4);
  if (!few_cases()) self<T>(1, 64, {577}, false, 5);
}

template <class T> void every_head_size() {
  for (int head_size = 8; head_size <= 128; head_size += 8)
    for (const int length : {13, 31, 59, 73, 101}) self<T>(length < 32 ? 3 : 1, head_size, {length}, head_size % 16 == 0, static_cast<unsigned>(head_size + length));
}

// A beginning that several runs share, pages of a cache, and rows of this call.
template <class T> void segments(bool causal, unsigned seed) {
  simt::emulator::options.seed = seed;
  for (const int pages : {2, 8}) {
    AttentionCase<T> c(2, 64, seed);
    c.queries(9);
    c.key_source(0, 9);           // this call
    c.key_source(1, 5);           // the shared beginning
    c.key_source(3, 16 * pages);  // pages of 16, in any order
    const int before = 5 + 16 * pages;
    for (const auto& [first, count] : {std::pair{0, 4}, std::pair{4, 5}}) {
      c.query_runs.push_back({first, count, before, static_cast<int>(c.key_runs.size()), pages + 2, before + count});
      c.key_runs.push_back({1, 0, 5, 0});
      for (int page = 0; page < pages; page++) c.key_runs.push_back({3, 16 * ((page * 3 + 1) % pages), 16, 5 + 16 * page});
      c.key_runs.push_back({0, first, count, before});
    }
    c.p.causal = causal;
    check(c);
  }
}

template <class T> void cross_attention(int queries, int keys, unsigned seed) {
  simt::emulator::options.seed = seed;
  AttentionCase<T> c(2, 64, seed);
  c.queries(queries + 3);
  c.key_source(2, keys + 20);
  c.query_runs = {{0, queries, 0, 0, 1, keys}, {queries, 3, 0, 1, 1, 20}};
  c.key_runs = {{2, 0, keys, 0}, {2, keys, 20, 0}};
  check(c);
}

}  // namespace

TEST_CASE("attention of the models' shapes") {
  const Emulation emulation;
  SUBCASE("fp16") { shapes_of_the_models<simt::half_t>(); }
  SUBCASE("bf16") { shapes_of_the_models<simt::bf16_t>(); }
}

TEST_CASE("every head size that is a multiple of 8") {
  const Emulation emulation;
  SUBCASE("fp16") { every_head_size<simt::half_t>(); }
  SUBCASE("bf16") { every_head_size<simt::bf16_t>(); }
}

TEST_CASE("packed runs of different lengths, and heads that do not fill a block") {
  const Emulation emulation;
  for (const unsigned seed : seeds()) {
    self<simt::half_t>(5, 32, {5, 16, 1, 11}, true, seed);
    self<simt::half_t>(3, 64, {7, 63, 30}, false, seed);
    self<simt::bf16_t>(3, 64, {80, 2}, true, seed);
    self<simt::bf16_t>(1, 64, {3, 130, 65}, true, seed);
  }
}

TEST_CASE("keys in segments: a shared beginning, pages, rows of the call") {
  const Emulation emulation;
  for (const unsigned seed : seeds()) {
    segments<simt::half_t>(true, seed);
    segments<simt::bf16_t>(false, seed);
  }
}

TEST_CASE("cross-attention: as many keys as there are") {
  const Emulation emulation;
  for (const unsigned seed : seeds()) {
    cross_attention<simt::half_t>(7, 130, seed);
    cross_attention<simt::half_t>(70, 9, seed);
    cross_attention<simt::bf16_t>(1, 77, seed);
    cross_attention<simt::bf16_t>(129, 64, seed);
  }
}

TEST_CASE("a bias by distance, the last one for all that are farther") {
  const Emulation emulation;
  for (const unsigned seed : seeds())
    for (const int length : {20, 75, 140}) {
      simt::emulator::options.seed = seed;
      AttentionCase<simt::half_t> c(length < 80 ? 2 : 1, 64, seed);
      c.self_attention({length});
      c.position_bias(seed == 1 ? 200 : 30);
      c.p.causal = seed == 2;
      check(c);
    }
}

TEST_CASE("a query that sees no key gets zeros and −∞") {
  const Emulation emulation;
  for (const int keys : {0, 12, 100}) {
    AttentionCase<simt::half_t> c(2, 64, 3);
    c.queries(20);
    c.key_source(0, keys);
    c.query_runs = {{0, 20, 0, 0, keys ? 1 : 0, keys}};
    if (keys) c.key_runs = {{0, 0, keys, 8}};  // queries 0 … 7 come before all of them
    else c.key_runs = {{0, 0, 0, 0}};
    c.p.causal = true;
    check(c);
    for (int r = 0; r < (keys ? 8 : 20); r++) {
      CHECK(c.result().out[static_cast<size_t>(r * c.width())] == 0.0);
      CHECK(c.result().log_sum_exp[static_cast<size_t>(r * 2)] == -INFINITY);
    }
  }
}

TEST_CASE("large scores do not overflow") {
  const Emulation emulation;
  for (const int length : {40, 90}) {
    AttentionCase<simt::half_t> c(1, 64, 7);
    c.self_attention({length});
    c.p.scale = 100.f;
    simt::emulator::counts = {};
    c.run();
    const auto exact = attention::reference<simt::half_t, double>(c.p, c.query_rows);
    const Errors plain = c.errors_of(attention::reference<simt::half_t, float>(c.p, c.query_rows), exact), ours = c.errors_of(c.result(), exact);
    CHECK(ours.relative <= 2 * plain.relative + 1e-6);
    CHECK(ours.log_sum_exp <= 2 * plain.log_sum_exp + 1e-3);  // scores of some 4,000: fp32 has 2.4e-4 between two numbers there
  }
}

TEST_CASE("what a tensor core that truncates would give") {
  const Emulation emulation;
  for (const auto sums : {simt::emulator::Mma::ampere, simt::emulator::Mma::hopper}) {
    simt::emulator::options.mma = sums;
    self<simt::half_t>(1, 64, {50}, false, 1);
    self<simt::bf16_t>(1, 64, {100}, true, 2);
  }
}

TEST_CASE("the log-sum-exp may be left out") {
  const Emulation emulation;
  AttentionCase<simt::half_t> c(1, 32, 1);
  c.self_attention({20});
  c.run();
  const std::vector<double> with = c.result().out;
  c.p.log_sum_exp = nullptr;
  c.launch_again();
  CHECK(c.result().out == with);
}

TEST_CASE("what no kernel takes is refused with the reason") {
  AttentionCase<simt::half_t> c(1, 64, 1);
  c.self_attention({4});
  const attention::Params good = c.p;
  CHECK(attention::refusal(good) == nullptr);
  const auto refused = [&](auto change) {
    attention::Params p = good;
    change(p);
    const char* why = attention::refusal(p);
    return std::string(why ? why : "");
  };
  CHECK(contains(refused([](auto& p) { p.head_size = 12; }), "multiple of 8"));
  CHECK(contains(refused([](auto& p) { p.head_size = 136; }), "multiple of 8"));
  CHECK(contains(refused([](auto& p) { p.head_size = 0; }), "multiple of 8"));
  CHECK(contains(refused([](auto& p) { p.query_stride += 4; }), "stride"));
  CHECK(contains(refused([](auto& p) { p.sources[1].value_stride = 1; }), "stride"));
  CHECK(contains(refused([](auto& p) { p.queries = static_cast<const char*>(p.queries) + 8; }), "16 bytes"));
  CHECK(contains(refused([](auto& p) { p.sources[0].keys = static_cast<const char*>(p.sources[0].keys) + 2; }), "16 bytes"));
  CHECK(contains(refused([](auto& p) { p.heads = 70000; }), "heads"));
}

TEST_CASE("every kernel of the family was run by these tests") {  // the last one of the file
  if (kernels_run.empty()) return;                                // somebody runs it alone
  for (const simt::emulator::Kernel& kernel : simt::emulator::kernels()) {
    const std::string name = kernel.name;
    if (name.rfind("attention_", 0) != 0) continue;
    CAPTURE(name);
    CHECK(kernels_run.count(name) == 1);
  }
}
