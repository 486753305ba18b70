#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <set>

#include "runtime/accuracy.h"
#include "runtime/accuracy_samples.h"

using namespace oag;

TEST_CASE("the same embeddings have cosine 1, and any scale of them") {
  const SampleEmbeddings fp32{3, {1, 2, 3, -4, 5, 6}, {0.5f, 0, 0}};
  CHECK(compare(fp32, fp32).least() == doctest::Approx(1));
  SampleEmbeddings scaled = fp32;
  for (float& value : scaled.images) value *= 7;
  CHECK(compare(fp32, scaled).images->least == doctest::Approx(1));
}

TEST_CASE("the least cosine is the worst sample's, the mean is all samples'") {
  const SampleEmbeddings fp32{2, {1, 0, 0, 1}, {}};
  const SampleEmbeddings other{2, {1, 0, 1, 1}, {}};
  const Accuracy accuracy = compare(fp32, other);
  REQUIRE(accuracy.images);
  CHECK(!accuracy.texts);
  CHECK(accuracy.images->least == doctest::Approx(std::sqrt(0.5)));
  CHECK(accuracy.images->mean == doctest::Approx((1 + std::sqrt(0.5)) / 2));
  CHECK(accuracy.images->alike == doctest::Approx(0));
  CHECK(accuracy.least() == accuracy.images->least);
  CHECK(compare(fp32, {2, {-1, 0, 0, 1}, {}}).least() == doctest::Approx(-1));
  CHECK(compare({2, {1, 0, 1, 0.1f}, {}}, {2, {1, 0, 1, 0.1f}, {}}).images->alike > 0.99);
}

TEST_CASE("what is no number, or is missing, is as wrong as can be") {
  const SampleEmbeddings fp32{2, {1, 0, 0, 1}, {1, 1}};
  for (float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
    CHECK(compare(fp32, {2, {1, 0, bad, 1}, {1, 1}}).least() == 0);
  CHECK(compare(fp32, {}).least() == 0);
  CHECK(compare(fp32, {}).texts->mean == 0);
  CHECK(compare(fp32, {2, {1, 0, 0, 0}, {1, 1}}).least() == 0);  // a zero vector has no direction
  CHECK(compare({2, {0, 0}, {}}, {2, {0, 0}, {}}).least() == 1);
}

TEST_CASE("a cosine is never written as one that it does not reach") {
  CHECK(cosine_text(1) == "1.000000");
  CHECK(cosine_text(0.99) == "0.990000");
  CHECK(cosine_text(0.999) == "0.999000");
  CHECK(cosine_text(0.9899999) == "0.989999");
  CHECK(cosine_text(std::nextafter(0.99, 0.0) - 1e-9) == "0.989999");
  CHECK(cosine_text(-0.5) == "-0.500000");
}

TEST_CASE("sample texts have ids of the vocabulary, the end where it belongs, and different lengths") {
  for (const models::TextSpec::End end : {models::TextSpec::End::token, models::TextSpec::End::highest_id})
    for (const int64_t vocabulary : {1, 2, 3, 99, 49408})
      for (const int64_t most : {1, 2, 7, 77}) {
        CAPTURE(vocabulary);
        CAPTURE(most);
        models::TextSpec spec;
        spec.vocabulary = vocabulary;
        spec.max_tokens = most;
        spec.end = end;
        spec.end_id = end == models::TextSpec::End::token ? vocabulary / 2 : vocabulary - 1;
        const SampleTexts texts = sample_texts(spec);
        REQUIRE(texts.count() == 8);
        std::set<int64_t> lengths;
        std::set<std::vector<int32_t>> different;
        for (int64_t t = 0; t < texts.count(); t++) {
          const std::vector<int32_t> ids(texts.ids.begin() + texts.offsets[static_cast<size_t>(t)], texts.ids.begin() + texts.offsets[static_cast<size_t>(t) + 1]);
          REQUIRE(!ids.empty());
          CHECK(static_cast<int64_t>(ids.size()) <= most);
          for (int32_t id : ids) CHECK((id >= 0 && id < vocabulary));
          CHECK(ids.back() == spec.end_id);
          if (vocabulary > 1)
            for (size_t i = 0; i + 1 < ids.size(); i++) CHECK(ids[i] != spec.end_id);
          lengths.insert(static_cast<int64_t>(ids.size()));
          different.insert(ids);
        }
        if (most == 77) CHECK(lengths.size() == 8);
        if (most == 77 && vocabulary > 3) CHECK(different.size() == 8);
      }
}

TEST_CASE("sample texts are padded where the model pads") {
  models::TextSpec spec;
  spec.vocabulary = 50;
  spec.max_tokens = spec.pad_to = 16;
  spec.pad_id = 49;
  spec.end_id = 7;
  const SampleTexts texts = sample_texts(spec);
  for (int64_t t = 0; t < texts.count(); t++) CHECK(texts.offsets[static_cast<size_t>(t) + 1] - texts.offsets[static_cast<size_t>(t)] == 16);
  CHECK(texts.ids[2] == 7);
  CHECK(texts.ids[3] == 49);
}

TEST_CASE("sample pictures fill the tower's size, differ from each other, and are the same each time") {
  for (const auto& [width, height] : {std::pair{224, 224}, std::pair{30, 30}, std::pair{1, 1}, std::pair{5, 64}}) {
    models::ImageSpec spec;
    spec.width = width;
    spec.height = height;
    const SamplePictures pictures = sample_pictures(spec);
    REQUIRE(pictures.pixels.size() == 6);
    for (const auto& pixels : pictures.pixels) CHECK(pixels.size() == static_cast<size_t>(3 * width * height));
    CHECK(sample_pictures(spec).pixels == pictures.pixels);
    if (width < 5) continue;
    for (size_t a = 0; a < pictures.pixels.size(); a++)
      for (size_t b = 0; b < a; b++) {
        size_t other = 0;
        for (size_t i = 0; i < pictures.pixels[a].size(); i++) other += std::abs(pictures.pixels[a][i] - pictures.pixels[b][i]) > 8;
        CHECK(other > pictures.pixels[a].size() / 4);
      }
  }
}
