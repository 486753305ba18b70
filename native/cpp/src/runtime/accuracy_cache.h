// Measured accuracies, kept between processes: one small file each in the cache folder, so that a model is measured once on a machine.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/precision.h"
#include "runtime/accuracy.h"

namespace oag {

// What a measurement depends on; a change of any of it makes another file.
struct AccuracyKey {
  std::string model_hash;
  std::string device;   // device, instruction set and CPU features
  std::string version;  // of this library, and of the samples
  Precision precision = Precision::fp32;
};

struct MeasuredPrecision {
  Accuracy accuracy;
  std::vector<std::string> kept;  // roles of the matrices that are computed in kept_precision
  Precision kept_precision = Precision::fp32;
  double least_without_kept = 1;  // the least cosine when no matrix is kept

  friend bool operator==(const MeasuredPrecision&, const MeasuredPrecision&) = default;
};

// Any number of threads and processes may use one folder at once.
class AccuracyCache {
 public:
  // Without a folder nothing is found and nothing is kept.
  explicit AccuracyCache(std::string folder) : folder_(std::move(folder)) {}

  // Nothing when there is no such file, or it is unreadable, damaged or another's: then it is measured anew.
  std::optional<MeasuredPrecision> find(const AccuracyKey& key) const;

  // Replaces the file, in one step. That the folder cannot be written is no error.
  void store(const AccuracyKey& key, const MeasuredPrecision& measured) const;

  std::string file(const AccuracyKey& key) const;

 private:
  std::string folder_;
};

// $XDG_CACHE_HOME/openautoglm, else $HOME/.cache/openautoglm, else empty.
std::string default_cache_folder();

}  // namespace oag
