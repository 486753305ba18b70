#include "core/derived_parts.h"

#include <algorithm>

namespace oag {

DerivedPart rows_of(const std::string& tensor, const std::vector<int64_t>& shape, int64_t first) {
  return {{{tensor, shape}}, [tensor, first](const ParameterSource& tensors, int64_t first_row, int64_t rows, int64_t width, float* out) {
            tensors.read(tensor, first + first_row, rows, width, out);
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

void DerivingSource::read(const std::string& name, int64_t first_row, int64_t rows, int64_t width, float* out) const {
  if (const DerivedPart* part = parameters_.derived(name)) part->read(tensors_, first_row, rows, width, out);
  else tensors_.read(name, first_row, rows, width, out);
}

}  // namespace oag
