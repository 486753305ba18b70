// The formula of task.h, plainly, on the host. In double it is what the kernels are measured against. In float, with what a kernel rounds rounded (probabilities
// and result), it is the plain implementation in the same precision, whose error a kernel's may exceed by no more than a factor of two.
#pragma once

#include <cmath>
#include <cstddef>
#include <type_traits>
#include <vector>

#include "kernels/attention/task.h"
#include "simt/simt.h"

namespace oag::cuda::attention {

struct ReferenceResult {
  std::vector<double> out;          // [query rows, heads, head_size]; rows of no run are zero
  std::vector<double> log_sum_exp;  // [query rows, heads]
};

// T: half_t or bf16_t, of the tensors. Number: double, or float to round as described.
template <class T, class Number> ReferenceResult reference(const Params& p, int64_t query_rows) {
  const auto rounded = [](Number x) { return std::is_same_v<Number, double> ? x : static_cast<Number>(simt::to_float(simt::from_float<T>(static_cast<float>(x)))); };
  const auto number = [](const void* tensor, int64_t at) { return static_cast<Number>(simt::to_float(static_cast<const T*>(tensor)[at])); };
  const size_t head = static_cast<size_t>(p.head_size), heads = static_cast<size_t>(p.heads);
  ReferenceResult result{std::vector<double>(static_cast<size_t>(query_rows) * heads * head, 0.0), std::vector<double>(static_cast<size_t>(query_rows) * heads, -INFINITY)};
  for (int r = 0; r < p.runs; r++) {
    const QueryRun& run = p.query_runs[r];
    for (int i = 0; i < run.count; i++)
      for (int h = 0; h < p.heads; h++) {
        const int64_t query = (run.first_row + i) * p.query_stride + h * p.head_size;
        std::vector<Number> scores, sums(head, 0);
        std::vector<int64_t> rows;
        std::vector<const KeySource*> sources;
        Number max = -INFINITY;
        for (int k = 0; k < run.key_runs; k++) {
          const KeyRun& keys = p.key_runs[run.first_key_run + k];
          for (int j = 0; j < keys.count; j++) {
            int64_t distance = static_cast<int64_t>(keys.first_position) + j - (run.first_position + i);
            if (p.causal && distance > 0) continue;
            const KeySource& source = p.sources[keys.source];
            Number score = 0;
            for (int64_t e = 0; e < p.head_size; e++) score += number(p.queries, query + e) * number(source.keys, (keys.first_row + j) * source.key_stride + h * p.head_size + e);
            score *= static_cast<Number>(p.scale);
            if (p.position_bias) {
              distance = distance < -p.bias_span ? -p.bias_span : distance > p.bias_span ? p.bias_span : distance;
              score += static_cast<Number>(p.position_bias[h * (2 * p.bias_span + 1) + p.bias_span + distance]);
            }
            scores.push_back(score);
            rows.push_back(keys.first_row + j);
            sources.push_back(&source);
            max = score > max ? score : max;
          }
        }
        Number sum = 0;
        for (Number& score : scores) sum += score = std::exp(score - max);
        for (size_t j = 0; j < scores.size(); j++)
          for (size_t e = 0; e < head; e++) sums[e] += rounded(scores[j]) * number(sources[j]->values, rows[j] * sources[j]->value_stride + h * p.head_size + static_cast<int64_t>(e));
        const size_t at = static_cast<size_t>(run.first_row + i) * heads + static_cast<size_t>(h);
        for (size_t e = 0; e < head && !scores.empty(); e++) result.out[at * head + e] = static_cast<double>(rounded(sums[e] / sum));
        if (!scores.empty()) result.log_sum_exp[at] = static_cast<double>(max + std::log(sum));
      }
  }
  return result;
}

}  // namespace oag::cuda::attention
