#include "image/resize_weights.h"

#include <cmath>
#include <numbers>

#include "core/error.h"

namespace oag::image {
namespace {

// The filters as Resample.c writes them: the bits of the weights depend on the order of these operations.
double box_filter(double x) { return x > -0.5 && x <= 0.5 ? 1.0 : 0.0; }

double bilinear_filter(double x) {
  x = std::fabs(x);
  return x < 1.0 ? 1.0 - x : 0.0;
}

double hamming_filter(double x) {
  x = std::fabs(x);
  if (x == 0.0) return 1.0;
  if (x >= 1.0) return 0.0;
  x *= std::numbers::pi;
  return std::sin(x) / x * (0.54f + 0.46f * std::cos(x));  // single-precision constants, in Pillow too
}

double bicubic_filter(double x) {
  constexpr double a = -0.5;
  x = std::fabs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

double sinc(double x) {
  if (x == 0.0) return 1.0;
  x *= std::numbers::pi;
  return std::sin(x) / x;
}

double lanczos_filter(double x) { return -3.0 <= x && x < 3.0 ? sinc(x) * sinc(x / 3) : 0.0; }

struct Kernel {
  double (*weight)(double);
  double support;  // where weight becomes 0, in source pixels at scale 1
};

Kernel kernel_of(Filter filter) {
  switch (filter) {
    case Filter::box: return {box_filter, 0.5};
    case Filter::bilinear: return {bilinear_filter, 1.0};
    case Filter::hamming: return {hamming_filter, 1.0};
    case Filter::bicubic: return {bicubic_filter, 2.0};
    case Filter::lanczos: return {lanczos_filter, 3.0};
    case Filter::nearest: break;
  }
  throw Error(Status::internal, "a filter without weights");
}

int16_t high_half(int32_t weight) { return static_cast<int16_t>(weight >> low_bits); }
int16_t low_half(int32_t weight) { return static_cast<int16_t>(weight & ((1 << low_bits) - 1)); }

int32_t pair(int16_t first, int16_t second) { return static_cast<int32_t>(static_cast<uint32_t>(static_cast<uint16_t>(second)) << 16 | static_cast<uint16_t>(first)); }

}  // namespace

AxisWeights axis_weights(int in_size, int out_size, int begin, int count, Filter filter) {
  const Kernel kernel = kernel_of(filter);
  const double scale = static_cast<double>(static_cast<float>(in_size)) / out_size;
  const double filter_scale = std::max(scale, 1.0);
  const double support = kernel.support * filter_scale;
  const double step = 1.0 / filter_scale;

  AxisWeights axis;
  axis.stride = std::min(static_cast<int>(std::ceil(support)) * 2 + 1, in_size);
  axis.first.resize(static_cast<size_t>(count));
  axis.taps.resize(static_cast<size_t>(count));
  axis.weights.assign(static_cast<size_t>(count) * static_cast<size_t>(axis.stride), 0);
  std::vector<double> exact(static_cast<size_t>(axis.stride));
  for (int i = 0; i < count; ++i) {
    const double center = (begin + i + 0.5) * scale;
    const int first = std::max(static_cast<int>(center - support + 0.5), 0);
    const int taps = std::min(static_cast<int>(center + support + 0.5), in_size) - first;
    double sum = 0.0;
    for (int k = 0; k < taps; ++k) {
      exact[static_cast<size_t>(k)] = kernel.weight((k + first - center + 0.5) * step);
      sum += exact[static_cast<size_t>(k)];
    }
    int32_t* weights = axis.weights.data() + static_cast<int64_t>(i) * axis.stride;
    for (int k = 0; k < taps; ++k) {
      double weight = exact[static_cast<size_t>(k)];
      if (sum != 0.0) weight /= sum;
      weights[k] = static_cast<int32_t>((weight < 0 ? -0.5 : 0.5) + weight * (1 << weight_bits));
    }
    axis.first[static_cast<size_t>(i)] = first;
    axis.taps[static_cast<size_t>(i)] = taps;
  }
  return axis;
}

void pair_up(const int32_t* weights, int count, int32_t* pairs, int apart) {
  for (int k = 0; k < count; k += 2) {
    const int32_t a = weights[k], b = k + 1 < count ? weights[k + 1] : 0;
    pairs[k / 2] = pair(high_half(a), high_half(b));
    pairs[apart + k / 2] = pair(low_half(a), low_half(b));
  }
}

PairedWeights paired(const AxisWeights& axis, int in_size, int positions) {
  PairedWeights result;
  const int longest = *std::max_element(axis.taps.begin(), axis.taps.end());
  const int padded = (longest + positions - 1) / positions * positions;
  if (padded > in_size) return result;
  result.padded = padded;
  result.first.reserve(axis.first.size());
  result.pairs.resize(axis.first.size() * static_cast<size_t>(padded));
  std::vector<int32_t> row(static_cast<size_t>(padded));
  for (size_t i = 0; i < axis.first.size(); ++i) {
    const int first = std::min(axis.first[i], in_size - padded);  // at the right edge the padding goes before the weights
    std::fill(row.begin(), row.end(), 0);
    std::copy_n(axis.weights.begin() + static_cast<int64_t>(i) * axis.stride, axis.taps[i], row.begin() + (axis.first[i] - first));
    pair_up(row.data(), padded, result.pairs.data() + i * static_cast<size_t>(padded), padded / 2);
    result.first.push_back(first);
  }
  return result;
}

}  // namespace oag::image
