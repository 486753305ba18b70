// The host kernels in plain C++: what every other table is measured against, and what runs where there is no other.
//
// Written to be read, and to give the error that a straightforward fp32 program has: each sum in order, each step rounded to fp32,
// functions from the standard library.
#include <algorithm>
#include <cmath>

#include "host/kernels/reference_matrix.h"
#include "host/kernels/tables.h"

namespace oag::host {
namespace {

// ---- attention

float as_it_is(float x) { return x; }
float through_bf16(float x) { return from_bf16(to_bf16(x)); }

// How many keys of the run a query at `position` may see.
int64_t visible_keys(const AttentionTask& task, const KeyRun& run, int64_t position) {
  if (!task.causal) return run.count;
  const int64_t visible = position - run.first_position + 1;
  return visible < 0 ? 0 : visible < run.count ? visible : run.count;
}

// Σ (scale · query) · key. In fp32 the scale is a factor of the sum: one rounding for all.
template <float (*rounded)(float)>
float score(const float* query, const float* key, int64_t head_size, float scale) {
  float sum = 0.0f;
  if (rounded == as_it_is) {
    for (int64_t d = 0; d < head_size; ++d) sum += query[d] * key[d];
    return scale * sum;
  }
  for (int64_t d = 0; d < head_size; ++d) sum += rounded(scale * query[d]) * rounded(key[d]);
  return sum;
}

size_t attention_scratch(int64_t key_count, int64_t) { return sizeof(float) * static_cast<size_t>(key_count); }  // one row of scores

// `rounded` is what becomes of every factor of a product.
template <float (*rounded)(float)>
void attention(const AttentionTask& task) {
  float* scores = static_cast<float*>(task.scratch);  // [keys in all]
  for (int64_t i = 0; i < task.query_count; ++i) {
    const float* query = task.queries + i * task.query_stride;
    const int64_t position = task.first_query_position + i;
    float* out = task.out + i * task.out_stride;

    int64_t count = 0;
    float maximum = -INFINITY;
    for (int r = 0; r < task.run_count; ++r) {
      const KeyRun& run = task.runs[r];
      const int64_t visible = visible_keys(task, run, position);
      for (int64_t j = 0; j < visible; ++j) {
        scores[count] = score<rounded>(query, run.keys + j * run.key_stride, task.head_size, task.scale);
        if (task.position_bias) scores[count] += task.position_bias[run.first_position + j - position];
        maximum = scores[count] > maximum ? scores[count] : maximum;
        ++count;
      }
    }

    float sum = 0.0f;
    for (int64_t j = 0; j < count; ++j) sum += scores[j] = std::exp(scores[j] - maximum);

    for (int64_t d = 0; d < task.head_size; ++d) out[d] = 0.0f;
    if (count == 0) continue;
    const float* weight = scores;
    for (int r = 0; r < task.run_count; ++r) {
      const KeyRun& run = task.runs[r];
      const int64_t visible = visible_keys(task, run, position);
      for (int64_t j = 0; j < visible; ++j, ++weight) {
        const float* value = run.values + j * run.value_stride;
        for (int64_t d = 0; d < task.head_size; ++d) out[d] += rounded(*weight) * rounded(value[d]);
      }
    }
    for (int64_t d = 0; d < task.head_size; ++d) out[d] /= sum;
  }
}

// ---- rows

void layer_norm(const float* x, int64_t rows, int64_t width, const float* gain, const float* bias, float epsilon, float* out) {
  for (int64_t i = 0; i < rows; ++i, x += width, out += width) {
    float sum = 0.0f;
    for (int64_t j = 0; j < width; ++j) sum += x[j];
    const float mean = sum / static_cast<float>(width);
    float squares = 0.0f;
    for (int64_t j = 0; j < width; ++j) squares += (x[j] - mean) * (x[j] - mean);
    const float deviation = std::sqrt(squares / static_cast<float>(width) + epsilon);
    for (int64_t j = 0; j < width; ++j) out[j] = (x[j] - mean) / deviation * gain[j] + bias[j];
  }
}

void l2_normalize(const float* x, int64_t rows, int64_t width, float* out) {
  for (int64_t i = 0; i < rows; ++i, x += width, out += width) {
    float squares = 0.0f;
    for (int64_t j = 0; j < width; ++j) squares += x[j] * x[j];
    const float norm = std::sqrt(squares);
    for (int64_t j = 0; j < width; ++j) out[j] = norm == 0.0f ? 0.0f : x[j] / norm;
  }
}

void softmax(const float* x, int64_t rows, int64_t width, float* out) {
  for (int64_t i = 0; i < rows; ++i, x += width, out += width) {
    float maximum = -INFINITY;
    for (int64_t j = 0; j < width; ++j) maximum = x[j] > maximum ? x[j] : maximum;
    // In blocks: in one long chain a million small terms are added to a large sum, and a thousandth of it is rounded away.
    constexpr int64_t kBlock = 1024;
    float sum = 0.0f;
    for (int64_t begin = 0; begin < width; begin += kBlock) {
      float part = 0.0f;
      for (int64_t j = begin; j < std::min(width, begin + kBlock); ++j) part += out[j] = std::exp(x[j] - maximum);
      sum += part;
    }
    for (int64_t j = 0; j < width; ++j) out[j] /= sum;
  }
}

void add(const float* a, const float* b, int64_t count, float* out) {
  for (int64_t i = 0; i < count; ++i) out[i] = a[i] + b[i];
}

void multiply(const float* a, const float* b, int64_t count, float* out) {
  for (int64_t i = 0; i < count; ++i) out[i] = a[i] * b[i];
}

void activate_values(Activation activation, const float* x, int64_t count, float* out) {
  for (int64_t i = 0; i < count; ++i) out[i] = activate(activation, x[i]);
}

constexpr Kernels kTable = {
    .name = "reference",
    .isa = Isa::reference,
    .fp32 = matrix_of<PlainProduct<PlainFp32>>("plain C++", true),
    .bf16 = matrix_of<PlainProduct<PlainBf16>>("plain C++", false),
    .int8 = matrix_of<PlainInt8>("plain C++", true),
    .attention = {attention_scratch, attention<as_it_is>},
    .bf16_attention = {attention_scratch, attention<through_bf16>},
    .layer_norm = layer_norm,
    .l2_normalize = l2_normalize,
    .softmax = softmax,
    .add = add,
    .multiply = multiply,
    .activate = activate_values,
};

}  // namespace

const Kernels* reference_kernels() { return &kTable; }

}  // namespace oag::host
