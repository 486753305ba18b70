// The host kernels in plain C++: what every other table is measured against, and what runs where there is no other.
//
// Written to be read, and to give the error that a straightforward fp32 program has: each sum in order, each step rounded to fp32,
// functions from the standard library.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "host/kernels/tables.h"

namespace oag::host {
namespace {

constexpr int kRowsPerBlock = 4;
constexpr int kColumnsPerPanel = 16;

// ---- matrix product

int64_t panel_floats(int64_t inputs) { return inputs * kColumnsPerPanel; }
int64_t row_floats(int64_t inputs) { return inputs; }

void pack_weights(const float* weights, int64_t stride, int column_count, int64_t inputs, float* panel) {
  for (int64_t k = 0; k < inputs; ++k) {
    for (int j = 0; j < kColumnsPerPanel; ++j) {
      panel[k * kColumnsPerPanel + j] = j < column_count ? weights[j * stride + k] : 0.0f;
    }
  }
}

void unpack_weights(const float* panel, int column_count, int64_t inputs, float* weights, int64_t stride) {
  for (int j = 0; j < column_count; ++j) {
    for (int64_t k = 0; k < inputs; ++k) weights[j * stride + k] = panel[k * kColumnsPerPanel + j];
  }
}

void pack_rows(const float* x, int64_t stride, int row_count, int64_t inputs, float* packed) {
  for (int i = 0; i < row_count; ++i) std::memcpy(packed + i * inputs, x + i * stride, sizeof(float) * inputs);
}

float activate(Activation activation, float x) {
  constexpr float kSqrtHalf = 0.70710678118654752440f;
  constexpr float kSqrtTwoOverPi = 0.79788456080286535588f;
  switch (activation) {
    case Activation::none: return x;
    case Activation::quick_gelu: return x / (1.0f + std::exp(-1.702f * x));
    case Activation::gelu: return 0.5f * x * (1.0f + std::erf(x * kSqrtHalf));
    case Activation::gelu_tanh: return 0.5f * x * (1.0f + std::tanh(kSqrtTwoOverPi * (x + 0.044715f * x * x * x)));
  }
  return x;
}

void gemm(const GemmTile& tile) {
  for (int i = 0; i < tile.row_count; ++i) {
    const float* row = tile.rows + i * tile.inputs;  // [inputs]
    float sums[kColumnsPerPanel] = {};
    for (int64_t k = 0; k < tile.inputs; ++k) {
      const float* weights = tile.panel + k * kColumnsPerPanel;
      for (int j = 0; j < kColumnsPerPanel; ++j) sums[j] += row[k] * weights[j];
    }
    for (int j = 0; j < tile.column_count; ++j) {
      float y = activate(tile.activation, tile.bias ? sums[j] + tile.bias[j] : sums[j]);
      if (tile.residual) y += tile.residual[i * tile.residual_stride + j];
      tile.out[i * tile.out_stride + j] = y;
    }
  }
}

// ---- attention

float dot(const float* a, const float* b, int64_t count) {
  float sum = 0.0f;
  for (int64_t i = 0; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

// How many keys of the run a query at `position` may see.
int64_t visible_keys(const AttentionTask& task, const KeyRun& run, int64_t position) {
  if (!task.causal) return run.count;
  const int64_t visible = position - run.first_position + 1;
  return visible < 0 ? 0 : visible < run.count ? visible : run.count;
}

size_t attention_scratch(int64_t key_count, int64_t) { return sizeof(float) * static_cast<size_t>(key_count); }  // one row of scores

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
        scores[count] = task.scale * dot(query, run.keys + j * run.key_stride, task.head_size);
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
        for (int64_t d = 0; d < task.head_size; ++d) out[d] += *weight * value[d];
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
    const float norm = std::sqrt(dot(x, x, width));
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

// Scalar and in plain C++: a multiplication and an addition, in as many chains as keep a scalar unit busy.
int64_t multiply_adds(int64_t rounds, float* result) {
  constexpr int kChains = 8;
  float sums[kChains];
  for (int c = 0; c < kChains; ++c) sums[c] = 1.0f + static_cast<float>(c);
  for (int64_t round = 0; round < rounds; ++round)
    for (float& sum : sums) sum = sum * 0.999f + 0.001f;
  *result = 0;
  for (float sum : sums) *result += sum;
  return rounds * kChains * 2;
}

constexpr Kernels kTable = {
    .name = "reference",
    .isa = Isa::reference,
    .rows_per_block = kRowsPerBlock,
    .columns_per_panel = kColumnsPerPanel,
    .panel_floats = panel_floats,
    .row_floats = row_floats,
    .pack_weights = pack_weights,
    .unpack_weights = unpack_weights,
    .pack_rows = pack_rows,
    .gemm = gemm,
    .attention_scratch = attention_scratch,
    .attention = attention,
    .layer_norm = layer_norm,
    .l2_normalize = l2_normalize,
    .softmax = softmax,
    .add = add,
    .multiply_adds = multiply_adds,
};

}  // namespace

const Kernels* reference_kernels() { return &kTable; }

}  // namespace oag::host
