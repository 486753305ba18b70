// What a precision does to each matrix of a model by itself: measured where it counts, on the rows that the samples bring to that matrix.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <variant>
#include <vector>

#include "core/parameters.h"
#include "core/precision.h"
#include "ops/executor.h"

namespace oag {

// One product of a model's, with the values that went into it.
struct ObservedProduct {
  std::variant<op::Linear, op::Conv2d, op::Patches> what;
  int64_t rows = 0;             // of x or of the pictures: evenly spread ones where the pass had more
  std::vector<float> x;         // linear: [rows, width of x]; conv2d: the same, of whole pictures
  std::vector<float> residual;  // linear, conv2d: [rows of the result, its width], or empty
  std::vector<uint8_t> pixels;  // patches: [rows, height·width·channels]
  std::vector<float> levels;    // patches: [channels, 256]
};

// Collects the products of passes. Not thread-safe.
class ObservedProducts {
 public:
  void clear() { products_.clear(); }
  void add(ObservedProduct product) { products_.push_back(std::move(product)); }
  const std::vector<ObservedProduct>& all() const { return products_; }

 private:
  std::vector<ObservedProduct> products_;
};

// Runs a program on `pass` and reads what goes into its products on the way. The same program must have been recorded through this, too, for the memory of a pass is
// planned from what reads it: with `found` null, as for that recording, the reads are done and nothing is kept.
void observe(const ParameterList& parameters, const std::function<void(Pass&)>& program, Pass& pass, ObservedProducts* found);

// For each matrix of `products`, ‖fp32 − precision‖² / ‖fp32‖² over the product's results, activation and residual included; the worst of its products. Every matrix is
// prepared and multiplied by the executor itself, alone, so that this costs about one more preparation of the weights.
std::map<uint32_t, double> matrix_errors(Executor& executor, const ParameterList& parameters, const ParameterSource& source, const ObservedProducts& products,
                                         Precision precision);

}  // namespace oag
