// bf16 for a vector unit that multiplies fp32 alone. Included after simd_<isa>.h.
#pragma once

#include "host/kernels/attention_simd.h"
#include "host/kernels/pack_simd.h"
#include "host/kernels/reduced_math_simd.h"

namespace oag::host {
namespace {

// Weights lie as bf16, two inputs of a column in a word, and are widened by a shift or a mask on their way to the multiply-add; rows
// lie as fp32 that are rounded to bf16. A product of two bf16 is exact in fp32.
struct WidenedBf16 {
  using Product = WidenedBf16;
  static constexpr int kRows = kLanes == 16 ? 13 : kRowsPerBlock;  // a mask is in a register
  static constexpr int kRowInputs = 1;
  static constexpr int kColumnInputs = 2;
  static constexpr int kPanelBytes = kColumnsPerPanel * 2;
  static Vec columns(const char* step, int word, int v) {
    const Vec pairs = load(reinterpret_cast<const float*>(step) + (word / 2 * kVectors + v) * kLanes);
    return word % 2 == 0 ? first_of_pairs(pairs) : second_of_pairs(pairs);
  }
  static Vec multiply_add(Vec x, Vec w, Vec sum) { return fma(x, w, sum); }
  static void pack_line(const float* x, int64_t left, Vec factor, float* out) {
    for (int k = 0; k < kLine; k += kLanes) store(out + k, round_to_bf16(mul(load_or_zero(x + k, left - k), factor)));
  }
  static Vec column_words(const float* x, int64_t left) { return bf16_pairs(load_first(x, left), load_or_zero(x + kLanes, left - kLanes)); }
  static float unpacked(const void* panel, int64_t k, int column) { return unpacked_bf16(panel, k, column); }
};

// For attention keys and values are packed as often as they are used: there they lie as fp32 that is rounded, and nothing is widened.
struct RoundedToBf16 : PackedFp32 {
  static void pack_line(const float* x, int64_t left, Vec factor, float* out) { WidenedBf16::pack_line(x, left, factor, out); }
  static Vec column_words(const float* x, int64_t left) { return round_to_bf16(load_first(x, left)); }
  static Vec value_words(const float* const* rows, int64_t, int64_t d, int64_t left) { return round_to_bf16(load_first(rows[0] + d, left)); }
  static void store_probabilities(const Vec* p, float* out) { store(out, round_to_bf16(p[0])); }
  static Vec exponential(Vec x) { return reduced_exponential(x); }
};

}  // namespace
}  // namespace oag::host
