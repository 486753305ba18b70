// The host's matrix products beside oneDNN's, in one run and on the same threads: the shapes of ViT-B, BERT, CLIP's text tower and MiniLM with the epilogues they have there. Both
// sides get their weights packed before; ours packs (and in int8 quantises) its rows within the time, oneDNN is given rows in its format, int8 ones with one scale
// for all. Not a test: figures depend on the machine and on what else it does.
//
//   oag_gemm_peers_bench [threads] [fp32 | bf16 | int8] …
//
// Writes comma-separated values. A time is the least of several rounds in which the two take turns.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <oneapi/dnnl/dnnl.hpp>
#include <random>
#include <stdexcept>
#include <thread>
#include <unordered_map>
#include <vector>

#include "core/aligned_buffer.h"
#include "host/isa.h"
#include "host/matrix_product.h"
#include "runtime/thread_pool.h"

namespace {

using namespace oag;
using host::Kernels;
using host::MatrixKernels;
using Tag = dnnl::memory::format_tag;
using Type = dnnl::memory::data_type;

struct Layer {
  const char* epilogue;
  int64_t inputs, outputs;
  Activation activation;
  bool residual;
};

constexpr Layer layers[] = {{"bias", 768, 2304, Activation::none, false},      {"bias + residual", 768, 768, Activation::none, true},
                            {"bias + gelu", 768, 3072, Activation::gelu, false}, {"bias + residual", 3072, 768, Activation::none, true},
                            {"bias + quick_gelu", 512, 2048, Activation::quick_gelu, false}, {"bias + gelu", 384, 1536, Activation::gelu, false}};
constexpr int64_t row_counts[] = {50, 77, 400, 1600};

// What both sides compute from.
struct Operands {
  Operands(const Layer& of, int64_t row_count) : layer(of), rows(row_count), x(rows * layer.inputs), weights(layer.outputs * layer.inputs), bias(layer.outputs) {
    std::minstd_rand random(1);
    std::normal_distribution<float> normal;
    for (float& value : x) value = normal(random);
    for (float& value : weights) value = normal(random) / std::sqrt(static_cast<float>(layer.inputs));
    for (float& value : bias) value = 0.1f * normal(random);
    if (layer.residual) residual.resize(static_cast<size_t>(rows * layer.outputs));
    for (float& value : residual) value = normal(random);
  }
  double operations() const { return 2.0 * static_cast<double>(rows) * static_cast<double>(layer.inputs) * static_cast<double>(layer.outputs); }

  // One element in fp64.
  double exact(int64_t row, int64_t column) const {
    double sum = bias[static_cast<size_t>(column)];
    for (int64_t k = 0; k < layer.inputs; k++)
      sum += static_cast<double>(x[static_cast<size_t>(row * layer.inputs + k)]) * static_cast<double>(weights[static_cast<size_t>(column * layer.inputs + k)]);
    if (layer.activation == Activation::gelu) sum *= 0.5 * (1 + std::erf(sum / std::sqrt(2.0)));
    if (layer.activation == Activation::quick_gelu) sum /= 1 + std::exp(-1.702 * sum);
    return layer.residual ? sum + static_cast<double>(residual[static_cast<size_t>(row * layer.outputs + column)]) : sum;
  }

  Layer layer;
  int64_t rows;
  std::vector<float> x, weights, bias, residual;
};

class Ours {
 public:
  Ours(const Operands& operands, const MatrixKernels& kernels, Parallel& parallel)
      : operands_(operands), kernels_(kernels), parallel_(parallel), out_(static_cast<size_t>(operands.rows * operands.layer.outputs)) {
    const Layer& layer = operands.layer;
    panels_ = (layer.outputs + kernels.columns_per_panel - 1) / kernels.columns_per_panel;
    weights_.reserve(static_cast<size_t>(panels_ * kernels.panel_bytes(layer.inputs)));
    for (int64_t p = 0; p < panels_; p++)
      kernels.pack_weights(operands.weights.data() + p * kernels.columns_per_panel * layer.inputs, layer.inputs, columns(p), layer.inputs,
                           weights_.as<char>() + p * kernels.panel_bytes(layer.inputs));
  }

  void operator()() {
    const Layer& layer = operands_.layer;
    auto pack = [&](int64_t, int64_t first, int count, void* packed, float*) {
      kernels_.pack_rows(operands_.x.data() + first * layer.inputs, layer.inputs, count, layer.inputs, packed);
    };
    auto panel = [&](int64_t p) {
      const int64_t column = p * kernels_.columns_per_panel;
      return host::MatrixProduct::Panel{weights_.as<char>() + p * kernels_.panel_bytes(layer.inputs), column, columns(p), operands_.bias.data() + column};
    };
    const host::MatrixProduct product{.rows_per_run = operands_.rows, .inputs = layer.inputs, .pack = pack, .panels = panels_, .panel = panel, .activation = layer.activation,
                                      .residual = layer.residual ? operands_.residual.data() : nullptr, .out = out_.data(), .out_stride = layer.outputs};
    workspace_.reserve_scratch(host::packed_bytes(product, kernels_), 0, parallel_.threads());
    host::multiply(product, kernels_, parallel_, workspace_.shared<char>(), workspace_);
  }

  const float* out() const { return out_.data(); }

 private:
  int columns(int64_t panel) const { return static_cast<int>(std::min<int64_t>(kernels_.columns_per_panel, operands_.layer.outputs - panel * kernels_.columns_per_panel)); }

  const Operands& operands_;
  const MatrixKernels& kernels_;
  Parallel& parallel_;
  int64_t panels_;
  AlignedBuffer weights_;
  host::HostWorkspace workspace_{false};
  std::vector<float> out_;
};

// oneDNN's matmul with the same epilogue, in the layout of weights that it likes best.
class OneDnn {
 public:
  OneDnn(const Operands& operands, Precision precision) {
    const Layer& layer = operands.layer;
    const Type rows = precision == Precision::fp32 ? Type::f32 : precision == Precision::bf16 ? Type::bf16 : Type::u8;
    const Type weights = precision == Precision::int8 ? Type::s8 : rows;
    const dnnl::memory::desc out({operands.rows, layer.outputs}, Type::f32, Tag::ab);
    dnnl::post_ops after;
    if (layer.activation == Activation::gelu) after.append_eltwise(dnnl::algorithm::eltwise_gelu_erf, 0, 0);
    if (layer.activation == Activation::quick_gelu) after.append_eltwise(dnnl::algorithm::eltwise_swish, 1.702f, 0);
    if (layer.residual) after.append_binary(dnnl::algorithm::binary_add, out);
    dnnl::primitive_attr attributes;
    attributes.set_post_ops(after);
    if (precision == Precision::int8) {
      attributes.set_scales_mask(DNNL_ARG_SRC, 0);
      attributes.set_scales_mask(DNNL_ARG_WEIGHTS, 2);
      attributes.set_zero_points_mask(DNNL_ARG_SRC, 0);
    }
    const dnnl::matmul::primitive_desc plan(engine_, {{operands.rows, layer.inputs}, rows, Tag::ab}, {{layer.inputs, layer.outputs}, weights, Tag::any},
                                            {{1, layer.outputs}, Type::f32, Tag::ab}, out, attributes);
    implementation_ = plan.impl_info_str();
    matmul_ = dnnl::matmul(plan);
    out_ = dnnl::memory(out, engine_);
    dnnl::memory packed(plan.weights_desc(), engine_);
    arguments_ = {{DNNL_ARG_DST, out_}, {DNNL_ARG_BIAS, filled({{1, layer.outputs}, Type::f32, Tag::ab}, operands.bias.data())}, {DNNL_ARG_WEIGHTS, packed}};
    if (layer.residual) arguments_[DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1] = filled(out, operands.residual.data());
    if (precision == Precision::int8) {
      quantise(operands, plan, packed);
    } else {
      arguments_[DNNL_ARG_SRC] = dnnl::memory(plan.src_desc(), engine_);
      reorder(filled({{operands.rows, layer.inputs}, Type::f32, Tag::ab}, operands.x.data()), arguments_[DNNL_ARG_SRC]);
      reorder(filled({{layer.inputs, layer.outputs}, Type::f32, Tag::ba}, operands.weights.data()), packed);
    }
  }

  void operator()() {
    matmul_.execute(stream_, arguments_);
    stream_.wait();
  }

  const float* out() const { return static_cast<const float*>(out_.get_data_handle()); }
  const std::string& implementation() const { return implementation_; }

 private:
  template <class T>
  dnnl::memory filled(const dnnl::memory::desc& shape, const T* values) {
    dnnl::memory memory(shape, engine_);
    std::memcpy(memory.get_data_handle(), values, shape.get_size());
    return memory;
  }

  void reorder(dnnl::memory from, dnnl::memory& to) {
    dnnl::reorder(from, to).execute(stream_, from, to);
    stream_.wait();
  }

  // One scale and zero point for all rows (each row its own has no fast path in oneDNN), a scale per column of the weights.
  void quantise(const Operands& operands, const dnnl::matmul::primitive_desc& plan, dnnl::memory& packed) {
    const Layer& layer = operands.layer;
    const auto [least, most] = std::minmax_element(operands.x.begin(), operands.x.end());
    const float scale = (*most - *least) / 255;
    const auto zero = static_cast<int32_t>(std::lrint(-*least / scale));
    std::vector<uint8_t> rows(operands.x.size());
    for (size_t i = 0; i < rows.size(); i++) rows[i] = static_cast<uint8_t>(std::clamp<long>(std::lrint(operands.x[i] / scale) + zero, 0, 255));
    std::vector<int8_t> weights(operands.weights.size());
    std::vector<float> scales(static_cast<size_t>(layer.outputs));
    for (size_t n = 0; n < scales.size(); n++) {
      const float* row = operands.weights.data() + n * static_cast<size_t>(layer.inputs);
      float largest = 0;
      for (int64_t k = 0; k < layer.inputs; k++) largest = std::max(largest, std::fabs(row[k]));
      scales[n] = largest / 127;
      for (int64_t k = 0; k < layer.inputs; k++) weights[n * static_cast<size_t>(layer.inputs) + static_cast<size_t>(k)] = static_cast<int8_t>(std::lrint(row[k] / scales[n]));
    }
    arguments_[DNNL_ARG_SRC] = filled(plan.src_desc(), rows.data());
    arguments_[DNNL_ARG_ATTR_SCALES | DNNL_ARG_SRC] = filled({{1}, Type::f32, Tag::a}, &scale);
    arguments_[DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS] = filled({{layer.outputs}, Type::f32, Tag::a}, scales.data());
    arguments_[DNNL_ARG_ATTR_ZERO_POINTS | DNNL_ARG_SRC] = filled({{1}, Type::s32, Tag::a}, &zero);
    reorder(filled({{layer.inputs, layer.outputs}, Type::s8, Tag::ba}, weights.data()), packed);
  }

  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream_{engine_};
  dnnl::matmul matmul_;
  dnnl::memory out_;
  std::unordered_map<int, dnnl::memory> arguments_;
  std::string implementation_;
};

double relative_error(const Operands& operands, const float* out) {
  std::minstd_rand random(7);
  double difference = 0, size = 0;
  for (int sample = 0; sample < 300; sample++) {
    const int64_t row = random() % operands.rows, column = random() % operands.layer.outputs;
    const double exact = operands.exact(row, column), error = static_cast<double>(out[row * operands.layer.outputs + column]) - exact;
    difference += error * error;
    size += exact * exact;
  }
  return std::sqrt(difference / size);
}

template <class Work>
double least_seconds(Work& work, double seconds) {
  double least = 1e9, spent = 0;
  while (spent < seconds) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    const double taken = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    least = std::min(least, taken);
    spent += taken;
  }
  return least;
}

// Of the precision's own multiply-adds, on all threads at once.
double peak(const MatrixKernels& kernels, Parallel& parallel) {
  double best = 0;
  std::vector<double> operations(static_cast<size_t>(parallel.threads()));
  for (int round = 0; round < 20; round++) {
    const auto begin = std::chrono::steady_clock::now();
    parallel.run(parallel.threads(), [&](int64_t task, int) {
      float keep;
      operations[static_cast<size_t>(task)] = static_cast<double>(kernels.multiply_adds(200'000, &keep));
      volatile float used = keep;
      (void)used;
    });
    double all = 0;
    for (double each : operations) all += each;
    best = std::max(best, all / std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  return best;
}

void measure(const Kernels& kernels, Precision precision, ThreadPool& pool) {
  using namespace std::chrono_literals;
  const MatrixKernels& format = kernels.matrix(precision);
  double most = peak(format, pool), sum_of_logs = 0, least_ratio = 1e9;
  int shapes = 0;
  for (const Layer& layer : layers)
    for (int64_t rows : row_counts) {
      const Operands operands(layer, rows);
      Ours ours(operands, format, pool);
      OneDnn theirs(operands, precision);
      double our_seconds = 1e9, their_seconds = 1e9;
      for (int round = 0; round < 6; round++) {  // idle workers of either side spin for a while
        std::this_thread::sleep_for(10ms);
        our_seconds = std::min(our_seconds, least_seconds(ours, 0.06));
        std::this_thread::sleep_for(10ms);
        their_seconds = std::min(their_seconds, least_seconds(theirs, 0.06));
      }
      most = std::max(most, peak(format, pool));
      const double ratio = their_seconds / our_seconds;
      sum_of_logs += std::log(ratio);
      least_ratio = std::min(least_ratio, ratio);
      shapes++;
      std::printf("%s,%s,%s,%d,%ld,%ld,%ld,%s,%.1f,%.1f,%.3f,%.1f,%.1f,%.1f,%.1e,%.1e,%s\n", kernels.name, name_of(precision), format.instruction, pool.threads(), static_cast<long>(rows),
                  static_cast<long>(layer.inputs), static_cast<long>(layer.outputs), layer.epilogue, 1e6 * our_seconds, 1e6 * their_seconds, ratio, 1e-9 * most,
                  100 * operands.operations() / our_seconds / most, 100 * operands.operations() / their_seconds / most, relative_error(operands, ours.out()),
                  relative_error(operands, theirs.out()), theirs.implementation().c_str());
      std::fflush(stdout);
    }
  std::fprintf(stderr, "%s %s: geometric mean of the ratios %.3f, least %.3f, over %d shapes\n", kernels.name, name_of(precision), std::exp(sum_of_logs / shapes), least_ratio, shapes);
}

}  // namespace

int main(int count, char** arguments) {
  const int threads = count > 1 ? std::max(1, std::atoi(arguments[1])) : static_cast<int>(std::thread::hardware_concurrency());
  // Read by OpenMP when oneDNN starts its threads.
  setenv("OMP_NUM_THREADS", std::to_string(threads).c_str(), 1);
  ThreadPool pool(threads);
  const Kernels* kernels = nullptr;
  for (const host::IsaVerdict& verdict : host::isa_verdicts())
    if (!kernels && verdict.refusal.empty()) kernels = host::find_kernels(verdict.isa);
  if (!kernels) return std::fprintf(stderr, "no instruction set of this CPU is in this build\n"), 1;
  std::printf("isa,precision,instruction,threads,rows,inputs,outputs,epilogue,ours_min_us,onednn_min_us,ratio,peak_gops,ours_percent_of_peak,onednn_percent_of_peak,ours_error,onednn_error,onednn\n");
  for (const Precision precision : {Precision::fp32, Precision::bf16, Precision::int8}) {
    bool wanted = count < 3;
    for (int i = 2; i < count; i++) wanted = wanted || std::strcmp(arguments[i], name_of(precision)) == 0;
    if (!wanted) continue;
    try {
      measure(*kernels, precision, pool);
    } catch (const dnnl::error& error) {
      std::fprintf(stderr, "%s: oneDNN has none on this CPU (%s)\n", name_of(precision), error.what());
    }
  }
  return 0;
}
