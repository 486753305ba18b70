// The usual ways to make a part of a parameter of tensors that lie otherwise in the folder.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/parameters.h"

namespace oag {

// Rows first … first + rows of a tensor of this shape, elements of a vector: one of several projections that were saved as one (torch's in_proj_weight, in_proj_bias).
DerivedPart rows_of(const std::string& tensor, const std::vector<int64_t>& shape, int64_t first);

// Rows first … first + rows of a tensor, each plus row 0 of `added`: positions with what every token gets besides (BERT's first token type).
DerivedPart rows_plus_row(const std::string& tensor, const std::vector<int64_t>& shape, int64_t first, const std::string& added, const std::vector<int64_t>& added_shape);

// The transpose of a tensor [width, rows]: a projection that was saved as [inputs, outputs].
DerivedPart transposed(const std::string& tensor, int64_t width, int64_t rows);

// Row r of a tensor [rows, width] times element r of the vector `scale` [rows]: a scale behind a linear map, folded into it. For a vector the width is 1.
DerivedPart rows_scaled(const std::string& tensor, int64_t rows, int64_t width, const std::string& scale);

// A convolution and the batch norm behind it as one (Ioffe & Szegedy 2015): with s = gain / √(variance + epsilon), the weight is s · weight and the bias is bias − s · mean.
struct BatchNorm {
  std::string gain, bias, mean, variance;  // tensors [outputs]
  double epsilon = 1e-5;
};
// Of a tensor [outputs, inputs, kernel, kernel]; the part is [outputs, kernel·kernel·inputs], inputs innermost, as Ops::conv2d takes it.
DerivedPart convolution_with_norm(const std::string& tensor, int64_t outputs, int64_t inputs, int64_t kernel, const BatchNorm& norm);
// The vector [outputs] of biases.
DerivedPart bias_with_norm(int64_t outputs, const BatchNorm& norm);

// How a table of positions on a grid becomes that of another grid, as torch's interpolate(mode="bicubic", align_corners=False) computes it.
enum class Interpolation : uint8_t {
  bicubic,              // Keys' kernel with a = -0.75 at the nearest four points (Keys 1981)
  bicubic_antialiased,  // a = -0.5, stretched where the grid shrinks, as Pillow does
};
struct Grid {
  int64_t rows = 0, columns = 0;
  int64_t cells() const { return rows * columns; }
};
// `tensor` has `prefix` rows, which are kept, and then the cells of `from`, row by row; all of `width` numbers; `shape` is its shape in the folder. Behind the prefix
// come `unplaced` rows of zeros: tokens without a position.
DerivedPart resized_positions(const std::string& tensor, const std::vector<int64_t>& shape, int64_t width, int64_t prefix, int64_t unplaced, Grid from, Grid to,
                              Interpolation interpolation);

// Tensors one below the other, each of `rows` rows. `shape` is that in the folder.
struct Stacked {
  std::string tensor;
  std::vector<int64_t> shape;
  int64_t rows = 0;
};
DerivedPart stacked(const std::vector<Stacked>& tensors);

// What a list declares as derived is made here; all else is read from `tensors`.
class DerivingSource final : public ParameterSource {
 public:
  // Both outlive it.
  DerivingSource(const ParameterList& parameters, const ParameterSource& tensors) : parameters_(parameters), tensors_(tensors) {}

  void read(const std::string& name, int64_t first_row, int64_t rows, int64_t width, float* out) const override;

 private:
  const ParameterList& parameters_;
  const ParameterSource& tensors_;
};

}  // namespace oag
