// bf16 on 64-bit Arm: MatrixKernels says what is computed. Bf16Product packs and finishes for a Layout, which says where numbers lie and how they are multiplied:
// WidenedBf16 here, for a CPU without instructions for bf16, or the one of kernels_matmul_neon.cpp. Included after simd_neon.h.
#pragma once

#include "host/kernels/cells_neon.h"

namespace oag::host {
namespace {

// To the nearest, ties to even; a NaN stays one.
inline uint16x4_t to_bf16(Vec v) {
  const uint32x4_t bits = vreinterpretq_u32_f32(v);
  const uint32x4_t odd = vandq_u32(vshrq_n_u32(bits, 16), vdupq_n_u32(1));
  const uint32x4_t rounded = vaddq_u32(bits, vaddq_u32(odd, vdupq_n_u32(0x7fff)));
  const uint32x4_t quiet = vorrq_u32(bits, vdupq_n_u32(0x400000));
  return vshrn_n_u32(vbslq_u32(vceqq_f32(v, v), rounded, quiet), 16);
}
inline Vec from_bf16(uint16x4_t v) { return vreinterpretq_f32_u32(vshll_n_u16(v, 16)); }

// Columns lie as bf16, [k][kColumnsPerPanel], and are widened as they are loaded: 4 shifts beside the 24 multiply-adds of a step. Rows lie as rounded and widened,
// [k][row]: of them there are few.
struct WidenedBf16 {
  static int64_t panel_bytes(int64_t inputs) { return inputs * kColumnsPerPanel * int64_t{sizeof(uint16_t)}; }
  static int64_t row_bytes(int64_t inputs) { return round_up(inputs * int64_t{sizeof(float)}, 64); }

  static uint16_t& number(void* panel, int64_t k, int column) { return static_cast<uint16_t*>(panel)[k * kColumnsPerPanel + column]; }
  static void put_row(void* packed, int64_t k, int64_t inputs, int row, int row_count, uint16x4_t four) {
    float numbers[kLanes];
    oag::host::store(numbers, from_bf16(four));
    for (int i = 0; i < kLanes && k + i < inputs; ++i) static_cast<float*>(packed)[(k + i) * row_count + row] = numbers[i];
  }

  template <int kRows>
  [[gnu::noinline]] static void multiply_rows(int64_t inputs, const void* packed, const void* weights, float* out) {
    const auto* rows = static_cast<const float*>(packed);
    const auto* panel = static_cast<const uint16_t*>(weights);
    Vec sums[kRows][kVectors];
#pragma GCC unroll 8
    for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) sums[i][v] = set1(0.0f);
    }
    for (int64_t k = 0; k < inputs; ++k, rows += kRows, panel += kColumnsPerPanel) {
      Vec columns[kVectors];
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) columns[v] = from_bf16(vld1_u16(panel + v * kLanes));
      __builtin_prefetch(panel + 512);
#pragma GCC unroll 8
      for (int i = 0; i < kRows; ++i) {
        const Vec x = vld1q_dup_f32(rows + i);
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) sums[i][v] = fma(x, columns[v], sums[i][v]);
      }
    }
#pragma GCC unroll 8
    for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) oag::host::store(out + i * kColumnsPerPanel + v * kLanes, sums[i][v]);
    }
  }

  static void multiply(int64_t inputs, const void* packed, int row_count, const void* panel, float* out) {
    static_assert(kRowsPerBlock == 6);
    switch (row_count) {
      case 1: return multiply_rows<1>(inputs, packed, panel, out);
      case 2: return multiply_rows<2>(inputs, packed, panel, out);
      case 3: return multiply_rows<3>(inputs, packed, panel, out);
      case 4: return multiply_rows<4>(inputs, packed, panel, out);
      case 5: return multiply_rows<5>(inputs, packed, panel, out);
      default: return multiply_rows<6>(inputs, packed, panel, out);
    }
  }
};

template <class Layout>
struct Bf16Product {
  static void pack_weights(const float* weights, int64_t stride, int column_count, int64_t inputs, void* panel) {
    __builtin_memset(panel, 0, static_cast<size_t>(Layout::panel_bytes(inputs)));
    for (int j = 0; j < column_count; ++j) {
      for (int64_t k = 0; k < inputs; k += kLanes) {
        uint16_t numbers[kLanes];
        vst1_u16(numbers, to_bf16(load_first(weights + j * stride + k, inputs - k)));
        for (int i = 0; i < kLanes && k + i < inputs; ++i) Layout::number(panel, k + i, j) = numbers[i];
      }
    }
  }

  static void unpack_weights(const void* panel, int column_count, int64_t inputs, float* weights, int64_t stride) {
    for (int j = 0; j < column_count; ++j) {
      for (int64_t k = 0; k < inputs; ++k) {
        weights[j * stride + k] = vgetq_lane_f32(from_bf16(vdup_n_u16(Layout::number(const_cast<void*>(panel), k, j))), 0);
      }
    }
  }

  static void pack_rows(const float* x, int64_t stride, int row_count, int64_t inputs, void* packed) {
    for (int i = 0; i < row_count; ++i) {
      for (int64_t k = 0; k < inputs; k += kLanes) Layout::put_row(packed, k, inputs, i, row_count, to_bf16(load_first(x + i * stride + k, inputs - k)));
    }
  }

  static void gemm(const GemmTile& tile) {
    alignas(64) float sums[kRowsPerBlock * kColumnsPerPanel];
    Layout::multiply(tile.inputs, tile.rows, tile.row_count, tile.panel, sums);
    finish(tile, sums);
  }
};

template <class Layout>
constexpr MatrixKernels bf16_matrix(const char* instruction, bool native, int64_t (*peak)(int64_t, float*)) {
  using Product = Bf16Product<Layout>;
  return {.instruction = instruction,
          .native = native,
          .rows_per_block = kRowsPerBlock,
          .columns_per_panel = kColumnsPerPanel,
          .panel_bytes = Layout::panel_bytes,
          .row_bytes = Layout::row_bytes,
          .pack_weights = Product::pack_weights,
          .unpack_weights = Product::unpack_weights,
          .pack_rows = Product::pack_rows,
          .gemm = Product::gemm,
          .multiply_adds = peak};
}

}  // namespace
}  // namespace oag::host
