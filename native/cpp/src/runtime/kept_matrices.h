// How many of a tower's matrices have to stay out of a precision, worst first: found by doubling and halving, with as few trials as that takes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "core/parameters.h"

namespace oag {

class KeptMatrices {
 public:
  // `errors`: of each matrix of the tower. At most the worst matrices that hold half of the tower's numbers are kept: with more, the tower is not computed in the
  // precision any more.
  KeptMatrices(const ParameterList& parameters, const std::map<uint32_t, double>& errors) {
    std::vector<std::pair<double, uint32_t>> worst;
    int64_t numbers = 0;
    const auto numbers_of = [&](uint32_t index) { return parameters[Parameter{index}].parts() * parameters[Parameter{index}].part_numbers(); };
    for (const auto& [index, error] : errors) {
      worst.emplace_back(-error, index);
      numbers += numbers_of(index);
    }
    std::sort(worst.begin(), worst.end());
    int64_t kept = 0;
    for (const auto& [error, index] : worst) {
      kept += numbers_of(index);
      if (kept > numbers / 2) break;
      order_.push_back(Parameter{index});
    }
  }

  // The matrices of the next trial, or of the result when done().
  std::vector<Parameter> kept() const { return {order_.begin(), order_.begin() + next()}; }
  bool done() const { return suffices_ >= 0 ? suffices_ - fails_ == 1 : fails_ >= limit(); }

  // What came of the trial of kept().
  void learn(bool good) {
    if (done()) return;
    (good ? suffices_ : fails_) = next();
  }

 private:
  int64_t limit() const { return static_cast<int64_t>(order_.size()); }
  int64_t next() const {
    if (suffices_ >= 0) return suffices_ - fails_ == 1 ? suffices_ : (fails_ + suffices_) / 2;
    return fails_ < 0 ? 0 : std::min(limit(), std::max<int64_t>(1, 2 * fails_));
  }

  std::vector<Parameter> order_;  // worst first, as many as may be kept
  int64_t fails_ = -1;            // the largest number known not to suffice
  int64_t suffices_ = -1;         // the smallest number known to suffice; -1: none yet
};

}  // namespace oag
