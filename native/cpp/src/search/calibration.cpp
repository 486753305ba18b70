#include "search/calibration.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/error.h"

namespace oag::search {
namespace {

constexpr int kBins = 15;
constexpr int kMostSteps = 200;

[[noreturn]] void refuse_falling_scores() {
  throw Error(Status::invalid_argument, "the scores do not rise with the labels, so that no positive scale fits: check that higher scores mean a better match, and that the labels are in the scores' order");
}

// What is minimised: a convex function of one or two parameters, with its derivatives.
struct Value {
  double loss = 0;
  double gradient[2] = {};
  double hessian[3] = {};  // (0,0), (0,1), (1,1)
};

// Newton's method with halved steps. `evaluate(parameters)` gives the value; the second parameter stays as it is unless `two`.
template <class Evaluate>
void minimise(Evaluate evaluate, bool two, double parameters[2]) {
  Value now = evaluate(parameters);
  for (int step = 0; step < kMostSteps; ++step) {
    const double damping = 1e-12 * (now.hessian[0] + now.hessian[2]) + 1e-300;
    const double h00 = now.hessian[0] + damping, h01 = two ? now.hessian[1] : 0, h11 = now.hessian[2] + damping;
    const double g0 = now.gradient[0], g1 = two ? now.gradient[1] : 0;
    const double determinant = two ? h00 * h11 - h01 * h01 : h00;
    double direction[2] = {two ? -(h11 * g0 - h01 * g1) / determinant : -g0 / h00, two ? -(h00 * g1 - h01 * g0) / determinant : 0};
    if (!std::isfinite(direction[0]) || !std::isfinite(direction[1])) direction[0] = -g0, direction[1] = -g1;
    const double slope = g0 * direction[0] + g1 * direction[1];
    if (!(slope < -1e-18 * (1 + std::fabs(now.loss)))) return;
    double length = 1;
    for (; length > 1e-12; length /= 2) {
      const double tried[2] = {parameters[0] + length * direction[0], parameters[1] + length * direction[1]};
      const Value there = evaluate(tried);
      if (there.loss <= now.loss + 1e-4 * length * slope) {
        parameters[0] = tried[0], parameters[1] = tried[1];
        now = there;
        break;
      }
    }
    if (length <= 1e-12) return;
  }
}

// log(1 + eˣ) without overflow.
double softplus(double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }
double sigmoid(double x) { return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x)); }

class Groups {
 public:
  void add(double probability, bool right) {
    const int bin = std::min(kBins - 1, static_cast<int>(probability * kBins));
    sum_[bin] += probability - (right ? 1 : 0);
    count_++;
  }
  double error() const {
    double total = 0;
    for (const double sum : sum_) total += std::fabs(sum);
    return total / static_cast<double>(count_);
  }

 private:
  double sum_[kBins] = {};
  int64_t count_ = 0;
};

void require_finite(const float* scores, int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    if (!std::isfinite(scores[i])) throw Error(Status::invalid_argument, "scores[" + std::to_string(i) + "] is no finite number");
}

// The largest magnitude, by which scores are divided: the iteration then meets numbers of order 1 whatever their unit.
double unit_of(const float* scores, int64_t count) {
  double largest = 0;
  for (int64_t i = 0; i < count; ++i) largest = std::max(largest, std::fabs(double{scores[i]}));
  return largest > 0 ? largest : 1;
}

}  // namespace

Calibration fit_sigmoid(const float* scores, const uint8_t* labels, int64_t count, bool with_bias) {
  if (count < 2) throw Error(Status::invalid_argument, std::to_string(count) + " labelled scores are too few to fit a calibration: give some of each class");
  require_finite(scores, count);
  const auto positives = std::count_if(labels, labels + count, [](uint8_t label) { return label != 0; });
  if (positives == 0 || positives == count)
    throw Error(Status::invalid_argument, std::string("all labels are ") + (positives ? "true" : "false") + ": a calibration needs scores of both classes");
  // Platt's targets: what the posterior mean is after so many of each.
  const double high = (static_cast<double>(positives) + 1) / (static_cast<double>(positives) + 2);
  const double low = 1 / (static_cast<double>(count - positives) + 2);
  const double unit = unit_of(scores, count);
  double parameters[2] = {0, 0};  // scale in units, bias
  minimise(
      [&](const double* p) {
        Value value;
        for (int64_t i = 0; i < count; ++i) {
          const double x = scores[i] / unit, target = labels[i] ? high : low, z = p[0] * x + p[1];
          const double probability = sigmoid(z), weight = probability * (1 - probability), excess = probability - target;
          value.loss += softplus(z) - target * z;
          value.gradient[0] += excess * x, value.gradient[1] += excess;
          value.hessian[0] += weight * x * x, value.hessian[1] += weight * x, value.hessian[2] += weight;
        }
        return value;
      },
      with_bias, parameters);
  if (!(parameters[0] > 0)) refuse_falling_scores();

  Calibration result{parameters[0] / unit, parameters[1], 0, 0, 0, 0};
  Groups before, after;
  for (int64_t i = 0; i < count; ++i) {
    const bool right = labels[i] != 0;
    const double raw = scores[i], fitted = result.scale * scores[i] + result.bias;
    result.loss_before += (right ? softplus(-raw) : softplus(raw)) / static_cast<double>(count);
    result.loss_after += (right ? softplus(-fitted) : softplus(fitted)) / static_cast<double>(count);
    before.add(sigmoid(raw), right);
    after.add(sigmoid(fitted), right);
  }
  result.error_before = before.error();
  result.error_after = after.error();
  return result;
}

Calibration fit_softmax(const float* logits, const int32_t* labels, int64_t count, int64_t classes) {
  if (count < 1 || classes < 2)
    throw Error(Status::invalid_argument, std::to_string(count) + " rows of " + std::to_string(classes) + " logits are too few to fit a temperature: give rows of two classes or more");
  require_finite(logits, count * classes);
  bool separable = true;
  for (int64_t i = 0; i < count; ++i) {
    if (labels[i] < 0 || labels[i] >= classes)
      throw Error(Status::invalid_argument, "labels[" + std::to_string(i) + "] is " + std::to_string(labels[i]) + ", but the classes are 0 to " + std::to_string(classes - 1));
    const float* row = logits + i * classes;
    separable &= row[labels[i]] == *std::max_element(row, row + classes);
  }
  if (separable)
    throw Error(Status::invalid_argument, "every label has its row's highest logit, so that the likelihood grows without end as the temperature falls: give rows that the model gets wrong, too");

  const double unit = unit_of(logits, count * classes);
  std::vector<double> shares(static_cast<size_t>(classes));
  // Σ of −log softmax(scale · row)[label], its derivatives by the scale: mean and variance of the row under the softmax.
  const auto row_loss = [&](const float* row, int32_t label, double per_unit, double in_unit, double* first, double* second) {
    const double largest = *std::max_element(row, row + classes);
    double total = 0, mean = 0, squares = 0;
    for (int64_t c = 0; c < classes; ++c) total += shares[static_cast<size_t>(c)] = std::exp(per_unit * (row[c] - largest) / in_unit);
    for (int64_t c = 0; c < classes; ++c) {
      const double share = shares[static_cast<size_t>(c)] /= total;
      mean += share * ((row[c] - largest) / in_unit);
    }
    for (int64_t c = 0; c < classes; ++c) {
      const double centred = (row[c] - largest) / in_unit - mean;
      squares += shares[static_cast<size_t>(c)] * centred * centred;
    }
    *first = mean - (row[label] - largest) / in_unit;
    *second = squares;
    return std::log(total) - per_unit * (row[label] - largest) / in_unit;
  };
  double parameters[2] = {1, 0};
  minimise(
      [&](const double* p) {
        Value value;
        for (int64_t i = 0; i < count; ++i) {
          double first, second;
          value.loss += row_loss(logits + i * classes, labels[i], p[0], unit, &first, &second);
          value.gradient[0] += first, value.hessian[0] += second;
        }
        return value;
      },
      false, parameters);
  if (!(parameters[0] > 1e-9)) refuse_falling_scores();

  Calibration result{parameters[0] / unit, 0, 0, 0, 0, 0};
  const auto measure = [&](double scale, double* loss, double* error) {
    Groups groups;
    for (int64_t i = 0; i < count; ++i) {
      const float* row = logits + i * classes;
      double first, second;
      *loss += row_loss(row, labels[i], scale, 1, &first, &second) / static_cast<double>(count);
      const auto best = std::max_element(row, row + classes) - row;
      groups.add(shares[static_cast<size_t>(best)], best == labels[i]);
    }
    *error = groups.error();
  };
  measure(1, &result.loss_before, &result.error_before);
  measure(result.scale, &result.loss_after, &result.error_after);
  return result;
}

}  // namespace oag::search
