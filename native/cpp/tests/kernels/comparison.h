// When a fast kernel is good enough: against fp64, its largest and its root-mean-square error are at most twice those of the plain
// implementation in the same precision, plus one ulp of the largest value. (One ulp, since on a few values plain code may be exact by luck.)
#pragma once

#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

namespace oag::host::tests {

struct Comparison {
  double fast_max = 0, fast_mean = 0, fast_rms = 0;
  double plain_max = 0, plain_rms = 0;
  double ulp = 0;     // of the largest finite exact value
  std::string fault;  // empty: good enough

  std::string text() const {
    std::ostringstream out;
    out << "error max " << fast_max << " mean " << fast_mean << " (plain max " << plain_max << ", ulp " << ulp << ")";
    if (!fault.empty()) out << ": " << fault;
    return out.str();
  }
};

// A NaN or infinity must stand where the exact result has it, with its sign; the plain code's are not asked for.
inline Comparison compare(const std::vector<float>& fast, const std::vector<float>& plain, const std::vector<double>& exact) {
  Comparison result;
  if (fast.size() != exact.size() || plain.size() != exact.size() || exact.empty()) {
    result.fault = "sizes differ, or nothing to compare";
    return result;
  }
  double largest = 0, fast_squares = 0, plain_squares = 0;
  size_t finite = 0;
  for (size_t i = 0; i < exact.size(); ++i) {
    const double e = exact[i], f = fast[i];
    const bool same_kind = std::isnan(e) ? std::isnan(f) : std::isinf(e) ? f == e : std::isfinite(f);
    if (!same_kind && result.fault.empty()) {
      std::ostringstream out;
      out << "element " << i << " is " << f << ", exactly " << e;
      result.fault = out.str();
    }
    if (!std::isfinite(e) || !std::isfinite(f)) continue;
    ++finite;
    largest = std::fmax(largest, std::fabs(e));
    const double fast_error = std::fabs(f - e), plain_error = std::isfinite(plain[i]) ? std::fabs(plain[i] - e) : 0;
    result.fast_max = std::fmax(result.fast_max, fast_error);
    result.plain_max = std::fmax(result.plain_max, plain_error);
    result.fast_mean += fast_error;
    fast_squares += fast_error * fast_error;
    plain_squares += plain_error * plain_error;
  }
  if (finite == 0) return result;
  const double count = static_cast<double>(finite);
  result.fast_mean /= count;
  result.fast_rms = std::sqrt(fast_squares / count);
  result.plain_rms = std::sqrt(plain_squares / count);
  // Results below the normal numbers may be flushed to zero.
  const float scale = static_cast<float>(std::fmax(largest, double{std::numeric_limits<float>::min()} * (1 << 24)));
  result.ulp = double{std::nextafter(scale, std::numeric_limits<float>::infinity())} - scale;
  if (result.fault.empty() && result.fast_max > 2 * result.plain_max + result.ulp) result.fault = "largest error too large";
  if (result.fault.empty() && result.fast_rms > 2 * result.plain_rms + result.ulp / 2) result.fault = "root mean square of the error too large";
  return result;
}

// The largest of many comparisons of one kernel, to print when all is well too.
struct Summary {
  double worst_ratio = 0;  // of fast_max to what is allowed
  double max = 0, mean = 0;
  int cases = 0;

  void take(const Comparison& c) {
    worst_ratio = std::fmax(worst_ratio, c.fast_max / (2 * c.plain_max + c.ulp));
    max = std::fmax(max, c.fast_max);
    mean += c.fast_mean;
    ++cases;
  }
  std::string text() const {
    std::ostringstream out;
    out << cases << " cases, error max " << max << ", mean " << mean / (cases ? cases : 1) << ", at most " << worst_ratio << " of the allowed";
    return out.str();
  }
};

// Results of several calls, to be judged as one: a criterion on errors means something for hundreds of values, not for three.
struct Samples {
  std::vector<float> fast, plain;
  std::vector<double> exact;

  void take(const std::vector<float>& f, const std::vector<float>& p, const std::vector<double>& e) {
    fast.insert(fast.end(), f.begin(), f.end());
    plain.insert(plain.end(), p.begin(), p.end());
    exact.insert(exact.end(), e.begin(), e.end());
  }
  Comparison judge() const { return compare(fast, plain, exact); }
};

inline bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

}  // namespace oag::host::tests
