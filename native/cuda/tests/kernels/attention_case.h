// One call of attention for the tests: drawn tensors in packed rows with poison between them, its kernel in the emulator, its two references, the errors.
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <vector>

#include "kernels/attention/launch.h"
#include "kernels/attention/reference.h"
#include "support/device_buffer.h"
#include "support/emulation.h"
#include "support/row_format.h"

namespace oag::cuda::test {



struct Errors {
  double relative;     // ‖got − want‖ / ‖want‖
  double largest;      // |got − want|
  double log_sum_exp;  // |got − want| where want is finite; ∞ where one of them alone is −∞
};

template <class T> struct AttentionCase {
  attention::Params p{};
  std::vector<attention::QueryRun> query_runs;
  std::vector<attention::KeyRun> key_runs;
  std::mt19937 random;
  int64_t query_rows = 0;
  std::vector<std::unique_ptr<DeviceBuffer<T>>> tensors;
  std::unique_ptr<DeviceBuffer<T>> out;
  std::unique_ptr<DeviceBuffer<float>> log_sum_exp, bias;
  std::unique_ptr<DeviceBuffer<attention::QueryRun>> device_queries;
  std::unique_ptr<DeviceBuffer<attention::KeyRun>> device_keys;
  Launch launch{};

  AttentionCase(int heads, int head_size, unsigned seed) : random(seed) {
    p.heads = heads;
    p.head_size = head_size;
    p.scale = 1.f / std::sqrt(static_cast<float>(head_size));
    // Nothing is read where nothing is, but an address there must be.
    for (attention::KeySource& source : p.sources) source = {nullptr, nullptr, 0, 0};
  }

  int width() const { return p.heads * p.head_size; }

  // Numbers in `rows` rows of `columns` and some poison behind each.
  DeviceBuffer<T>* tensor(int64_t rows, int columns, int64_t stride, float size = 1.f) {
    std::normal_distribution<float> normal(0, size);
    auto buffer = std::make_unique<DeviceBuffer<T>>(static_cast<size_t>(std::max<int64_t>(rows, 1) * stride));
    for (int64_t r = 0; r < rows; r++)
      for (int c = 0; c < columns; c++) (*buffer)[static_cast<size_t>(r * stride + c)] = simt::from_float<T>(normal(random));
    tensors.push_back(std::move(buffer));
    return tensors.back().get();
  }

  // Runs of these lengths that attend to themselves; queries, keys and values side by side in one tensor, as a fused projection leaves them.
  void self_attention(const std::vector<int>& lengths) {
    int first = 0;
    for (const int length : lengths) {
      query_runs.push_back({first, length, 0, static_cast<int>(key_runs.size()), 1, length});
      key_runs.push_back({0, first, length, 0});
      first += length;
    }
    query_rows = first;
    const int64_t stride = 3 * width() + 8;
    const T* qkv = tensor(first, 3 * width(), stride)->data();
    p.queries = qkv;
    p.query_stride = stride;
    p.sources[0] = {qkv + width(), qkv + 2 * width(), stride, stride};
  }
  // Queries of their own; keys are added by key_source and by hand.
  void queries(int64_t rows) {
    query_rows = rows;
    p.query_stride = width() + 16;
    p.queries = tensor(rows, width(), p.query_stride)->data();
  }
  void key_source(int index, int64_t rows) {
    const int64_t stride = width() + 8 * (index + 1);
    p.sources[index] = {tensor(rows, width(), stride)->data(), tensor(rows, width(), stride + 8)->data(), stride, stride + 8};
  }
  void position_bias(int span) {
    p.bias_span = span;
    bias = std::make_unique<DeviceBuffer<float>>(static_cast<size_t>(p.heads * (2 * span + 1)));
    std::normal_distribution<float> normal(0, 2);
    for (size_t i = 0; i < bias->size(); i++) (*bias)[i] = normal(random);
    p.position_bias = bias->data();
  }

  void run() {
    p.out_stride = width() + 24;
    out = std::make_unique<DeviceBuffer<T>>(static_cast<size_t>(query_rows * p.out_stride));
    log_sum_exp = std::make_unique<DeviceBuffer<float>>(static_cast<size_t>(query_rows * p.heads));
    device_queries = std::make_unique<DeviceBuffer<attention::QueryRun>>(query_runs);
    device_keys = std::make_unique<DeviceBuffer<attention::KeyRun>>(key_runs);
    p.out = out->data();
    p.log_sum_exp = log_sum_exp->data();
    p.query_runs = device_queries->data();
    p.key_runs = device_keys->data();
    p.runs = static_cast<int>(query_runs.size());
    attention::Extent extent{1, 0};
    for (const attention::QueryRun& run : query_runs) {
      extent.longest_queries = std::max(extent.longest_queries, run.count);
      extent.longest_keys = std::max(extent.longest_keys, run.keys);
    }
    launch = attention::launch(format_of<T>, extent, p);
    launch_again();
  }
  void launch_again() {
    simt::emulator::launch(launch.kernel, dim3(launch.grid_x, launch.grid_y, launch.grid_z), dim3(launch.threads), launch.shared_bytes, &p, sizeof p);
  }

  Errors errors_of(const attention::ReferenceResult& got, const attention::ReferenceResult& want) const {
    Errors e{0, 0, 0};
    double norm = 0;
    for (size_t i = 0; i < want.out.size(); i++) {
      const double difference = got.out[i] - want.out[i];
      e.relative += difference * difference;
      norm += want.out[i] * want.out[i];
      if (!(std::fabs(difference) <= e.largest)) e.largest = std::fabs(difference);
    }
    e.relative = norm > 0 ? std::sqrt(e.relative / norm) : std::sqrt(e.relative);
    for (size_t i = 0; i < want.log_sum_exp.size(); i++) {
      const double a = got.log_sum_exp[i], b = want.log_sum_exp[i], difference = std::isinf(a) && a == b ? 0 : std::fabs(a - b);
      if (!(difference <= e.log_sum_exp)) e.log_sum_exp = difference;
    }
    return e;
  }
  attention::ReferenceResult result() const {
    attention::ReferenceResult got;
    for (int64_t r = 0; r < query_rows; r++)
      for (int c = 0; c < width(); c++) got.out.push_back(static_cast<double>(simt::to_float((*out)[static_cast<size_t>(r * p.out_stride + c)])));
    for (const float x : *log_sum_exp) got.log_sum_exp.push_back(static_cast<double>(x));
    return got;
  }
  // Whether the columns between the rows of the result still hold poison.
  bool kept_to_its_columns() const {
    for (int64_t r = 0; r < query_rows; r++)
      for (int64_t c = width(); c < p.out_stride; c++)
        if ((*out)[static_cast<size_t>(r * p.out_stride + c)].bits != 0xffff) return false;
    return true;
  }
};

}  // namespace oag::cuda::test
