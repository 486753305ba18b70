#include "core/derived_parts.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.h"

namespace oag {

DerivedPart rows_of(const std::string& tensor, const std::vector<int64_t>& shape, int64_t first) {
  const bool is_vector = shape.size() == 1;  // read as one row; `first` counts its elements
  return {{{tensor, shape}}, [tensor, first, is_vector](const ParameterSource& tensors, int64_t first_row, int64_t rows, int64_t width, float* out) {
            if (is_vector) tensors.read(tensor, first + first_row * width, rows * width, 1, out);
            else tensors.read(tensor, first + first_row, rows, width, out);
          }};
}

DerivedPart rows_plus_row(const std::string& tensor, const std::vector<int64_t>& shape, int64_t first, const std::string& added,
                          const std::vector<int64_t>& added_shape) {
  return {{{tensor, shape}, {added, added_shape}},
          [tensor, added, first](const ParameterSource& tensors, int64_t first_row, int64_t rows, int64_t width, float* out) {
            std::vector<float> row(static_cast<size_t>(width));
            tensors.read(added, 0, 1, width, row.data());
            tensors.read(tensor, first + first_row, rows, width, out);
            for (int64_t r = 0; r < rows; r++)
              for (int64_t c = 0; c < width; c++) out[r * width + c] += row[static_cast<size_t>(c)];
          }};
}

DerivedPart transposed(const std::string& tensor, int64_t width, int64_t rows) {
  const int64_t tensor_width = rows;
  return {{{tensor, {width, tensor_width}}},
          [tensor, tensor_width](const ParameterSource& tensors, int64_t first_row, int64_t rows_now, int64_t width_now, float* out) {
            const int64_t at_once = std::max<int64_t>(1, 65536 / tensor_width);  // 256 KiB of the tensor
            std::vector<float> lines(static_cast<size_t>(std::min(at_once, width_now) * tensor_width));
            for (int64_t line = 0; line < width_now; line += at_once) {
              const int64_t count = std::min(at_once, width_now - line);
              tensors.read(tensor, line, count, tensor_width, lines.data());
              for (int64_t row = 0; row < rows_now; row++)
                for (int64_t l = 0; l < count; l++) out[row * width_now + line + l] = lines[static_cast<size_t>(l * tensor_width + first_row + row)];
            }
          }};
}

DerivedPart rows_scaled(const std::string& tensor, int64_t rows, int64_t width, const std::string& scale) {
  const std::vector<int64_t> shape = width == 1 ? std::vector<int64_t>{rows} : std::vector<int64_t>{rows, width};
  return {{{tensor, shape}, {scale, {rows}}}, [=](const ParameterSource& tensors, int64_t first_row, int64_t rows_now, int64_t width_now, float* out) {
            // A vector is read as one row of all its numbers.
            const int64_t factors_first = first_row * width_now / width, factors = rows_now * width_now / width;
            std::vector<float> factor(static_cast<size_t>(factors));
            tensors.read(scale, factors_first, factors, 1, factor.data());
            tensors.read(tensor, first_row, rows_now, width_now, out);
            for (int64_t i = 0; i < rows_now * width_now; i++) out[i] *= factor[static_cast<size_t>(i / width)];
          }};
}

namespace {

// gain / √(variance + epsilon) of elements first … first + count. Error(bad_model) for a variance that has no root.
std::vector<double> norm_scales(const ParameterSource& tensors, const BatchNorm& norm, int64_t first, int64_t count) {
  std::vector<float> gain(static_cast<size_t>(count)), variance(static_cast<size_t>(count));
  tensors.read(norm.gain, first, count, 1, gain.data());
  tensors.read(norm.variance, first, count, 1, variance.data());
  std::vector<double> scales(static_cast<size_t>(count));
  for (size_t i = 0; i < scales.size(); i++) {
    if (!(variance[i] + norm.epsilon > 0))
      throw Error(Status::bad_model, "tensor " + norm.variance + " has the variance " + std::to_string(variance[i]) + " at element " + std::to_string(first + static_cast<int64_t>(i)) +
                                         ": a variance is not negative; the file is damaged");
    scales[i] = gain[i] / std::sqrt(variance[i] + norm.epsilon);
  }
  return scales;
}

}  // namespace

DerivedPart convolution_with_norm(const std::string& tensor, int64_t outputs, int64_t inputs, int64_t kernel, const BatchNorm& norm) {
  return {{{tensor, {outputs, inputs, kernel, kernel}}, {norm.gain, {outputs}}, {norm.variance, {outputs}}},
          [=](const ParameterSource& tensors, int64_t first_row, int64_t rows, int64_t width, float* out) {
            const std::vector<double> scales = norm_scales(tensors, norm, first_row, rows);
            const int64_t cells = kernel * kernel;
            std::vector<float> lines(static_cast<size_t>(rows * width));  // [rows, inputs, cells]
            tensors.read(tensor, first_row, rows, width, lines.data());
            for (int64_t row = 0; row < rows; row++)
              for (int64_t cell = 0; cell < cells; cell++)
                for (int64_t i = 0; i < inputs; i++)
                  *out++ = static_cast<float>(scales[static_cast<size_t>(row)] * lines[static_cast<size_t>((row * inputs + i) * cells + cell)]);
          }};
}

DerivedPart bias_with_norm(int64_t outputs, const BatchNorm& norm) {
  return {{{norm.gain, {outputs}}, {norm.bias, {outputs}}, {norm.mean, {outputs}}, {norm.variance, {outputs}}},
          [=](const ParameterSource& tensors, int64_t first_row, int64_t rows, int64_t width, float* out) {
            const int64_t first = first_row * width, count = rows * width;  // a vector is read as one row of all its numbers
            const std::vector<double> scales = norm_scales(tensors, norm, first, count);
            std::vector<float> bias(static_cast<size_t>(count)), mean(static_cast<size_t>(count));
            tensors.read(norm.bias, first, count, 1, bias.data());
            tensors.read(norm.mean, first, count, 1, mean.data());
            for (size_t i = 0; i < scales.size(); i++) out[i] = static_cast<float>(bias[i] - scales[i] * mean[i]);
          }};
}

namespace {

// One axis: result i is Σ_j weights[i][j].second · source[weights[i][j].first].
using Weights1d = std::vector<std::vector<std::pair<int64_t, double>>>;

double keys_kernel(double x, double a) {
  x = std::fabs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return 0;
}

Weights1d axis_weights(int64_t from, int64_t to, Interpolation interpolation) {
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  Weights1d all(static_cast<size_t>(to));
  for (int64_t i = 0; i < to; i++) {
    std::vector<std::pair<int64_t, double>>& weights = all[static_cast<size_t>(i)];
    const double centre = (static_cast<double>(i) + 0.5) * scale;
    if (interpolation == Interpolation::bicubic) {
      const double at = centre - 0.5, floor = std::floor(at);
      for (int64_t k = -1; k <= 2; k++)  // what lies outside is the edge
        weights.emplace_back(std::clamp<int64_t>(static_cast<int64_t>(floor) + k, 0, from - 1), keys_kernel(at - floor - static_cast<double>(k), -0.75));
      continue;
    }
    const double stretch = std::max(1.0, scale), support = 2 * stretch;
    const auto low = std::max<int64_t>(0, static_cast<int64_t>(centre - support + 0.5)), high = std::min<int64_t>(from, static_cast<int64_t>(centre + support + 0.5));
    double sum = 0;
    for (int64_t k = low; k < high; k++) {
      weights.emplace_back(k, keys_kernel((static_cast<double>(k) - centre + 0.5) / stretch, -0.5));
      sum += weights.back().second;
    }
    for (auto& [k, weight] : weights) weight /= sum;
  }
  return all;
}

}  // namespace

DerivedPart resized_positions(const std::string& tensor, const std::vector<int64_t>& shape, int64_t width, int64_t prefix, int64_t unplaced, Grid from, Grid to,
                              Interpolation interpolation) {
  return {{{tensor, shape}}, [=](const ParameterSource& tensors, int64_t first_row, int64_t rows, int64_t, float* out) {
            const bool same = from.rows == to.rows && from.columns == to.columns;
            std::vector<float> table(static_cast<size_t>((prefix + from.cells()) * width));
            tensors.read(tensor, 0, prefix + from.cells(), width, table.data());
            const Weights1d down = axis_weights(from.rows, to.rows, interpolation), across = axis_weights(from.columns, to.columns, interpolation);
            std::vector<double> sums(static_cast<size_t>(width));
            for (int64_t r = first_row; r < first_row + rows; r++, out += width) {
              const int64_t cell = r - prefix - unplaced;
              if (r < prefix || (same && cell >= 0)) {
                std::copy_n(table.data() + (r < prefix ? r : prefix + cell) * width, width, out);
                continue;
              }
              std::fill(sums.begin(), sums.end(), 0.0);
              if (cell >= 0)
                for (const auto& [y, y_weight] : down[static_cast<size_t>(cell / to.columns)])
                  for (const auto& [x, x_weight] : across[static_cast<size_t>(cell % to.columns)]) {
                    const float* row = table.data() + (prefix + y * from.columns + x) * width;
                    for (int64_t i = 0; i < width; i++) sums[static_cast<size_t>(i)] += y_weight * x_weight * row[i];
                  }
              for (int64_t i = 0; i < width; i++) out[i] = static_cast<float>(sums[static_cast<size_t>(i)]);
            }
          }};
}

DerivedPart stacked(const std::vector<Stacked>& tensors) {
  DerivedPart part;
  for (const Stacked& each : tensors) part.inputs.push_back({each.tensor, each.shape});
  part.read = [tensors](const ParameterSource& source, int64_t first_row, int64_t rows, int64_t width, float* out) {
    int64_t above = 0;
    for (const Stacked& each : tensors) {
      const int64_t first = std::max(first_row, above), end = std::min(first_row + rows, above + each.rows);
      if (first < end) source.read(each.tensor, first - above, end - first, width, out + (first - first_row) * width);
      above += each.rows;
    }
  };
  return part;
}

void DerivingSource::read(const std::string& name, int64_t first_row, int64_t rows, int64_t width, float* out) const {
  if (const DerivedPart* part = parameters_.derived(name)) part->read(tensors_, first_row, rows, width, out);
  else tensors_.read(name, first_row, rows, width, out);
}

}  // namespace oag
