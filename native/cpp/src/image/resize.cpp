#include "image/resize.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "image/resize_rows.h"
#include "image/resize_weights.h"

namespace oag::image {
namespace {

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

  const int64_t window_bytes = int64_t{3} * window.width;
  AxisWeights vertical;
  int first_row = window.top, end_row = window.top + window.height;  // of the source
  if (!same_height) {
    vertical = axis_weights(source.height, size.height, window.top, window.height, filter);
    first_row = vertical.source_begin();
    end_row = vertical.source_end();
  }

  Picture narrowed;  // rows [first_row, end_row) of the source, at the window's columns
  if (!same_width) {
    narrowed = other_width(source, first_row, end_row, axis_weights(source.width, size.width, window.left, window.width, filter), loops);
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
