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
Picture resize_in_two_passes(RgbView source, Size size, Filter filter, Window window, ResizePath path) {
  const bool same_width = size.width == source.width, same_height = size.height == source.height;
  if (same_width && same_height) return copy(source, window);
  if (filter == Filter::nearest) return resize_nearest(source, size, window);

  HorizontalRow horizontal_row = horizontal_row_scalar;
  VerticalRow vertical_row = vertical_row_scalar;
#if defined(__x86_64__)
  if (path == ResizePath::avx2) {
    horizontal_row = horizontal_row_avx2;
    vertical_row = vertical_row_avx2;
  }
#elif defined(__aarch64__)
  if (path == ResizePath::neon) {
    horizontal_row = horizontal_row_neon;
    vertical_row = vertical_row_neon;
  }
#else
  (void)path;
#endif

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
    const AxisWeights horizontal = axis_weights(source.width, size.width, window.left, window.width, kernel);
    const Taps taps = horizontal.view();
    narrowed = Picture(window.width, end_row - first_row);
    for (int y = first_row; y < end_row; ++y) {
      const uint8_t* row = source.row(y);
      horizontal_row(row, row + int64_t{3} * source.width, taps, narrowed.row(y - first_row));
    }
    if (same_height) return narrowed;
  }

  Picture result(window.width, window.height);
  std::vector<const uint8_t*> rows(static_cast<size_t>(vertical.stride));
  for (int y = 0; y < window.height; ++y) {
    const int first = vertical.first[static_cast<size_t>(y)], taps = vertical.taps[static_cast<size_t>(y)];
    for (int k = 0; k < taps; ++k) {
      rows[static_cast<size_t>(k)] =
          same_width ? source.row(first + k) + int64_t{3} * window.left : narrowed.row(first + k - first_row);
    }
    vertical_row(rows.data(), vertical.weights.data() + static_cast<int64_t>(y) * vertical.stride, taps,
                 window_bytes, result.row(y));
  }
  return result;
}

}  // namespace

ResizePath best_resize_path() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return ResizePath::avx2;
#elif defined(__aarch64__)
  return ResizePath::neon;
#endif
  return ResizePath::scalar;
}

Picture resize(RgbView source, Size size, Filter filter, ResizePath path) {
  return resize(source, size, filter, Window{0, 0, size.width, size.height}, path);
}

Picture resize(RgbView source, Size size, Filter filter, Window window, ResizePath path) {
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
    const Picture lowered = resize_in_two_passes(source, {source.width, size.height}, filter, columns, path);
    const Window rest{window.left, 0, window.width, window.height};
    return resize_in_two_passes(lowered.view(), {size.width, window.height}, filter, rest, path);
  }
  return resize_in_two_passes(source, size, filter, window, path);
}

}  // namespace oag::image
