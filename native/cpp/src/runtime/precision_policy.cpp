#include "runtime/precision_policy.h"

#include <algorithm>

#include "core/error.h"
#include "host/isa.h"
#include "runtime/accuracy_samples.h"
#include "runtime/kept_matrices.h"

namespace oag {
namespace {

std::string device_key(const Runtime& runtime) {
  std::string key = std::string(name_of(runtime.options().device)) + " " + runtime.kernels().name;
  for (const std::string& feature : host::cpu_features()) key += " " + feature;
  return key;
}

bool good(const std::optional<TowerAccuracy>& tower, Precision precision) { return !tower || tower->least >= required_cosine(precision); }
bool good(const Accuracy& accuracy, Precision precision) { return accuracy.least() >= required_cosine(precision); }

// What a smaller format computes may overflow where fp32 does not: then the precision is as inaccurate as can be.
SampleEmbeddings embed_in(Candidate& candidate, std::unique_ptr<Weights>& weights) {
  try {
    return candidate.embed(weights, nullptr);
  } catch (const Error& e) {
    if (e.status() != Status::bad_model) throw;
    return {};
  }
}

std::string roles_text(const MeasuredPrecision& measured) {
  if (measured.kept.empty()) return "";
  std::string text = std::string("; kept in ") + name_of(measured.kept_precision) + ", because they suffer most (" + cosine_text(measured.least_without_kept) + " without that): ";
  for (size_t i = 0; i < measured.kept.size(); i++) text += (i ? ", " : "") + measured.kept[i];
  return text;
}

}  // namespace

// The samples in fp32.
struct PrecisionPolicy::Reference {
  SampleEmbeddings embeddings;
  TowerProducts products;
};

PrecisionPolicy::PrecisionPolicy(Runtime& runtime, Candidate& candidate, const PrecisionRequest& request, bool bf16_arithmetic)
    : runtime_(runtime), candidate_(candidate), request_(request), cache_(request.cache_folder ? *request.cache_folder : default_cache_folder()),
      bf16_arithmetic_(bf16_arithmetic) {}

std::unique_ptr<Weights> PrecisionPolicy::prepare(const PrecisionPlan& plan) const {
  return runtime_.executor().prepare(candidate_.parameters(), candidate_.source(), plan);
}

// Reads all weights for their hash, several tensors at once.
std::string PrecisionPolicy::hash_alone() const {
  const ParameterList& parameters = candidate_.parameters();
  const HashingSource hashing(candidate_.source(), parameters);
  std::vector<std::pair<const ParameterSpec*, const std::string*>> tensors;
  for (const ParameterSpec& spec : parameters)
    for (const std::string& tensor : spec.tensors) tensors.emplace_back(&spec, &tensor);
  runtime_.threads().run(static_cast<int64_t>(tensors.size()), [&](int64_t task, int) {
    const auto& [spec, tensor] = tensors[static_cast<size_t>(task)];
    const int64_t rows = spec->part_rows(), width = spec->width(), step = std::max<int64_t>(1, (int64_t{1} << 16) / std::max<int64_t>(1, width));
    std::vector<float> values(static_cast<size_t>(std::min(step, rows) * width));
    for (int64_t row = 0; row < rows; row += step) hashing.read(*tensor, row, std::min(step, rows - row), width, values.data());
  });
  return candidate_.hash(hashing);
}

AccuracyKey PrecisionPolicy::key(Precision precision, const std::string& hash) const {
  return {hash, device_key(runtime_), std::string(OAG_VERSION) + ", samples " + std::to_string(accuracy_samples_version), precision};
}

bool PrecisionPolicy::automatic_bf16(std::string* why_not) const {
  *why_not = runtime_.executor().precision_refusal(Precision::bf16);
  if (why_not->empty() && !bf16_arithmetic_) *why_not = "this CPU has no bf16 arithmetic";
  return why_not->empty();
}

Precision PrecisionPolicy::kept_precision() const {
  std::string why_not;
  return automatic_bf16(&why_not) ? Precision::bf16 : Precision::fp32;
}

PrecisionPolicy::Reference PrecisionPolicy::reference(std::unique_ptr<Weights> fp32, bool with_products) {
  Reference reference;
  reference.embeddings = candidate_.embed(fp32, with_products ? &reference.products : nullptr);
  return reference;
}

MeasuredPrecision PrecisionPolicy::measure(Precision precision, const Reference& reference, PrecisionPlan* plan, std::unique_ptr<Weights>* weights) {
  if (precision == Precision::int8) return search(reference, plan, weights);
  *plan = {.precision = precision, .kept = {}, .kept_precision = Precision::fp32};
  weights->reset();
  *weights = prepare(*plan);
  const Accuracy accuracy = compare(reference.embeddings, embed_in(candidate_, *weights));
  return {accuracy, {}, plan->kept_precision, accuracy.least()};
}

MeasuredPrecision PrecisionPolicy::search(const Reference& reference, PrecisionPlan* plan, std::unique_ptr<Weights>* weights) {
  const ParameterList& parameters = candidate_.parameters();
  const auto errors = [&](const ObservedProducts& products) {
    return matrix_errors(runtime_.executor(), parameters, candidate_.source(), products, Precision::int8);
  };
  weights->reset();
  KeptMatrices images(parameters, errors(reference.products.images)), texts(parameters, errors(reference.products.texts));
  const auto next_plan = [&] {
    PrecisionPlan next{.precision = Precision::int8, .kept = images.kept(), .kept_precision = kept_precision()};
    for (Parameter parameter : texts.kept()) next.kept.push_back(parameter);
    std::sort(next.kept.begin(), next.kept.end(), [](Parameter a, Parameter b) { return a.index < b.index; });
    next.kept.erase(std::unique(next.kept.begin(), next.kept.end(), [](Parameter a, Parameter b) { return a.index == b.index; }), next.kept.end());
    return next;
  };
  const auto same = [](const PrecisionPlan& a, const PrecisionPlan& b) {
    return std::equal(a.kept.begin(), a.kept.end(), b.kept.begin(), b.kept.end(), [](Parameter x, Parameter y) { return x.index == y.index; });
  };

  MeasuredPrecision measured;
  for (bool first = true;; first = false) {
    const PrecisionPlan next = next_plan();
    if (first || !same(next, *plan)) {
      *plan = next;
      weights->reset();
      *weights = prepare(*plan);
      measured.accuracy = compare(reference.embeddings, embed_in(candidate_, *weights));
      if (first) measured.least_without_kept = measured.accuracy.least();
    }
    if (images.done() && texts.done()) break;
    images.learn(good(measured.accuracy.images, Precision::int8));
    texts.learn(good(measured.accuracy.texts, Precision::int8));
  }
  measured.kept_precision = plan->kept_precision;
  for (Parameter parameter : plan->kept) measured.kept.push_back(parameters[parameter].role);
  return measured;
}

// Nothing when a role is not one of this definition's: then the file is damaged.
std::optional<PrecisionPlan> PrecisionPolicy::plan_of(Precision precision, const MeasuredPrecision& measured) const {
  PrecisionPlan plan{.precision = precision, .kept = {}, .kept_precision = measured.kept_precision};
  const ParameterList& parameters = candidate_.parameters();
  for (const std::string& role : measured.kept) {
    uint32_t index = 0;
    while (index < parameters.size() && parameters[Parameter{index}].role != role) index++;
    if (index == parameters.size()) return std::nullopt;
    plan.kept.push_back(Parameter{index});
  }
  if (!runtime_.executor().precision_refusal(plan.kept_precision).empty()) return std::nullopt;
  return plan;
}

LoadedWeights PrecisionPolicy::load_fp32(const std::string& why) {
  const HashingSource hashing(candidate_.source(), candidate_.parameters());
  LoadedWeights loaded;
  loaded.weights = runtime_.executor().prepare(candidate_.parameters(), hashing, loaded.plan);
  loaded.hash = candidate_.hash(hashing);
  loaded.why = "precision fp32: " + why;
  return loaded;
}

LoadedWeights PrecisionPolicy::load() {
  Precision wanted = request_.precision;
  std::string why = "as asked";
  if (wanted == Precision::automatic && runtime_.options().precision != Precision::automatic) {
    wanted = runtime_.options().precision;
    why = "as OPENAUTOGLM_PRECISION says";
  }
  const bool automatic = wanted == Precision::automatic;
  if (automatic) {
    std::string why_not;
    if (!automatic_bf16(&why_not)) return load_fp32("the default; not bf16: " + why_not);
    wanted = Precision::bf16;
    why = "the CPU has its arithmetic";
  }
  if (const std::string refusal = runtime_.executor().precision_refusal(wanted); !refusal.empty()) throw Error(Status::unsupported, refusal);
  if (wanted == Precision::fp32) return load_fp32(why);

  LoadedWeights loaded;
  PrecisionPlan plan{.precision = wanted, .kept = {}, .kept_precision = Precision::fp32};
  if (wanted == Precision::int8) {  // what is kept must be known before anything is prepared
    loaded.hash = hash_alone();
  } else {
    const HashingSource hashing(candidate_.source(), candidate_.parameters());
    loaded.weights = runtime_.executor().prepare(candidate_.parameters(), hashing, plan);
    loaded.hash = candidate_.hash(hashing);
  }
  const AccuracyKey own_key = key(wanted, loaded.hash);
  std::optional<MeasuredPrecision> measured = cache_.find(own_key);
  std::optional<PrecisionPlan> cached_plan;
  if (measured) cached_plan = plan_of(wanted, *measured);
  const bool cached = cached_plan.has_value();
  if (cached) {
    plan = *cached_plan;
  } else {
    loaded.weights.reset();
    const Reference fp32 = reference(prepare({}), wanted == Precision::int8);
    measured = measure(wanted, fp32, &plan, &loaded.weights);
    cache_.store(own_key, *measured);
  }
  const std::string found = measured->accuracy.text() + (cached ? " (measured before)" : " (measured now)");
  if (!good(measured->accuracy, wanted) && !(request_.allow_inaccurate && !automatic)) {
    const std::string needed = cosine_text(required_cosine(wanted));
    if (!automatic)
      throw Error(Status::unsupported, candidate_.name() + ": precision " + name_of(wanted) + " is too inaccurate with these weights: " + found + "; " + needed +
                                           " is wanted: use auto, fp32 or another precision, or allow it (LoadOptions.allowInaccurate, --allow-inaccurate, allow_inaccurate)");
    loaded.weights.reset();
    loaded.weights = prepare({});
    loaded.why = "precision fp32: the default; not bf16, which is too inaccurate with these weights: " + found + "; " + needed + " is wanted";
    return loaded;
  }
  if (!loaded.weights) loaded.weights = prepare(plan);
  loaded.plan = std::move(plan);
  loaded.accuracy = measured->accuracy;
  loaded.why = std::string("precision ") + name_of(wanted) + ": " + why +
                  (good(measured->accuracy, wanted) ? "" : ", though it is inaccurate, for that is allowed") + "; " + found + roles_text(*measured);
  return loaded;
}

PrecisionCheck PrecisionPolicy::check() {
  PrecisionCheck check;
  const HashingSource hashing(candidate_.source(), candidate_.parameters());
  std::unique_ptr<Weights> weights = runtime_.executor().prepare(candidate_.parameters(), hashing, PrecisionPlan{});
  check.hash = candidate_.hash(hashing);
  const Reference fp32 = reference(std::move(weights), true);
  for (const ParameterSpec& spec : candidate_.parameters()) check.matrices += spec.kind == ParameterKind::matrix;
  const auto rows = [&](const std::vector<float>& values) { return static_cast<int64_t>(values.size()) / std::max<int64_t>(1, fp32.embeddings.width); };
  check.pictures = rows(fp32.embeddings.images);
  check.texts = rows(fp32.embeddings.texts);
  std::string why_not;
  check.automatic = automatic_bf16(&why_not) ? Precision::bf16 : Precision::fp32;
  for (Precision precision : {Precision::fp32, Precision::bf16, Precision::fp16, Precision::int8}) {
    CheckedPrecision line{precision, runtime_.executor().precision_refusal(precision), {}, true, runtime_.computes_natively(precision)};
    if (line.refusal.empty() && precision != Precision::fp32) {
      PrecisionPlan plan;
      line.measured = measure(precision, fp32, &plan, &weights);
      line.accurate = good(line.measured->accuracy, precision);
      cache_.store(key(precision, check.hash), *line.measured);
      if (precision == check.automatic && !line.accurate) check.automatic = Precision::fp32;
    }
    check.lines.push_back(std::move(line));
  }
  return check;
}

}  // namespace oag
