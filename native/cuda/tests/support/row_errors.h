// Matrices of packed rows with poison between them, for tests of kernels over rows.
#pragma once

#include <algorithm>
#include <cmath>
#include <random>
#include <type_traits>
#include <vector>

#include "simt/simt.h"
#include "support/device_buffer.h"
#include "support/row_format.h"

namespace oag::cuda::test {

// Normally distributed numbers in the rows' columns; what lies between keeps its poison.
template <class T> void draw_rows(DeviceBuffer<T>& matrix, int rows, int columns, int64_t stride, float size, std::mt19937& random) {
  std::normal_distribution<float> normal(0, size);
  for (int r = 0; r < rows; r++)
    for (int c = 0; c < columns; c++) matrix[static_cast<size_t>(r * stride + c)] = simt::from_float<T>(normal(random));
}

// A result against fp64 (`exact`) and the plain implementation in the same precision, [rows · columns] each.
struct RowErrors {
  double relative, plain_relative;  // ‖got − exact‖ / ‖exact‖
  double largest, plain_largest;    // |got − exact|
  double ulp;                       // a unit in the last place of the largest number
  bool kept;                        // nothing was written between the rows

  bool relative_is_right() const { return relative <= 2 * plain_relative + 1e-6; }
  bool largest_is_right() const { return largest <= 2 * plain_largest + ulp; }
};

template <class T> RowErrors row_errors(const DeviceBuffer<T>& out, int rows, int columns, int64_t stride, const std::vector<double>& exact, const std::vector<double>& plain) {
  double error = 0, plain_error = 0, norm = 0, top = 0;
  RowErrors e{0, 0, 0, 0, 0, true};
  for (int r = 0; r < rows; r++)
    for (int64_t c = 0; c < stride; c++) {
      const T value = out[static_cast<size_t>(r * stride + c)];
      if (c >= columns) {
        e.kept = e.kept && value.bits == 0xffff;
        continue;
      }
      const size_t i = static_cast<size_t>(r * columns + c);
      const double ours = std::fabs(static_cast<double>(simt::to_float(value)) - exact[i]), theirs = std::fabs(plain[i] - exact[i]);
      error += ours * ours;
      plain_error += theirs * theirs;
      norm += exact[i] * exact[i];
      if (!(ours <= e.largest)) e.largest = ours;  // NaN, too
      e.plain_largest = std::max(e.plain_largest, theirs);
      top = std::max(top, std::fabs(exact[i]));
    }
  e.relative = std::sqrt(error / norm);
  e.plain_relative = std::sqrt(plain_error / norm);
  e.ulp = top / (std::is_same_v<T, simt::half_t> ? 1024 : 128);
  return e;
}

#ifdef DOCTEST_VERSION
template <class T> void check_rows(const DeviceBuffer<T>& out, int rows, int columns, int64_t stride, const std::vector<double>& exact, const std::vector<double>& plain) {
  const RowErrors e = row_errors(out, rows, columns, stride, exact, plain);
  CAPTURE(e.relative);
  CAPTURE(e.plain_relative);
  CHECK(e.relative_is_right());
  CHECK(e.largest_is_right());
  CHECK(e.kept);
}
#endif

}  // namespace oag::cuda::test
