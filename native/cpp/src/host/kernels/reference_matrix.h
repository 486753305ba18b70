// The matrix products of the reference table, in fp32, bf16 and int8. Included by reference.cpp alone.
//
// A panel is [inputs][kColumnsPerPanel] and packed rows are [row_count][inputs], in the format's own type; the scales of int8 come after them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "host/kernels/bf16.h"
#include "host/kernels/matrix_of.h"

namespace oag::host {
namespace {

constexpr int kRowsPerBlock = 4;
constexpr int kColumnsPerPanel = 16;

float activate(Activation activation, float x) {
  constexpr float kSqrtHalf = 0.70710678118654752440f;
  constexpr float kSqrtTwoOverPi = 0.79788456080286535588f;
  switch (activation) {
    case Activation::none: return x;
    case Activation::quick_gelu: return x / (1.0f + std::exp(-1.702f * x));
    case Activation::gelu: return 0.5f * x * (1.0f + std::erf(x * kSqrtHalf));
    case Activation::gelu_tanh: return 0.5f * x * (1.0f + std::tanh(kSqrtTwoOverPi * (x + 0.044715f * x * x * x)));
    case Activation::relu: return x < 0.0f ? 0.0f : x;
    case Activation::tanh: return std::tanh(x);
    case Activation::silu: return x / (1.0f + std::exp(-x));
    case Activation::sigmoid: return 1.0f / (1.0f + std::exp(-x));
  }
  return x;
}

// What follows a sum: bias, activation, residual.
void finish(const GemmTile& tile, int row, int column, float sum) {
  const float residual = tile.residual ? tile.residual[row * tile.residual_stride + column] : 0.0f;
  float y = tile.bias ? sum + tile.bias[column] : sum;
  if (tile.residual && tile.residual_first) y += residual;
  y = activate(tile.activation, y);
  if (tile.residual && !tile.residual_first) y += residual;
  tile.out[row * tile.out_stride + column] = y;
}

// ---- measuring: scalar and in plain C++, in as many chains as keep a scalar unit busy

template <class Number>
int64_t scalar_multiply_adds(int64_t rounds, float* result) {
  constexpr int kChains = 8;
  constexpr bool floating = std::is_same_v<Number, float>;
  constexpr Number x = floating ? Number(0.999) : Number(3), y = floating ? Number(0.001) : Number(5);
  Number sums[kChains];
  for (int c = 0; c < kChains; ++c) sums[c] = static_cast<Number>(1 + c);
  for (int64_t round = 0; round < rounds; ++round)
    for (Number& sum : sums) sum = sum * x + y;
  *result = 0;
  for (Number sum : sums) *result += static_cast<float>(sum);
  return rounds * kChains * 2;
}

// ---- fp32 and bf16: numbers that lie as Stored

struct PlainFp32 {
  using Stored = float;
  static float store(float x) { return x; }
  static float value(float x) { return x; }
};

struct PlainBf16 {
  using Stored = uint16_t;
  static uint16_t store(float x) { return to_bf16(x); }
  static float value(uint16_t x) { return from_bf16(x); }
};

template <class Format>
struct PlainProduct {
  using Stored = typename Format::Stored;
  static constexpr int rows_per_block = kRowsPerBlock, columns_per_panel = kColumnsPerPanel;
  static constexpr auto multiply_adds = scalar_multiply_adds<float>;

  static int64_t panel_bytes(int64_t inputs) { return inputs * kColumnsPerPanel * int64_t{sizeof(Stored)}; }
  static int64_t row_bytes(int64_t inputs) { return (inputs * int64_t{sizeof(Stored)} + 63) / 64 * 64; }

  static void pack_weights(const float* weights, int64_t stride, int column_count, int64_t inputs, void* panel) {
    for (int64_t k = 0; k < inputs; ++k)
      for (int j = 0; j < kColumnsPerPanel; ++j)
        static_cast<Stored*>(panel)[k * kColumnsPerPanel + j] = j < column_count ? Format::store(weights[j * stride + k]) : Stored{};
  }

  static void unpack_weights(const void* panel, int column_count, int64_t inputs, float* weights, int64_t stride) {
    for (int j = 0; j < column_count; ++j)
      for (int64_t k = 0; k < inputs; ++k) weights[j * stride + k] = Format::value(static_cast<const Stored*>(panel)[k * kColumnsPerPanel + j]);
  }

  static void pack_rows(const float* x, int64_t stride, int row_count, int64_t inputs, void* packed) {
    for (int i = 0; i < row_count; ++i)
      for (int64_t k = 0; k < inputs; ++k) static_cast<Stored*>(packed)[i * inputs + k] = Format::store(x[i * stride + k]);
  }

  static void pack_columns(const float* x, int64_t stride, int row_count, int64_t inputs, int64_t first, int64_t count, void* packed) {
    for (int i = 0; i < row_count; ++i)
      for (int64_t k = 0; k < count; ++k) static_cast<Stored*>(packed)[i * inputs + first + k] = Format::store(x[i * stride + k]);
  }

  static void gemm(const GemmTile& tile) {
    for (int i = 0; i < tile.row_count; ++i) {
      const Stored* row = static_cast<const Stored*>(tile.rows) + i * tile.inputs;  // [inputs]
      float sums[kColumnsPerPanel] = {};
      for (int64_t k = 0; k < tile.inputs; ++k) {
        const Stored* weights = static_cast<const Stored*>(tile.panel) + k * kColumnsPerPanel;
        for (int j = 0; j < kColumnsPerPanel; ++j) sums[j] += Format::value(row[k]) * Format::value(weights[j]);
      }
      for (int j = 0; j < tile.column_count; ++j) finish(tile, i, j, sums[j]);
    }
  }
};

// ---- int8

struct RowScale {
  float scale;  // NaN for a row that is not finite
  int32_t zero_point;
};

RowScale row_scale(const float* x, int64_t count) {
  float low = 0, high = 0, finite = 0;  // finite: 0, or NaN
  for (int64_t k = 0; k < count; ++k) {
    low = x[k] < low ? x[k] : low;
    high = x[k] > high ? x[k] : high;
    finite += x[k] * 0.0f;
  }
  if (finite != 0.0f) return {NAN, 0};
  const float scale = std::max(high / 255.0f - low / 255.0f, 1e-30f);
  return {scale, static_cast<int32_t>(std::lrint(-low * (1.0f / scale)))};
}

struct PlainInt8 {
  static constexpr int rows_per_block = kRowsPerBlock, columns_per_panel = kColumnsPerPanel;
  static constexpr auto multiply_adds = scalar_multiply_adds<uint32_t>;
  static constexpr auto pack_columns = no_columns;

  // weights [inputs][kColumnsPerPanel] int8, then their scales [kColumnsPerPanel] float
  static int64_t panel_bytes(int64_t inputs) { return inputs * kColumnsPerPanel + kColumnsPerPanel * int64_t{sizeof(float)}; }
  static const float* scales_of(const void* panel, int64_t inputs) {
    return reinterpret_cast<const float*>(static_cast<const int8_t*>(panel) + inputs * kColumnsPerPanel);
  }
  // a block's rows [row_count][inputs] uint8, then from the next multiple of 64 bytes a RowScale each
  static int64_t row_bytes(int64_t inputs) { return (inputs + 63) / 64 * 64 + 64; }
  static const RowScale* scales_of(const void* rows, int64_t inputs, int row_count) {
    return reinterpret_cast<const RowScale*>(static_cast<const uint8_t*>(rows) + (inputs * row_count + 63) / 64 * 64);
  }

  static void pack_weights(const float* weights, int64_t stride, int column_count, int64_t inputs, void* panel) {
    auto* scales = const_cast<float*>(scales_of(panel, inputs));
    for (int j = 0; j < kColumnsPerPanel; ++j) {
      float largest = 0;
      for (int64_t k = 0; k < inputs && j < column_count; ++k) largest = std::max(largest, std::fabs(weights[j * stride + k]));
      const float scale = largest < 1e-30f ? 0.0f : largest / 127.0f;
      scales[j] = scale;
      for (int64_t k = 0; k < inputs; ++k)
        static_cast<int8_t*>(panel)[k * kColumnsPerPanel + j] = scale == 0.0f ? int8_t{0} : static_cast<int8_t>(std::lrint(weights[j * stride + k] * (127.0f / largest)));
    }
  }

  static void unpack_weights(const void* panel, int column_count, int64_t inputs, float* weights, int64_t stride) {
    for (int j = 0; j < column_count; ++j)
      for (int64_t k = 0; k < inputs; ++k)
        weights[j * stride + k] = static_cast<float>(static_cast<const int8_t*>(panel)[k * kColumnsPerPanel + j]) * scales_of(panel, inputs)[j];
  }

  static void pack_rows(const float* x, int64_t stride, int row_count, int64_t inputs, void* packed) {
    auto* scales = const_cast<RowScale*>(scales_of(packed, inputs, row_count));
    for (int i = 0; i < row_count; ++i) {
      const RowScale row = scales[i] = row_scale(x + i * stride, inputs);
      for (int64_t k = 0; k < inputs; ++k) {
        const long q = row.scale != row.scale ? 0 : std::lrint(x[i * stride + k] * (1.0f / row.scale)) + row.zero_point;
        static_cast<uint8_t*>(packed)[i * inputs + k] = static_cast<uint8_t>(std::clamp(q, 0l, 255l));
      }
    }
  }

  static void gemm(const GemmTile& tile) {
    const float* scales = scales_of(tile.panel, tile.inputs);
    for (int i = 0; i < tile.row_count; ++i) {
      const uint8_t* row = static_cast<const uint8_t*>(tile.rows) + i * tile.inputs;  // [inputs]
      const RowScale scale = scales_of(tile.rows, tile.inputs, tile.row_count)[i];
      int32_t sums[kColumnsPerPanel] = {};
      for (int64_t k = 0; k < tile.inputs; ++k) {
        const int8_t* weights = static_cast<const int8_t*>(tile.panel) + k * kColumnsPerPanel;
        for (int j = 0; j < kColumnsPerPanel; ++j) sums[j] += (row[k] - scale.zero_point) * weights[j];
      }
      for (int j = 0; j < tile.column_count; ++j) finish(tile, i, j, static_cast<float>(sums[j]) * (scale.scale * scales[j]));
    }
  }
};

}  // namespace
}  // namespace oag::host
