// How near the host kernels come to the hardware, one thread: GEMM and attention of ViT-B as per cent of the measured peak of the precision, layernorm as
// bandwidth, for every instruction set that this CPU has. Not a test: figures depend on the machine and on what else it does.
//
//   oag_kernels_bench [avx512 | avx2 | reference] …
//
// Each time is the best of several: what the kernel can do, not what a busy machine leaves of it. Rows are packed within the time, weights
// before it, as in a model that is loaded.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <random>

#include "host/isa.h"
#include "host/kernels/kernels.h"

namespace {

using oag::Activation;
using oag::host::AttentionKernels;
using oag::host::AttentionTask;
using oag::host::GemmTile;
using oag::host::Isa;
using oag::host::KeyRun;
using oag::host::Kernels;
using oag::host::MatrixKernels;
using oag::Precision;

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// The best time of at least five runs, and of as many as half a second holds.
double best_seconds(const std::function<void()>& work) {
  double best = 1e9, spent = 0;
  work();
  for (int run = 0; run < 5 || spent < 0.5; ++run) {
    const double taken = seconds_of(work);
    best = taken < best ? taken : best;
    spent += taken;
  }
  return best;
}

// 64-byte aligned floats, normally distributed with the given deviation.
class Floats {
 public:
  explicit Floats(size_t count, float deviation = 1.0f)
      : data_(static_cast<float*>(std::aligned_alloc(64, (count * sizeof(float) + 127) / 64 * 64))) {
    std::minstd_rand random(static_cast<unsigned>(count));
    std::normal_distribution<float> normal(0.0f, deviation);
    for (size_t i = 0; i < count; ++i) data_[i] = normal(random);
  }
  Floats(const Floats&) = delete;
  Floats& operator=(const Floats&) = delete;
  ~Floats() { std::free(data_); }
  operator float*() { return data_; }
  char* bytes() { return reinterpret_cast<char*>(data_); }

 private:
  float* data_;
};

// Operations per second of the instruction set's own multiply-adds, in bursts of less than a millisecond, as the shorter products are: a busy machine leaves some of those whole.
double measure_peak(const MatrixKernels& kernels) {
  volatile float keep = 0;
  int64_t operations = 0;
  const double taken = best_seconds([&] {
    float result;
    operations = kernels.multiply_adds(200'000, &result);
    keep = result;
  });
  return static_cast<double>(operations) / taken;
}

// ---- GEMM: rows packed 112 at a time, which stay in L2 while every panel passes over them

void run_gemm(const MatrixKernels& kernels, float* x, char* panels, const float* bias, const float* residual, float* out, char* packed,
              int64_t rows, int64_t inputs, int64_t outputs, Activation activation) {
  const int64_t blocks = (rows + kernels.rows_per_block - 1) / kernels.rows_per_block;
  const int64_t blocks_per_group = std::max<int64_t>(1, 112 / kernels.rows_per_block);
  const int64_t row_bytes = kernels.row_bytes(inputs), panel_bytes = kernels.panel_bytes(inputs);
  const auto first_row = [&](int64_t block) { return block * rows / blocks; };
  for (int64_t group = 0; group < blocks; group += blocks_per_group) {
    const int64_t end = std::min(blocks, group + blocks_per_group);
    for (int64_t b = group; b < end; ++b) {
      kernels.pack_rows(x + first_row(b) * inputs, inputs, static_cast<int>(first_row(b + 1) - first_row(b)), inputs,
                        packed + (first_row(b) - first_row(group)) * row_bytes);
    }
    for (int64_t column = 0; column < outputs; column += kernels.columns_per_panel) {
      for (int64_t b = group; b < end; ++b) {
        const int64_t row = first_row(b);
        kernels.gemm({.rows = packed + (row - first_row(group)) * row_bytes,
                      .panel = panels + column / kernels.columns_per_panel * panel_bytes,
                      .inputs = inputs,
                      .row_count = static_cast<int>(first_row(b + 1) - row),
                      .column_count = static_cast<int>(std::min<int64_t>(kernels.columns_per_panel, outputs - column)),
                      .bias = bias + column,
                      .residual = residual ? residual + row * outputs + column : nullptr,
                      .residual_stride = outputs,
                      .out = out + row * outputs + column,
                      .out_stride = outputs,
                      .activation = activation});
      }
    }
  }
}

void bench_gemm(const MatrixKernels& kernels, double peak) {
  struct Layer {
    const char* name;
    int64_t inputs, outputs;
    Activation activation;
    bool residual;
  };
  const Layer layers[] = {{"qkv", 768, 2304, Activation::none, false},
                          {"projection + residual", 768, 768, Activation::none, true},
                          {"mlp up + quick_gelu", 768, 3072, Activation::quick_gelu, false},
                          {"mlp up + gelu", 768, 3072, Activation::gelu, false},
                          {"mlp up + gelu_tanh", 768, 3072, Activation::gelu_tanh, false},
                          {"mlp down + residual", 3072, 768, Activation::none, true}};
  for (const Layer& layer : layers) {
    const int64_t panels = (layer.outputs + kernels.columns_per_panel - 1) / kernels.columns_per_panel;
    const int64_t panel_bytes = kernels.panel_bytes(layer.inputs);
    const float deviation = 1.0f / std::sqrt(static_cast<float>(layer.inputs));  // so that activations see what they see in a model
    Floats weights(layer.inputs * layer.outputs, deviation), packed_weights(panels * panel_bytes / sizeof(float)), bias(layer.outputs);
    for (int64_t p = 0; p < panels; ++p) {
      const int64_t column = p * kernels.columns_per_panel;
      kernels.pack_weights(weights + column * layer.inputs, layer.inputs,
                           static_cast<int>(std::min<int64_t>(kernels.columns_per_panel, layer.outputs - column)), layer.inputs,
                           packed_weights.bytes() + p * panel_bytes);
    }
    for (const int64_t rows : {50, 400, 1600}) {
      Floats x(rows * layer.inputs), residual(rows * layer.outputs), out(rows * layer.outputs);
      Floats packed(128 * kernels.row_bytes(layer.inputs) / sizeof(float));
      const double taken = best_seconds([&] {
        run_gemm(kernels, x, packed_weights.bytes(), bias, layer.residual ? static_cast<float*>(residual) : nullptr, out, packed.bytes(), rows,
                 layer.inputs, layer.outputs, layer.activation);
      });
      const double rate = 2.0 * rows * layer.inputs * layer.outputs / taken;
      std::printf("  gemm %4ld x %4ld x %4ld %-24s %9.1f us %7.1f Gop/s %5.1f %% of peak\n", rows, layer.inputs, layer.outputs,
                  layer.name, taken * 1e6, rate * 1e-9, 100 * rate / peak);
    }
  }
}

// ---- attention: one head of 64 in rows of queries, keys and values side by side, as the fused projection leaves them

void bench_attention(const AttentionKernels& kernels, double peak) {
  struct Case {
    const char* name;
    int64_t queries, keys;
    bool causal;
  };
  const Case cases[] = {{"ViT-B/32", 50, 50, false}, {"text, causal", 77, 77, true},   {"ViT-B/16", 197, 197, false},
                        {"336 px", 577, 577, false}, {"1500 keys", 1500, 1500, false}, {"one query", 1, 50, false},
                        {"one query", 1, 577, false}};
  constexpr int64_t kHead = 64, kHeads = 12, kRow = 3 * kHead * kHeads;
  for (const Case& c : cases) {
    Floats rows(c.keys * kRow), out(c.queries * kHead * kHeads), scratch(kernels.scratch(c.keys, kHead) / sizeof(float));
    const double taken = best_seconds([&] {
      for (int64_t head = 0; head < kHeads; ++head) {
        const KeyRun run{rows + (kHeads + head) * kHead, rows + (2 * kHeads + head) * kHead, kRow, kRow, c.keys, 0};
        kernels.attend({.queries = rows + head * kHead,
                           .query_stride = kRow,
                           .query_count = c.queries,
                           .first_query_position = c.keys - c.queries,
                           .runs = &run,
                           .run_count = 1,
                           .head_size = kHead,
                           .scale = 0.125f,
                           .causal = c.causal,
                           .position_bias = nullptr,
                           .out = out + head * kHead,
                           .out_stride = kHead * kHeads,
                           .scratch = scratch});
      }
    });
    const double pairs = static_cast<double>(c.queries) * static_cast<double>(c.causal ? c.queries + 1 : 2 * c.keys) / 2;
    const double rate = 4.0 * pairs * kHead * kHeads / taken;
    std::printf("  attention %4ld x %4ld %-24s %9.2f us a head %7.1f GF/s %5.1f %% of peak\n", c.queries, c.keys, c.name,
                taken * 1e6 / kHeads, rate * 1e-9, 100 * rate / peak);
  }
}

void bench_rows(const Kernels& kernels) {
  constexpr int64_t kRows = 400, kWidth = 768;
  Floats x(kRows * kWidth), gain(kWidth), bias(kWidth), out(kRows * kWidth);
  const double bytes = 2.0 * kRows * kWidth * sizeof(float);
  const double norm = best_seconds([&] { kernels.layer_norm(x, kRows, kWidth, gain, bias, 1e-5f, out); });
  const double softmax = best_seconds([&] { kernels.softmax(x, kRows, kWidth, out); });
  std::printf("  layer_norm %ld x %ld %9.1f us %6.1f GB/s\n  softmax    %ld x %ld %9.1f us %6.1f GB/s\n", kRows, kWidth, norm * 1e6,
              bytes / norm * 1e-9, kRows, kWidth, softmax * 1e6, bytes / softmax * 1e-9);
}

}  // namespace

int main(int count, char** names) {
  for (const Isa isa : {Isa::avx512, Isa::avx2, Isa::reference}) {
    const Kernels* kernels = oag::host::find_kernels(isa);
    if (!kernels || !oag::host::isa_refusal(isa).empty()) continue;
    bool wanted = count == 1;
    for (int i = 1; i < count; ++i) wanted = wanted || std::strcmp(names[i], kernels->name) == 0;
    if (!wanted) continue;
    for (const Precision precision : {Precision::fp32, Precision::bf16, Precision::int8}) {
      const MatrixKernels& format = kernels->matrix(precision);
      const double peak = measure_peak(format);
      std::printf("%s %s by %s: peak %.1f Gop/s\n", kernels->name, name_of(precision), format.instruction, peak * 1e-9);
      bench_gemm(format, peak);
      if (precision != Precision::int8) bench_attention(precision == Precision::bf16 ? kernels->bf16_attention : kernels->attention, peak);
    }
    bench_rows(*kernels);
  }
}
