#include "runtime/matrix_errors.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/error.h"
#include "ops/recorder.h"

namespace oag {
namespace {

// Rows of one product that are kept; the pictures of a patch product, each of which brings as many rows as it has patches; those of a convolution, which are as large as the
// tensors of a pass.
constexpr int64_t most_rows = 32, most_pictures = 3, most_convolved = 1;

Parameter matrix_of(const ObservedProduct& product) {
  return std::visit([](const auto& what) { return what.weight; }, product.what);
}

class ObservingPass final : public Pass {
 public:
  ObservingPass(const ParameterList& parameters, Pass& pass, ObservedProducts* found) : Pass(parameters), pass_(pass), found_(found) {}

  void read(const Tensor& tensor, void* values) override { pass_.read(tensor, values); }

 protected:
  void write(const Tensor& tensor, FunctionRef<void(void*)> fill) override { pass_.repeat(tensor, fill); }

  void execute(const Operation& operation) override {
    if (const auto* linear = std::get_if<op::Linear>(&operation.what)) {
      ObservedProduct product{.what = *linear, .x = some_rows<float>(linear->x, most_rows), .residual = {}, .pixels = {}, .levels = {}};
      if (linear->residual) product.residual = some_rows<float>(*linear->residual, most_rows);
      add(std::move(product), linear->x, most_rows);
    }
    if (const auto* convolution = std::get_if<op::Conv2d>(&operation.what)) {
      const int64_t cells = convolution->window.cells();
      ObservedProduct product{.what = *convolution, .x = some_rows<float>(convolution->x, most_convolved, cells), .residual = {}, .pixels = {}, .levels = {}};
      if (convolution->residual) product.residual = some_rows<float>(*convolution->residual, most_convolved, convolution->window.out_cells());
      add(std::move(product), convolution->x, most_convolved * cells);
    }
    if (const auto* patches = std::get_if<op::Patches>(&operation.what)) {
      ObservedProduct product{.what = *patches, .x = {}, .residual = {}, .pixels = some_rows<uint8_t>(patches->images, most_pictures), .levels = {}};
      product.levels = some_rows<float>(patches->levels, patches->channels);
      add(std::move(product), patches->images, most_pictures);
    }
    pass_.repeat(operation);
  }

 private:
  void add(ObservedProduct product, const Tensor& x, int64_t most) {
    if (!found_) return;
    product.rows = std::min(most, x.shape.rows.value());
    if (product.rows > 0) found_->add(std::move(product));
  }

  // At most `most` groups of `group` rows each.
  template <class T>
  std::vector<T> some_rows(const Tensor& tensor, int64_t most, int64_t group = 1) {
    if (!found_) {
      pass_.read(tensor, nullptr);
      return {};
    }
    const int64_t rows = tensor.shape.rows.value() / group, width = tensor.shape.width.value() * group, kept = std::min(rows, most);
    std::vector<T> all(static_cast<size_t>(rows * width));
    pass_.read(tensor, all.data());
    for (int64_t i = 0; i < kept; i++) std::memmove(&all[static_cast<size_t>(i * width)], &all[static_cast<size_t>(i * rows / kept * width)], static_cast<size_t>(width) * sizeof(T));
    all.resize(static_cast<size_t>(kept * width));
    return all;
  }

  Pass& pass_;
  ObservedProducts* found_;
};

// One product as a model of its own: its parameters under new numbers, and the program that computes it.
class LoneProduct {
 public:
  LoneProduct(const ParameterList& parameters, const ObservedProduct& product) : product_(product) {
    if (const auto* linear = std::get_if<op::Linear>(&product.what)) {
      weight_ = list_.add(parameters[linear->weight]);
      if (linear->bias) bias_ = list_.add(parameters[*linear->bias]);
    } else if (const auto* convolution = std::get_if<op::Conv2d>(&product.what)) {
      weight_ = list_.add(parameters[convolution->weight]);
      if (convolution->bias) bias_ = list_.add(parameters[*convolution->bias]);
    } else {
      const auto& patches = std::get<op::Patches>(product.what);
      weight_ = list_.add(parameters[patches.weight]);
      if (patches.bias) bias_ = list_.add(parameters[*patches.bias]);
      if (patches.prefix) prefix_ = list_.add(parameters[*patches.prefix]);
      positions_ = list_.add(parameters[patches.positions]);
    }
  }

  std::vector<float> compute(Executor& executor, const ParameterSource& source, Precision precision) const {
    std::vector<float> result;
    const Program program = [&](Pass& pass) {
      const Tensor out = run(pass);
      result.resize(static_cast<size_t>(out.shape.rows.value() * out.shape.width.value()));
      pass.read(out, result.data());
    };
    PrecisionPlan plan;
    plan.precision = precision;
    const std::unique_ptr<Weights> weights = executor.prepare(list_, source, plan);
    const Recording recording = record(list_, program);
    const std::unique_ptr<Workspace> workspace = executor.create_workspace();
    const std::unique_ptr<Pass> pass = executor.begin(list_, *weights, recording, {1, 1, 1, 1}, *workspace);
    program(*pass);
    return result;
  }

 private:
  Tensor run(Pass& pass) const {
    const auto input = [&](const auto& values, DType dtype, int64_t rows) {
      return pass.input(dtype, {rows, static_cast<int64_t>(values.size()) / rows}, [&](void* to) { std::memcpy(to, values.data(), values.size() * size_of(dtype)); });
    };
    if (const auto* linear = std::get_if<op::Linear>(&product_.what)) {
      LinearOptions options{.bias = bias_, .activation = linear->activation, .residual = {}, .first_part = linear->first_part, .parts = linear->parts,
                            .residual_first = linear->residual_first};
      const Tensor x = input(product_.x, DType::f32, product_.rows);
      if (!product_.residual.empty()) options.residual = input(product_.residual, DType::f32, product_.rows);
      return pass.linear(x, weight_, options);
    }
    if (const auto* convolution = std::get_if<op::Conv2d>(&product_.what)) {
      Conv2dOptions options{.bias = bias_, .activation = convolution->activation, .residual = {}, .residual_first = convolution->residual_first};
      const Window& window = convolution->window;
      const Tensor x = input(product_.x, DType::f32, product_.rows);
      if (!product_.residual.empty()) options.residual = input(product_.residual, DType::f32, product_.rows / window.cells() * window.out_cells());
      return pass.conv2d(x, weight_, window, options);
    }
    const auto& patches = std::get<op::Patches>(product_.what);
    const Tensor images = input(product_.pixels, DType::u8, product_.rows), levels = input(product_.levels, DType::f32, patches.channels);
    return pass.patches(images, levels, {.weight = weight_, .bias = bias_, .prefix = prefix_, .positions = positions_, .channels = patches.channels,
                            .height = patches.height, .width = patches.width, .patch = patches.patch});
  }

  const ObservedProduct& product_;
  ParameterList list_;
  Parameter weight_, positions_;
  std::optional<Parameter> bias_, prefix_;
};

// A NaN or an infinity is as wrong as can be.
double relative_error(const std::vector<float>& right, const std::vector<float>& other) {
  double wrong = 0, whole = 0;
  for (size_t i = 0; i < right.size(); i++) {
    const double difference = double{right[i]} - other[i];
    wrong += difference * difference;
    whole += double{right[i]} * right[i];
  }
  const double error = whole > 0 ? wrong / whole : wrong;
  return std::isfinite(error) ? error : 1e30;
}

}  // namespace

void observe(const ParameterList& parameters, const std::function<void(Pass&)>& program, Pass& pass, ObservedProducts* found) {
  ObservingPass around(parameters, pass, found);
  program(around);
}

std::map<uint32_t, double> matrix_errors(Executor& executor, const ParameterList& parameters, const ParameterSource& source, const ObservedProducts& products,
                                         Precision precision) {
  std::map<uint32_t, double> errors;
  for (const ObservedProduct& product : products.all()) {
    const LoneProduct alone(parameters, product);
    const double error = relative_error(alone.compute(executor, source, Precision::fp32), alone.compute(executor, source, precision));
    double& worst = errors[matrix_of(product).index];
    worst = std::max(worst, error);
  }
  return errors;
}

}  // namespace oag
