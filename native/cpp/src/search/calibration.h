// From scores to probabilities that can be believed: fitted on scores whose truth is known.
#pragma once

#include <cstdint>

namespace oag::search {

// Of a group of predictions with probability p, a share p should be right. The expected calibration error is the mean of |share − p| over 15 groups of equal width,
// weighted by their sizes (Guo et al. 2017); the loss is the mean negative log-likelihood.
struct Calibration {
  double scale;  // probability = sigmoid(scale · score + bias), or softmax(scale · scores); 1 / scale is the temperature
  double bias;   // 0 where none is fitted
  double loss_before, loss_after;
  double error_before, error_after;  // expected calibration error; before: with scale 1 and bias 0
};

// Platt's scaling (Platt 1999, with the Newton iteration of Lin, Lin & Weng 2007) of `count` scores; label 1: they belong together. Platt's targets, a little inside of 0 and 1,
// keep the fit finite where a threshold separates the labels. `with_bias` false leaves the bias 0. Error(invalid_argument): fewer than two scores, one that is
// not finite, one class only, or scores that do not rise with the labels.
Calibration fit_sigmoid(const float* scores, const uint8_t* labels, int64_t count, bool with_bias);

// Temperature scaling (Guo et al. 2017) of logits [count, classes], where labels[i] is the right class of row i. Error(invalid_argument) as above, and where no finite temperature
// is best: every label has its row's highest logit.
Calibration fit_softmax(const float* logits, const int32_t* labels, int64_t count, int64_t classes);

}  // namespace oag::search
