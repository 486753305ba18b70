// Which precision a model is loaded in. A precision that was not measured on this machine with these weights is measured before it serves: the built-in samples are
// embedded in fp32 and in it, and their least cosine decides. The weight sets are prepared one after the other, never beside each other, so that the first load in a
// smaller precision takes the memory of a load in fp32, and the later ones, which find the measurement in the cache, only their own.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/parameters.h"
#include "runtime/accuracy.h"
#include "runtime/accuracy_cache.h"
#include "runtime/hashing_source.h"
#include "runtime/matrix_errors.h"
#include "runtime/runtime.h"

namespace oag {

// What the caller of a load wants.
struct PrecisionRequest {
  PrecisionRequest(Precision wanted = Precision::automatic) : precision(wanted) {}  // NOLINT: a precision alone is a request

  Precision precision;                      // automatic: RuntimeOptions::precision, else bf16 where it is accurate and the CPU has its arithmetic, else fp32
  bool allow_inaccurate = false;            // a precision under its required cosine is used all the same
  std::optional<std::string> cache_folder;  // none: default_cache_folder(); empty: nothing is kept
};

// What goes into the products of each tower.
struct TowerProducts {
  ObservedProducts images, texts;
};

// A model whose weights are not decided upon yet.
class Candidate {
 public:
  virtual ~Candidate() = default;
  virtual std::string name() const = 0;  // for errors
  virtual const ParameterList& parameters() const = 0;
  virtual const ParameterSource& source() const = 0;
  virtual std::string hash(const HashingSource& read) const = 0;  // of the model whose tensors were all read
  // Embeds the samples with these weights, which it gives back; the products are written down unless `products` is null.
  virtual SampleEmbeddings embed(std::unique_ptr<Weights>& weights, TowerProducts* products) = 0;
};

struct LoadedWeights {
  std::unique_ptr<Weights> weights;
  PrecisionPlan plan;
  std::optional<Accuracy> accuracy;  // none in fp32
  std::string hash;
  std::string why;  // this precision: a sentence without its full stop
};

// One line of a check.
struct CheckedPrecision {
  Precision precision;
  std::string refusal;                        // why the device does not compute in it; all below is empty then
  std::optional<MeasuredPrecision> measured;  // none in fp32, which is what the others are measured against
  bool accurate = true;
  bool native = true;  // the device has arithmetic of this format
};
struct PrecisionCheck {
  std::string hash;
  std::vector<CheckedPrecision> lines;  // fp32, bf16, fp16, int8
  Precision automatic;                  // what AUTO gives
  int64_t matrices = 0;                 // of the model: "kept" is out of these
  int64_t pictures = 0, texts = 0;      // samples
};

class PrecisionPolicy {
 public:
  PrecisionPolicy(Runtime& runtime, Candidate& candidate, const PrecisionRequest& request)
      : PrecisionPolicy(runtime, candidate, request, runtime.computes_natively(Precision::bf16)) {}
  // As on a device with bf16 arithmetic, or without.
  PrecisionPolicy(Runtime& runtime, Candidate& candidate, const PrecisionRequest& request, bool bf16_arithmetic);

  // Error(unsupported) for a precision that the device does not compute in, or that is too inaccurate and not allowed.
  LoadedWeights load();

  // Measures every precision anew and keeps the results.
  PrecisionCheck check();

 private:
  struct Reference;
  std::unique_ptr<Weights> prepare(const PrecisionPlan& plan) const;
  std::string hash_alone() const;
  AccuracyKey key(Precision precision, const std::string& hash) const;
  bool automatic_bf16(std::string* why_not) const;
  Precision kept_precision() const;
  Reference reference(std::unique_ptr<Weights> fp32, bool with_products);
  MeasuredPrecision measure(Precision precision, const Reference& reference, PrecisionPlan* plan, std::unique_ptr<Weights>* weights);
  MeasuredPrecision search(const Reference& reference, PrecisionPlan* plan, std::unique_ptr<Weights>* weights);
  std::optional<PrecisionPlan> plan_of(Precision precision, const MeasuredPrecision& measured) const;
  LoadedWeights load_fp32(const std::string& why);

  Runtime& runtime_;
  Candidate& candidate_;
  PrecisionRequest request_;
  AccuracyCache cache_;
  bool bf16_arithmetic_;
};

}  // namespace oag
