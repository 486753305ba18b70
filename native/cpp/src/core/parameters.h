// What a model definition says about its weights. Definition and weights are separate: any weight set runs with it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace oag {

class ParameterSource;

enum class ParameterKind : uint8_t {
  matrix,  // [outputs, inputs], the right side of `linear`; an executor packs it as it likes
  table,   // [rows, width], looked up by row
  vector,  // [width]: biases, gains, single tokens
  scalar,  // []
};

// A parameter of the definition, by its position in the ParameterList.
struct Parameter {
  uint32_t index = 0;
};

// One parameter and the tensors of the model folder it is made of. Several tensors are stacked along their first dimension: that is how
// the query, key and value projections become one matrix of three parts. A part can always be read back (Weights::read_back).
struct ParameterSpec {
  std::string role;                  // "text.block.3.qkv": for people
  ParameterKind kind;
  std::vector<std::string> tensors;  // names in the folder, or of derived parts, one per part
  std::vector<int64_t> shape;        // of each part, as in the folder; a convolution [out, in, h, w] is the matrix [out, in·h·w]

  int parts() const { return static_cast<int>(tensors.size()); }
  int64_t part_rows() const { return kind == ParameterKind::vector || shape.empty() ? 1 : shape[0]; }
  int64_t width() const;  // numbers per row: the inputs of a matrix, the length of a vector
  int64_t part_numbers() const { return part_rows() * width(); }
};

// A part that is no tensor of the folder but made of some while they are read: a slice of a fused projection, a transposed matrix, a convolution with its
// batch norm folded in, a table resized to another grid.
struct DerivedPart {
  struct Input {
    std::string tensor;
    std::vector<int64_t> shape;  // as in the folder
  };
  std::vector<Input> inputs;
  // Writes rows first_row … first_row + rows of the part, `width` numbers each. `tensors` reads the inputs. Any thread.
  std::function<void(const ParameterSource& tensors, int64_t first_row, int64_t rows, int64_t width, float* out)> read;
};

class ParameterList {
 public:
  Parameter add(ParameterSpec spec);
  // Declares `name`, for ParameterSpec::tensors, and returns it. core/derived_parts.h makes the usual ones.
  std::string derive(std::string name, DerivedPart part);
  const DerivedPart* derived(const std::string& name) const;  // null for a tensor of the folder
  const ParameterSpec& operator[](Parameter parameter) const { return specs_[parameter.index]; }
  size_t size() const { return specs_.size(); }
  auto begin() const { return specs_.begin(); }
  auto end() const { return specs_.end(); }
  int64_t numbers() const;

  // Every tensor that a folder must have, with its shape there: those of parts, and the inputs of derived parts. One tensor may be listed more than once.
  std::vector<DerivedPart::Input> tensors() const;

 private:
  std::vector<ParameterSpec> specs_;
  std::map<std::string, DerivedPart> derived_;
};

// Where an executor gets the numbers from while it prepares weights; the model folder implements it.
class ParameterSource {
 public:
  virtual ~ParameterSource() = default;

  // Writes rows first_row … first_row + rows of `tensor` to `out` as float32. `rows` × width numbers are checked to be finite. A tensor
  // without dimensions has one row. Throws Error (io, bad_model) naming file and tensor.
  virtual void read(const std::string& tensor, int64_t first_row, int64_t rows, int64_t width, float* out) const = 0;
};

}  // namespace oag
