// Every golden model in every precision, on every instruction set of this machine: near to fp32's embeddings, and the same bits for any threads and batch mates.
#include <doctest/doctest.h>

#include <cstring>

#include "models/tower_bench.h"
#include "runtime/model.h"
#include "support/each_isa.h"

using namespace oag;
using namespace oag::test;

namespace {

// Beside them the least cosine to transformers' fp32 embeddings that was measured over the golden models. These have a width of 32 and matrices of 2.5 times the usual
// size: a sum runs over fewer products than in a real model, so its rounding errors cancel less.
constexpr double least_bf16 = 0.999;   // measured: 0.99936
constexpr double least_int8 = 0.996;   // measured: 0.99797
// Sentence encoders normalise behind each sum, and theirs have a width of 24 and larger matrices still.
constexpr double least_bf16_of_sentences = 0.999;  // measured: 0.99922
constexpr double least_int8_of_sentences = 0.98;   // measured: 0.98493
// The convolutions of the golden ResNet sum over 3 to 24 channels.
constexpr double least_int8_of_resnets = 0.985;    // measured: 0.99071

// The tests see for themselves how near it is.
PrecisionRequest whatever_the_error(Precision precision) {
  PrecisionRequest request(precision);
  request.allow_inaccurate = true;
  return request;
}

struct Embeddings {
  std::vector<float> images, texts;
};

struct Bench {
  Bench(const std::string& name, host::Isa isa, int threads, Precision precision)
      : golden(load_golden(name)), model(std::make_shared<Runtime>(RuntimeOptions{.device = Device::host, .isa = static_cast<int>(isa), .threads = threads, .plugin_folder = {}}),
                                         golden.folder, whatever_the_error(precision)),
        width(static_cast<size_t>(model.definition().embedding_size())) {
    for (const auto& picture : golden.pictures) pictures.push_back(EncodedImage{picture.data(), picture.size()});
  }

  Embeddings together() const {
    Embeddings all{std::vector<float>(pictures.size() * width), std::vector<float>(golden.ids.size() * width)};
    if (!pictures.empty()) model.encode_images(pictures, all.images.data(), nullptr);
    if (!golden.ids.empty()) model.encode_texts(golden.packed_ids().data(), golden.offsets().data(), static_cast<int64_t>(golden.ids.size()), all.texts.data());
    return all;
  }
  Embeddings one_by_one() const {
    Embeddings all{std::vector<float>(pictures.size() * width), std::vector<float>(golden.ids.size() * width)};
    for (size_t i = 0; i < pictures.size(); i++) model.encode_images({pictures[i]}, all.images.data() + i * width, nullptr);
    for (size_t t = 0; t < golden.ids.size(); t++) {
      const int64_t offsets[2] = {0, static_cast<int64_t>(golden.ids[t].size())};
      model.encode_texts(golden.ids[t].data(), offsets, 1, all.texts.data() + t * width);
    }
    return all;
  }

  Golden golden;
  Model model;
  size_t width;
  std::vector<ImageRequest> pictures;
};

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) { return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0; }

}  // namespace

TEST_CASE("bf16 and int8 embeddings are near to fp32's, and differ from them") {
  for_each_isa([](host::Isa isa) {
    for (const std::string& name : golden_models()) {
      CAPTURE(name);
      for (Precision precision : {Precision::bf16, Precision::int8}) {
        CAPTURE(name_of(precision));
        const Bench bench(name, isa, 2, precision);
        const Embeddings embeddings = bench.together();
        const double images = least_cosine(embeddings.images, bench.golden.image_embeddings), texts = least_cosine(embeddings.texts, bench.golden.text_embeddings);
        MESSAGE(name << " " << std::string(host::name_of(isa)) << " " << std::string(name_of(precision)) << ": cosine " << images << " and " << texts);
        const bool sentences = bench.pictures.empty();
        const bool resnet = name.find("resnet") != std::string::npos;
        const double least = precision == Precision::bf16 ? (sentences ? least_bf16_of_sentences : least_bf16)
                             : sentences                  ? least_int8_of_sentences
                             : resnet                     ? least_int8_of_resnets
                                                          : least_int8;
        CHECK(images >= least);
        CHECK(texts >= least);
        if (!bench.pictures.empty()) CHECK(images < 0.9999999);  // fp32 is nearer: something was rounded
        if (!bench.golden.ids.empty()) CHECK(texts < 0.9999999);
      }
    }
  });
}

TEST_CASE("in every precision an embedding's bits are those of the input alone: no threads, no batch mates") {
  for_each_isa([](host::Isa isa) {
    for (Precision precision : {Precision::fp32, Precision::bf16, Precision::int8}) {
      CAPTURE(name_of(precision));
      const Embeddings expected = Bench("tiny-clip", isa, 1, precision).one_by_one();
      for (int threads : {1, 2, 3}) {
        CAPTURE(threads);
        const Embeddings together = Bench("tiny-clip", isa, threads, precision).together();
        CHECK(same_bits(together.images, expected.images));
        CHECK(same_bits(together.texts, expected.texts));
      }
    }
  });
}

TEST_CASE("a matrix that the plan keeps is computed in the precision that it is kept in") {
  for_each_isa([](host::Isa isa) {
    const Golden golden = load_golden("tiny-clip");
    const files::ModelFolder folder(golden.folder);
    const auto definition = models::define(folder.configs());
    const ParameterList& parameters = definition->parameters();
    const auto source = folder.source(parameters);
    ThreadPool threads(2);
    host::HostExecutor executor(host::choose_kernels(&isa), threads, true);
    PrecisionPlan plan{.precision = Precision::int8, .kept = {}, .kept_precision = Precision::bf16};
    for (uint32_t p = 0; p < parameters.size(); p++)
      if (parameters[{p}].kind == ParameterKind::matrix && p % 3 == 0) plan.kept.push_back({p});
    REQUIRE(plan.kept.size() >= 2);
    const auto mixed = executor.prepare(parameters, *source, plan);
    const auto all_int8 = executor.prepare(parameters, *source, {.precision = Precision::int8, .kept = {}});
    const auto all_bf16 = executor.prepare(parameters, *source, {.precision = Precision::bf16, .kept = {}});
    CHECK(all_int8->bytes() < mixed->bytes());
    CHECK(mixed->bytes() < all_bf16->bytes());
    CHECK(all_bf16->bytes() < executor.prepare(parameters, *source)->bytes());
    for (uint32_t p = 0; p < parameters.size(); p++) {
      const ParameterSpec& spec = parameters[{p}];
      std::vector<float> got(static_cast<size_t>(spec.part_numbers())), expected(got.size());
      mixed->read_back({p}, 0, got.data());
      (plan.of({p}) == Precision::bf16 ? all_bf16 : all_int8)->read_back({p}, 0, expected.data());
      CAPTURE(spec.role);
      CHECK(same_bits(got, expected));
    }
  });
}

TEST_CASE("a plan with a precision that the host lacks is refused") {
  const Golden golden = load_golden("tiny-clip");
  const files::ModelFolder folder(golden.folder);
  const auto definition = models::define(folder.configs());
  const auto source = folder.source(definition->parameters());
  ThreadPool threads(1);
  host::HostExecutor executor(host::choose_kernels(nullptr), threads);
  for (const PrecisionPlan& plan : {PrecisionPlan{.precision = Precision::fp16, .kept = {}}, PrecisionPlan{.precision = Precision::int8, .kept = {}, .kept_precision = Precision::fp16}}) {
    try {
      executor.prepare(definition->parameters(), *source, plan);
      FAIL("fp16 was accepted");
    } catch (const Error& e) {
      CHECK(e.status() == Status::unsupported);
      CHECK(e.text().find("fp16") != std::string::npos);
    }
  }
}
