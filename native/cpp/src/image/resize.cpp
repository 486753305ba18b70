#include "image/resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <vector>

#include "image/resize_rows.h"

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

// The weights of one axis for the results [begin, begin + count) of out_size.
struct AxisWeights {
  std::vector<int> first, taps;
  std::vector<int32_t> weights;  // [count, stride]
  int stride = 0;

  Taps view() const { return {first.data(), taps.data(), weights.data(), stride, static_cast<int>(first.size())}; }
  // The source positions that any result reads: [source_begin, source_end).
  int source_begin() const { return *std::min_element(first.begin(), first.end()); }
  int source_end() const {
    int end = 0;
    for (size_t i = 0; i < first.size(); ++i) end = std::max(end, first[i] + taps[i]);
    return end;
  }
};

// precompute_coeffs and normalize_coeffs_8bpc of Resample.c, for the box of the whole source (whose edges Pillow holds in single
// precision).
AxisWeights axis_weights(int in_size, int out_size, int begin, int count, Kernel kernel) {
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

ResizeLoops loops_of(ResizePath path) {
  ResizeLoops loops{horizontal_row_scalar, vertical_row_scalar, nullptr, nullptr, 0};
#if defined(__x86_64__)
  if (path == ResizePath::avx2) {
    loops.horizontal_pairs = horizontal_rows_avx2;
    loops.vertical_pairs = vertical_row_avx2;
    loops.positions = 4;
  } else if (path == ResizePath::avx512) {
    loops.horizontal_pairs = horizontal_rows_avx512;
    loops.vertical_pairs = vertical_row_avx512;
    loops.positions = 8;
  }
#elif defined(__aarch64__)
  if (path == ResizePath::neon) {
    loops.horizontal = horizontal_row_neon;
    loops.vertical = vertical_row_neon;
  }
#else
  (void)path;
#endif
  return loops;
}

int16_t high_half(int32_t weight) { return static_cast<int16_t>(weight >> low_bits); }
int16_t low_half(int32_t weight) { return static_cast<int16_t>(weight & ((1 << low_bits) - 1)); }

int32_t pair(int16_t first, int16_t second) { return static_cast<int32_t>(static_cast<uint32_t>(static_cast<uint16_t>(second)) << 16 | static_cast<uint16_t>(first)); }

// Pairs of `count` weights (which is even, or one more is taken as 0). A weight is less than 2, 23 bits, and its high half less than 2^12. The high halves to pairs, the low ones `apart` behind them.
void pair_up(const int32_t* weights, int count, int32_t* pairs, int apart) {
  for (int k = 0; k < count; k += 2) {
    const int32_t a = weights[k], b = k + 1 < count ? weights[k + 1] : 0;
    pairs[k / 2] = pair(high_half(a), high_half(b));
    pairs[apart + k / 2] = pair(low_half(a), low_half(b));
  }
}

// The weights of an axis for HorizontalRows.
struct PairedWeights {
  std::vector<int> first;
  std::vector<int32_t> pairs;
  int padded = 0;

  PairedTaps view() const { return {first.data(), pairs.data(), padded, static_cast<int>(first.size())}; }
};

// Empty where the source is too narrow for the padding.
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

// Rows [first, end) of the source at other columns.
Picture other_width(RgbView source, int first, int end, const AxisWeights& axis, const ResizeLoops& loops) {
  const Taps taps = axis.view();
  Picture result(taps.count, end - first);
  int y = first;
  if (loops.horizontal_pairs) {
    const PairedWeights weights = paired(axis, source.width, loops.positions);
    // Not the last row of the picture, behind which nothing may be read.
    if (const int rows = std::min(end, source.height - 1) - first; weights.padded > 0 && rows > 0) {
      loops.horizontal_pairs(source.row(first), source.stride, rows, weights.view(), result.pixels(), int64_t{3} * taps.count);
      y += rows;
    }
  }
  for (; y < end; ++y) {
    const uint8_t* row = source.row(y);
    loops.horizontal(row, row + int64_t{3} * source.width, taps, result.row(y - first));
  }
  return result;
}

// Source positions of nearest neighbours: ImagingScaleAffine adds up steps in double, from the first position on.
std::vector<int> nearest_positions(int in_size, int out_size, int begin, int count) {
  const double step = static_cast<double>(static_cast<float>(in_size)) / out_size;
  double position = step * 0.5;
  for (int i = 0; i < begin; ++i) position += step;
  std::vector<int> positions(static_cast<size_t>(count));
  for (int& at : positions) {
    at = std::min(static_cast<int>(position), in_size - 1);
    position += step;
  }
  return positions;
}

Picture resize_nearest(RgbView source, Size size, Window window) {
  const std::vector<int> columns = nearest_positions(source.width, size.width, window.left, window.width);
  const std::vector<int> rows = nearest_positions(source.height, size.height, window.top, window.height);
  Picture result(window.width, window.height);
  for (int y = 0; y < window.height; ++y) {
    const uint8_t* from = source.row(rows[static_cast<size_t>(y)]);
    uint8_t* to = result.row(y);
    for (const int column : columns) {
      std::memcpy(to, from + int64_t{3} * column, 3);
      to += 3;
    }
  }
  return result;
}

Picture copy(RgbView source, Window window) {
  Picture result(window.width, window.height);
  for (int y = 0; y < window.height; ++y) {
    std::memcpy(result.row(y), source.row(window.top + y) + int64_t{3} * window.left, static_cast<size_t>(window.width) * 3);
  }
  return result;
}

// Horizontally first, over the rows that the vertical pass will read; bytes between the passes. A pass whose axis keeps its size
// is left out (its weights would be 1).
Picture resize_in_two_passes(RgbView source, Size size, Filter filter, Window window, const ResizeLoops& loops) {
  const bool same_width = size.width == source.width, same_height = size.height == source.height;
  if (same_width && same_height) return copy(source, window);
  if (filter == Filter::nearest) return resize_nearest(source, size, window);

  const Kernel kernel = kernel_of(filter);
  const int64_t window_bytes = int64_t{3} * window.width;
  AxisWeights vertical;
  int first_row = window.top, end_row = window.top + window.height;  // of the source
  if (!same_height) {
    vertical = axis_weights(source.height, size.height, window.top, window.height, kernel);
    first_row = vertical.source_begin();
    end_row = vertical.source_end();
  }

  Picture narrowed;  // rows [first_row, end_row) of the source, at the window's columns
  if (!same_width) {
    narrowed = other_width(source, first_row, end_row, axis_weights(source.width, size.width, window.left, window.width, kernel), loops);
    if (same_height) return narrowed;
  }

  Picture result(window.width, window.height);
  std::vector<const uint8_t*> rows(static_cast<size_t>(vertical.stride));
  std::vector<int32_t> pairs(static_cast<size_t>(vertical.stride) + 1);
  for (int y = 0; y < window.height; ++y) {
    const int first = vertical.first[static_cast<size_t>(y)], taps = vertical.taps[static_cast<size_t>(y)];
    for (int k = 0; k < taps; ++k) {
      rows[static_cast<size_t>(k)] =
          same_width ? source.row(first + k) + int64_t{3} * window.left : narrowed.row(first + k - first_row);
    }
    const int32_t* weights = vertical.weights.data() + static_cast<int64_t>(y) * vertical.stride;
    if (loops.vertical_pairs) {
      pair_up(weights, taps, pairs.data(), (taps + 1) / 2);
      loops.vertical_pairs(rows.data(), weights, pairs.data(), taps, window_bytes, result.row(y));
    } else {
      loops.vertical(rows.data(), weights, taps, window_bytes, result.row(y));
    }
  }
  return result;
}

}  // namespace

std::vector<ResizePath> resize_paths() {
  std::vector<ResizePath> paths{ResizePath::scalar};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) paths.push_back(ResizePath::avx2);
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) paths.push_back(ResizePath::avx512);
#elif defined(__aarch64__)
  paths.push_back(ResizePath::neon);
#endif
  return paths;
}

ResizePath best_resize_path() {
  static const ResizePath best = resize_paths().back();
  return best;
}

Picture resize(RgbView source, Size size, Filter filter, ResizePath path) {
  return resize(source, size, filter, Window{0, 0, size.width, size.height}, path);
}

Picture resize(RgbView source, Size size, Filter filter, Window window, ResizePath path) {
  return resize(source, size, filter, window, loops_of(path));
}

Picture resize(RgbView source, Size size, Filter filter, Window window, const ResizeLoops& loops) {
  if (source.width < 1 || source.height < 1 || size.width < 1 || size.height < 1 || window.left < 0 || window.top < 0 ||
      window.width < 1 || window.height < 1 || window.width > size.width - window.left ||
      window.height > size.height - window.top) {
    throw Error(Status::invalid_argument, "a picture of " + std::to_string(source.width) + " x " + std::to_string(source.height) +
                                              " cannot be resized to " + std::to_string(size.width) + " x " +
                                              std::to_string(size.height) + ": sizes are at least 1, and a window lies inside");
  }
  for (const int edge : {source.width, source.height, size.width, size.height}) {
    if (edge > max_edge) {
      throw Error(Status::invalid_argument, "an edge of " + std::to_string(edge) + " pixels is more than resizing handles (" +
                                                std::to_string(max_edge) + ")");
    }
  }
  // Pillow turns the order round for very tall pictures (Image.resize, in Python). Bytes lie between the passes, so it shows.
  if (source.height > int64_t{100} * source.width && size.height < source.height) {
    const Window columns{0, window.top, source.width, window.height};
    const Picture lowered = resize_in_two_passes(source, {source.width, size.height}, filter, columns, loops);
    const Window rest{window.left, 0, window.width, window.height};
    return resize_in_two_passes(lowered.view(), {size.width, window.height}, filter, rest, loops);
  }
  return resize_in_two_passes(source, size, filter, window, loops);
}

}  // namespace oag::image
