// What works on one row at a time: layernorm, softmax, normalisation, addition. Included after simd_<isa>.h.
//
// A sum over a row runs in kRowSums vectors, element j in vector (j / kLanes) mod kRowSums as far as so many whole ones reach and in the first
// beyond; so its order depends on the width alone, and it is as short as a sum of its length can be without reordering twice.
#pragma once

#include "host/kernels/math_simd.h"

namespace oag::host {
namespace {

// Vectors of sums: 32 sums of a row at least, for a sum of a million terms has digits left in as many as that.
constexpr int kRowSums = kLanes == 4 ? 8 : 4;

// Σ_j term(j, n), where term gives n ≤ kLanes elements from j on, and zeros in the lanes beyond.
template <typename Term>
inline float sum_row(int64_t width, Term term) {
  Vec sums[kRowSums];
#pragma GCC unroll 8
  for (int s = 0; s < kRowSums; ++s) sums[s] = set1(0.0f);
  int64_t j = 0;
  for (; j + kRowSums * kLanes <= width; j += kRowSums * kLanes) {
#pragma GCC unroll 8
    for (int s = 0; s < kRowSums; ++s) sums[s] = add(sums[s], term(j + s * kLanes, kLanes));
  }
  for (; j + kLanes <= width; j += kLanes) sums[0] = add(sums[0], term(j, kLanes));
  if (j < width) sums[0] = add(sums[0], term(j, width - j));
  if constexpr (kRowSums == 8) {
#pragma GCC unroll 4
    for (int s = 0; s < 4; ++s) sums[s] = add(sums[s], sums[s + 4]);
  }
  return sum(add(add(sums[0], sums[1]), add(sums[2], sums[3])));
}

// out[j] = value(j, n), n ≤ kLanes elements from j on.
template <typename Value>
inline void write_row(int64_t width, float* out, Value value) {
  int64_t j = 0;
  for (; j + kLanes <= width; j += kLanes) store(out + j, value(j, kLanes));
  if (j < width) store_first(out + j, value(j, width - j), width - j);
}

inline void layer_norm(const float* x, int64_t rows, int64_t width, const float* gain, const float* bias, float epsilon, float* out) {
  const Vec zero = set1(0.0f);
  for (int64_t i = 0; i < rows; ++i, x += width, out += width) {
    const float* row = x;
    const float mean = sum_row(width, [&](int64_t j, int64_t n) { return load_first(row + j, n); }) / static_cast<float>(width);
    const Vec means = set1(mean);
    const float squares = sum_row(width, [&](int64_t j, int64_t n) {
      const Vec centred = first_or(sub(load_first(row + j, n), means), n, zero);
      return mul(centred, centred);
    });
    const Vec factor = set1(1.0f / square_root(squares / static_cast<float>(width) + epsilon));
    write_row(width, out, [&](int64_t j, int64_t n) {
      const Vec normal = mul(sub(load_first(row + j, n), means), factor);
      return fma(normal, load_first(gain + j, n), load_first(bias + j, n));
    });
  }
}

inline void l2_normalize(const float* x, int64_t rows, int64_t width, float* out) {
  for (int64_t i = 0; i < rows; ++i, x += width, out += width) {
    const float* row = x;
    const float squares = sum_row(width, [&](int64_t j, int64_t n) {
      const Vec v = load_first(row + j, n);
      return mul(v, v);
    });
    const Vec norm = set1(squares == 0.0f ? 1.0f : square_root(squares));  // 0 / 1 keeps a zero row zero; a NaN passes
    write_row(width, out, [&](int64_t j, int64_t n) { return div(load_first(row + j, n), norm); });
  }
}

inline float row_maximum(const float* row, int64_t width) {  // −∞ for no elements
  Vec largest = set1(-__builtin_inff());
  int64_t j = 0;
  for (; j + kLanes <= width; j += kLanes) largest = max(largest, load(row + j));
  if (j < width) largest = max(largest, first_or(load_first(row + j, width - j), width - j, largest));
  return maximum(largest);
}

inline void softmax(const float* x, int64_t rows, int64_t width, float* out) {
  const Vec zero = set1(0.0f);
  for (int64_t i = 0; i < rows; ++i, x += width, out += width) {
    const float* row = x;
    float* result = out;
    const Vec largest = set1(row_maximum(row, width));
    const float total = sum_row(width, [&](int64_t j, int64_t n) {
      const Vec e = first_or(exponential(sub(load_first(row + j, n), largest)), n, zero);
      store_first(result + j, e, n);
      return e;
    });
    const Vec totals = set1(total);
    write_row(width, out, [&](int64_t j, int64_t n) { return div(load_first(result + j, n), totals); });
  }
}

inline void add(const float* a, const float* b, int64_t count, float* out) {
  write_row(count, out, [&](int64_t j, int64_t n) { return add(load_first(a + j, n), load_first(b + j, n)); });
}

inline void multiply_values(const float* a, const float* b, int64_t count, float* out) {
  write_row(count, out, [&](int64_t j, int64_t n) { return mul(load_first(a + j, n), load_first(b + j, n)); });
}

inline void activate_values(Activation activation, const float* x, int64_t count, float* out) {
  with_activation(activation, [&]<Activation kActivation> {
    write_row(count, out, [&](int64_t j, int64_t n) { return activate<kActivation, FullMath>(load_first(x + j, n)); });
  });
}

}  // namespace
}  // namespace oag::host
