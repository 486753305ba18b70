// Fitted calibrations: they find what made the labels, against a search over a grid, and refuse what has no answer.
#include "search/calibration.h"

#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <vector>

#include "support/refusal.h"

using namespace oag;
using namespace oag::search;
using oag::test::wrong_refusal;

namespace {

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

struct Labelled {
  std::vector<float> scores;
  std::vector<uint8_t> labels;
};

// Scores whose labels are true with probability sigmoid(scale · score + bias).
Labelled labelled(double scale, double bias, int count, double unit = 1) {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> uniform(0, 1);
  std::normal_distribution<double> normal(0, unit);
  Labelled data;
  for (int i = 0; i < count; ++i) {
    data.scores.push_back(static_cast<float>(normal(random)));
    data.labels.push_back(uniform(random) < sigmoid(scale * data.scores.back() + bias));
  }
  return data;
}

// The loss that Platt's method minimises.
double platt_loss(const Labelled& data, double scale, double bias) {
  double positives = 0, loss = 0;
  for (const uint8_t label : data.labels) positives += label;
  const double high = (positives + 1) / (positives + 2), low = 1 / (static_cast<double>(data.labels.size()) - positives + 2);
  for (size_t i = 0; i < data.labels.size(); ++i) {
    const double target = data.labels[i] ? high : low, z = scale * data.scores[i] + bias;
    loss += std::log1p(std::exp(-std::fabs(z))) + std::max(z, 0.0) - target * z;
  }
  return loss;
}

}  // namespace

TEST_CASE("a sigmoid is found again, in any unit, and its probabilities are true") {
  for (const double unit : {1e-3, 1.0, 1e4}) {
    const Labelled data = labelled(2.5 / unit, -1.0, 20000, unit);
    const Calibration fit = fit_sigmoid(data.scores.data(), data.labels.data(), 20000, true);
    CHECK(fit.scale * unit == doctest::Approx(2.5).epsilon(0.05));
    CHECK(fit.bias == doctest::Approx(-1.0).epsilon(0.05));
    CHECK(fit.error_after < 0.015);
    CHECK(fit.loss_after < fit.loss_before);
    CHECK(fit.error_before > 0.05);
    for (const double up : {0.99, 1.01}) {
      CHECK(platt_loss(data, fit.scale, fit.bias) < platt_loss(data, fit.scale * up, fit.bias));
      CHECK(platt_loss(data, fit.scale, fit.bias) < platt_loss(data, fit.scale, fit.bias + up - 1));
    }
  }
}

TEST_CASE("without a bias the best scale alone is found") {
  const Labelled data = labelled(0.7, 0, 5000);
  const Calibration fit = fit_sigmoid(data.scores.data(), data.labels.data(), 5000, false);
  CHECK(fit.bias == 0);
  CHECK(fit.scale == doctest::Approx(0.7).epsilon(0.1));
  for (const double factor : {0.99, 1.01}) CHECK(platt_loss(data, fit.scale, 0) < platt_loss(data, fit.scale * factor, 0));
}

TEST_CASE("labels that a threshold separates have a finite fit; few scores, too") {
  const float scores[] = {-2, -1, 1, 2};
  const uint8_t labels[] = {0, 0, 1, 1};
  const Calibration fit = fit_sigmoid(scores, labels, 4, true);
  CHECK(std::isfinite(fit.scale));
  CHECK(fit.scale > 0);
  CHECK(fit.bias == doctest::Approx(0).epsilon(1e-6));
  const Calibration two = fit_sigmoid(scores + 1, labels + 1, 2, true);
  CHECK(std::isfinite(two.scale));
  const float far[] = {1e8f, 1.00001e8f, 1.2e8f, 1.3e8f};  // their common part is the bias's
  const Calibration shifted = fit_sigmoid(far, labels, 4, true);
  CHECK(sigmoid(shifted.scale * 1.3e8 + shifted.bias) > 0.5);
  CHECK(sigmoid(shifted.scale * 1e8 + shifted.bias) < 0.5);
}

TEST_CASE("calibrations that have no answer are refused with the reason") {
  const float scores[] = {1, 2, 3, 4};
  const uint8_t all[] = {1, 1, 1, 1}, none[] = {0, 0, 0, 0}, falling[] = {1, 1, 0, 0};
  CHECK(wrong_refusal(Status::invalid_argument, {"all labels are true", "both classes"}, [&] { fit_sigmoid(scores, all, 4, true); }) == "");
  CHECK(wrong_refusal(Status::invalid_argument, {"all labels are false"}, [&] { fit_sigmoid(scores, none, 4, true); }) == "");
  CHECK(wrong_refusal(Status::invalid_argument, {"do not rise"}, [&] { fit_sigmoid(scores, falling, 4, true); }) == "");
  CHECK(wrong_refusal(Status::invalid_argument, {"too few"}, [&] { fit_sigmoid(scores, all, 1, true); }) == "");
  const float equal[] = {2, 2, 2, 2};
  const uint8_t mixed[] = {1, 0, 1, 0};
  CHECK(wrong_refusal(Status::invalid_argument, {"do not rise"}, [&] { fit_sigmoid(equal, mixed, 4, true); }) == "");
  const float bad[] = {1, NAN, 3, 4};
  CHECK(wrong_refusal(Status::invalid_argument, {"scores[1]"}, [&] { fit_sigmoid(bad, falling, 4, true); }) == "");

  const int32_t right[] = {1, 1}, wrong[] = {0, 0}, outside[] = {0, 2};
  CHECK(wrong_refusal(Status::invalid_argument, {"highest logit"}, [&] { fit_softmax(scores, right, 2, 2); }) == "");
  CHECK(wrong_refusal(Status::invalid_argument, {"do not rise"}, [&] { fit_softmax(scores, wrong, 2, 2); }) == "");
  CHECK(wrong_refusal(Status::invalid_argument, {"labels[1] is 2", "0 to 1"}, [&] { fit_softmax(scores, outside, 2, 2); }) == "");
  CHECK(wrong_refusal(Status::invalid_argument, {"too few"}, [&] { fit_softmax(scores, right, 4, 1); }) == "");
}

TEST_CASE("a temperature is found again, and expected errors fall") {
  std::mt19937 random(7);
  std::normal_distribution<float> normal(0, 1);
  constexpr int kRows = 20000, kClasses = 6;
  for (const double temperature : {0.05, 1.0, 3.0, 200.0}) {
    std::vector<float> logits;
    std::vector<int32_t> labels;
    for (int i = 0; i < kRows; ++i) {
      std::vector<double> weights;
      for (int c = 0; c < kClasses; ++c) {
        const float truth = normal(random) * 1.5f;
        logits.push_back(static_cast<float>(truth * temperature));  // the model is too sure, or not enough
        weights.push_back(std::exp(double{truth}));
      }
      labels.push_back(std::discrete_distribution<int>(weights.begin(), weights.end())(random));
    }
    const Calibration fit = fit_softmax(logits.data(), labels.data(), kRows, kClasses);
    CHECK(1 / fit.scale == doctest::Approx(temperature).epsilon(0.05));
    CHECK(fit.error_after < 0.02);
    CHECK(fit.loss_after <= fit.loss_before + 1e-12);
    if (temperature != 1.0) CHECK(fit.error_before > 2 * fit.error_after);
  }
}
