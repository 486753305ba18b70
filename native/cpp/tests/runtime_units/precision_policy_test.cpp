// Which precision a load takes: with embeddings that a test makes up, and with real models.
#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <fstream>

#include "runtime/model.h"
#include "runtime/precision_policy.h"
#include "support/edited_model.h"
#include "support/environment.h"
#include "support/golden.h"
#include "support/parameters.h"
#include "support/refusal.h"
#include "support/test_data.h"

using namespace oag;
using namespace oag::test;

namespace {

RuntimeOptions on_host(int threads = 1) {
  RuntimeOptions options;
  options.device = Device::host;
  options.threads = threads;
  return options;
}

PrecisionRequest request(Precision precision, const std::string& cache_folder, bool allow_inaccurate = false) {
  PrecisionRequest wanted(precision);
  wanted.cache_folder = cache_folder;
  wanted.allow_inaccurate = allow_inaccurate;
  return wanted;
}

// One matrix, and embeddings that a test hands over in the order in which they are asked for.
class MadeUp final : public Candidate {
 public:
  MadeUp() {
    list_.add({"the.matrix", ParameterKind::matrix, {"tensor"}, {8, 8}});
    source_ = std::make_unique<MemorySource>(list_);
  }

  std::string name() const override { return "made-up"; }
  const ParameterList& parameters() const override { return list_; }
  const ParameterSource& source() const override { return *source_; }
  std::string hash(const HashingSource& read) const override { return read.hash("salt"); }
  SampleEmbeddings embed(std::unique_ptr<Weights>& weights, TowerProducts*) override {
    CHECK(weights);
    asked++;
    REQUIRE(!next.empty());
    SampleEmbeddings embeddings{2, next.front(), {}};
    next.pop_front();
    return embeddings;
  }

  std::deque<std::vector<float>> next;
  int asked = 0;

 private:
  ParameterList list_;
  std::unique_ptr<MemorySource> source_;
};

const std::vector<float> right = {1, 0};
const std::vector<float> near = {1, 0.01f};  // cosine 0.99995
const std::vector<float> off = {1, 0.1f};     // cosine 0.99504: good enough for int8, and not for bf16
const std::vector<float> wrong = {1, 1};

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("auto is bf16 where the CPU has its arithmetic and it is accurate, else fp32 with the reason") {
  const Environment none("OPENAUTOGLM_PRECISION", "");
  Runtime runtime(on_host());
  MadeUp model;
  {
    const LoadedWeights loaded = PrecisionPolicy(runtime, model, request(Precision::automatic, ""), false).load();
    CHECK(loaded.plan.precision == Precision::fp32);
    CHECK(!loaded.accuracy);
    CHECK(says(loaded.why, "precision fp32: the default; not bf16: this CPU has no bf16 arithmetic"));
    CHECK(model.asked == 0);  // fp32 needs no measuring
  }
  {
    model.next = {right, near};
    const LoadedWeights loaded = PrecisionPolicy(runtime, model, request(Precision::automatic, ""), true).load();
    CHECK(loaded.plan.precision == Precision::bf16);
    REQUIRE(loaded.accuracy);
    CHECK(loaded.accuracy->least() == doctest::Approx(0.99995).epsilon(1e-6));
    CHECK(says(loaded.why, "precision bf16: the CPU has its arithmetic; least cosine with fp32: 0.999950 over the pictures (measured now)"));
  }
  for (bool allowed : {false, true}) {
    model.next = {right, off};
    const LoadedWeights loaded = PrecisionPolicy(runtime, model, request(Precision::automatic, "", allowed), true).load();
    CHECK(loaded.plan.precision == Precision::fp32);
    CHECK(loaded.weights);
    CHECK(says(loaded.why, "precision fp32: the default; not bf16, which is too inaccurate with these weights"));
    CHECK(says(loaded.why, "0.995037"));
  }
}

TEST_CASE("what was measured is measured once, for one model on one machine") {
  const TempFolder cache;
  Runtime runtime(on_host());
  MadeUp model;
  model.next = {right, near};
  const LoadedWeights first = PrecisionPolicy(runtime, model, request(Precision::bf16, cache.path())).load();
  CHECK(model.asked == 2);
  const LoadedWeights second = PrecisionPolicy(runtime, model, request(Precision::bf16, cache.path())).load();
  CHECK(model.asked == 2);
  CHECK(second.accuracy == first.accuracy);
  CHECK(second.hash == first.hash);
  CHECK(says(second.why, "(measured before)"));
  // Other weights, another instruction set: measured again.
  RuntimeOptions reference = on_host();
  reference.isa = static_cast<int>(host::Isa::reference);
  Runtime other(reference);
  model.next = {right, near};
  if (runtime.kernels().isa != host::Isa::reference) {
    PrecisionPolicy(other, model, request(Precision::bf16, cache.path())).load();
    CHECK(model.asked == 4);
  }
  MadeUp changed;
  const_cast<MemorySource&>(static_cast<const MemorySource&>(changed.source())).tensors["tensor"][0] += 1;
  changed.next = {right, near};
  PrecisionPolicy(runtime, changed, request(Precision::bf16, cache.path())).load();
  CHECK(changed.asked == 2);
  // A damaged file is measured anew, and mended.
  for (const auto& entry : std::filesystem::directory_iterator(cache.path() + "/accuracy")) std::ofstream(entry.path()) << "{\"format\":";
  model.asked = 0;
  model.next = {right, near, right, near};
  PrecisionPolicy(runtime, model, request(Precision::bf16, cache.path())).load();
  PrecisionPolicy(runtime, model, request(Precision::bf16, cache.path())).load();
  CHECK(model.asked == 2);
}

TEST_CASE("an inaccurate precision is refused with what was measured, unless it is allowed") {
  const TempFolder cache;
  Runtime runtime(on_host());
  MadeUp model;
  for (int time = 0; time < 2; time++) {  // the second time from the cache
    if (time == 0) model.next = {right, off};
    CHECK(wrong_refusal(Status::unsupported,
                        {"made-up: precision bf16 is too inaccurate", "0.995037 over the pictures", "0.999000 is wanted", "--allow-inaccurate", "LoadOptions.allowInaccurate"},
                        [&] { PrecisionPolicy(runtime, model, request(Precision::bf16, cache.path())).load(); }) == "");
  }
  const LoadedWeights loaded = PrecisionPolicy(runtime, model, request(Precision::bf16, cache.path(), true)).load();
  CHECK(loaded.plan.precision == Precision::bf16);
  CHECK(says(loaded.why, "though it is inaccurate, for that is allowed"));
  // int8 may be further off.
  model.next = {right, off};
  CHECK(PrecisionPolicy(runtime, model, request(Precision::int8, cache.path())).load().plan.precision == Precision::int8);
  MadeUp worse;
  worse.next = {right, wrong, wrong, wrong};
  CHECK(wrong_refusal(Status::unsupported, {"precision int8", "0.707106", "0.990000 is wanted"},
                      [&] { PrecisionPolicy(runtime, worse, request(Precision::int8, "")).load(); }) == "");
  CHECK(worse.next.size() == 2);  // there is nothing that could be kept
}

TEST_CASE("a precision that the device does not compute in is refused with the reason") {
  Runtime runtime(on_host());
  MadeUp model;
  CHECK(wrong_refusal(Status::unsupported, {"precision fp16", "fp32", "bf16", "int8"}, [&] { PrecisionPolicy(runtime, model, request(Precision::fp16, "")).load(); }) == "");
  CHECK(model.asked == 0);
}

TEST_CASE("OPENAUTOGLM_PRECISION is the default of models that ask for none") {
  MadeUp model;
  {
    const Environment variable("OPENAUTOGLM_PRECISION", "bf16");
    Runtime runtime(on_host());
    model.next = {right, near};
    CHECK(says(PrecisionPolicy(runtime, model, request(Precision::automatic, "")).load().why, "precision bf16: as OPENAUTOGLM_PRECISION says"));
    CHECK(PrecisionPolicy(runtime, model, request(Precision::fp32, "")).load().why == "precision fp32: as asked");
    model.next = {right, wrong};
    CHECK(wrong_refusal(Status::unsupported, {"too inaccurate"}, [&] { PrecisionPolicy(runtime, model, request(Precision::automatic, "")).load(); }) == "");
  }
  const Environment variable("OPENAUTOGLM_PRECISION", "fp8");
  CHECK(wrong_refusal(Status::invalid_argument, {"OPENAUTOGLM_PRECISION", "\"fp8\"", "auto, fp32, bf16, fp16, int8"}, [&] { Runtime{on_host()}; }) == "");
}

TEST_CASE("golden models are loaded in each precision, and the samples tell their texts and pictures apart") {
  const TempFolder cache;
  const auto runtime = std::make_shared<Runtime>(on_host());
  const PrecisionCheck check = check_precisions(runtime, test_data("models/tiny-clip"), request(Precision::automatic, cache.path()));
  REQUIRE(check.lines.size() == 4);
  CHECK(check.pictures == 6);
  CHECK(check.texts == 8);
  CHECK(check.matrices > 8);
  for (const CheckedPrecision& line : check.lines) {
    CAPTURE(std::string(name_of(line.precision)));
    CHECK(line.refusal.empty() == (line.precision != Precision::fp16));
    CHECK(line.measured.has_value() == (line.precision == Precision::bf16 || line.precision == Precision::int8));
    if (!line.measured) continue;
    const Accuracy& accuracy = line.measured->accuracy;
    REQUIRE(accuracy.images);
    REQUIRE(accuracy.texts);
    MESSAGE(std::string(name_of(line.precision)) << ": " << accuracy.text() << ", " << line.measured->kept.size() << " kept");
    for (const auto& tower : {*accuracy.images, *accuracy.texts}) {
      CHECK(tower.alike < 0.95);
      CHECK(tower.least <= tower.mean);
      CHECK(tower.least < 1);  // the precision was really used
    }
    CHECK(accuracy.least() > (line.precision == Precision::bf16 ? 0.999 : 0.98));
    // A load finds it.
    const Model model(runtime, test_data("models/tiny-clip"), request(line.precision, cache.path(), true));
    CHECK(says(model.backend_reason(), "(measured before)"));
    CHECK(model.accuracy() == accuracy);
    CHECK(model.hash() == check.hash);
    CHECK(says(model.backend(), std::string(" ") + name_of(line.precision) + ", 1 thread"));
  }
}

TEST_CASE("what is measured does not depend on the number of threads, and the weights are those of a load without measuring") {
  const Golden golden = load_golden("tiny-clip");
  std::vector<float> rows[3];
  std::optional<Accuracy> measured[3];
  const TempFolder cache;
  for (int i = 0; i < 3; i++) {
    const Model model(std::make_shared<Runtime>(on_host(i == 1 ? 3 : 1)), golden.folder, request(Precision::int8, i == 1 ? "" : cache.path(), true));
    rows[i].resize(golden.ids.size() * static_cast<size_t>(model.definition().embedding_size()));
    model.encode_texts(golden.packed_ids().data(), golden.offsets().data(), static_cast<int64_t>(golden.ids.size()), rows[i].data());
    measured[i] = model.accuracy();
  }
  for (int i = 1; i < 3; i++) {
    CHECK(rows[i] == rows[0]);
    CHECK(measured[i] == measured[0]);
  }
  CHECK(least_cosine(rows[0], golden.text_embeddings) > 0.98);
  CHECK(least_cosine(rows[0], golden.text_embeddings) < 0.999999);
}

TEST_CASE("matrices that outliers spoil are kept out of int8, and no more of them than it takes") {
  const EditedModel outliers = outlier_model(60);
  const auto runtime = std::make_shared<Runtime>(on_host());
  const PrecisionCheck check = check_precisions(runtime, outliers.path(), request(Precision::automatic, ""));
  const CheckedPrecision& int8 = check.lines[3];
  REQUIRE(int8.measured);
  std::string kept;
  for (const std::string& role : int8.measured->kept) kept += role + " ";
  MESSAGE(int8.measured->accuracy.text() << "; kept: " << kept);
  CHECK(int8.accurate);
  CHECK(!kept.empty());
  CHECK(says(kept, "text.block.0.mlp.down"));
  CHECK(static_cast<int64_t>(int8.measured->kept.size()) <= check.matrices / 3);
  CHECK(int8.measured->least_without_kept < 0.99);
  const Model model(runtime, outliers.path(), request(Precision::int8, ""));
  CHECK(says(model.backend_reason(), "kept in "));
  for (const std::string& role : int8.measured->kept) CHECK(says(model.backend_reason(), role));
}

TEST_CASE("convolutions are measured and kept as other matrices are") {
  // A channel between two convolutions of the last stage is 300 times what it was: relu lets factors through.
  const EditedModel outliers("open-clip-resnet", [](const std::string& tensor, const std::vector<int64_t>& shape, std::vector<float>& values) {
    if (tensor == "visual.layer4.1.bn1.weight" || tensor == "visual.layer4.1.bn1.bias") values[5] *= 300;
    if (tensor == "visual.layer4.1.conv2.weight")
      for (size_t i = 0; i < values.size(); i++)
        if (static_cast<int64_t>(i) / 9 % shape[1] == 5) values[i] /= 300;
  });
  const auto runtime = std::make_shared<Runtime>(on_host(2));
  const PrecisionCheck check = check_precisions(runtime, outliers.path(), request(Precision::automatic, ""));
  const CheckedPrecision& int8 = check.lines[3];
  REQUIRE(int8.measured);
  std::string kept;
  for (const std::string& role : int8.measured->kept) kept += role + " ";
  MESSAGE(int8.measured->accuracy.text() << "; kept: " << kept);
  CHECK(int8.accurate);
  CHECK(says(kept, "image.block.5.conv2"));
}

TEST_CASE("a ResNet without a running number of a batch norm, or with a variance that is none, is refused by name") {
  const auto runtime = std::make_shared<Runtime>(on_host());
  const auto load = [&](const EditedModel& model) { Model(runtime, model.path(), request(Precision::fp32, "")); };
  const EditedModel without("open-clip-resnet", [](const std::string& tensor, const std::vector<int64_t>&, std::vector<float>& values) {
    if (tensor == "visual.layer2.1.bn2.running_mean") values.clear();
  });
  CHECK(wrong_refusal(Status::bad_model, {"tensor visual.layer2.1.bn2.running_mean is missing"}, [&] { load(without); }) == "");
  const EditedModel negative("open-clip-resnet", [](const std::string& tensor, const std::vector<int64_t>&, std::vector<float>& values) {
    if (tensor == "visual.bn1.running_var") values[0] = -1;
  });
  CHECK(wrong_refusal(Status::bad_model, {"visual.bn1.running_var", "variance -1"}, [&] { load(negative); }) == "");
}
