// Every golden model on every instruction set of this machine, through runtime/.
#include <doctest/doctest.h>

#include "core/error.h"
#include "runtime/model.h"
#include "support/each_isa.h"
#include "support/golden.h"

using namespace oag;
using namespace oag::test;

TEST_CASE("the comparators see what they must") {
  const Matrix b{{1, 0}, {0, -2}};
  CHECK(least_cosine({2, 0, 0, -1}, b) == doctest::Approx(1));
  CHECK(least_cosine({1, 0, 0, 2}, b) == doctest::Approx(-1));
  CHECK(std::isnan(least_cosine({0, 0, 0, 1}, b)));
  CHECK(largest_difference({1, 0, 0, 2}, b) == 4);
  CHECK(largest_difference({-1, 0, 0, -2}, b) == 2);
  CHECK(std::isnan(largest_difference({1, 0, 0, std::nanf("")}, b)));
}

TEST_CASE("embeddings, logits and probabilities are those of transformers") {
  for_each_isa([](host::Isa isa) {
    auto runtime = std::make_shared<Runtime>(RuntimeOptions{.device = Device::host, .isa = static_cast<int>(isa), .threads = 2, .plugin_folder = {}});
    for (const std::string& name : golden_models()) {
      CAPTURE(name);
      const Golden golden = load_golden(name);
      const Model model(runtime, golden.folder, Precision::fp32);
      const size_t width = static_cast<size_t>(model.definition().embedding_size());
      std::vector<ImageRequest> images;
      for (const auto& picture : golden.pictures) images.push_back(EncodedImage{picture.data(), picture.size()});
      std::vector<float> image_rows(images.size() * width), text_rows(golden.ids.size() * width);
      REQUIRE(image_rows.size() + text_rows.size() > 0);
      if (!images.empty()) model.encode_images(images, image_rows.data(), nullptr);
      if (!golden.ids.empty()) model.encode_texts(golden.packed_ids().data(), golden.offsets().data(), static_cast<int64_t>(golden.ids.size()), text_rows.data());
      CHECK(least_cosine(image_rows, golden.image_embeddings) >= 0.999999);
      CHECK(least_cosine(text_rows, golden.text_embeddings) >= 0.999999);
      // The scale, too: a cosine does not see it. Embeddings here are of the order of 1.
      CHECK(largest_difference(image_rows, golden.image_embeddings) <= 1e-3);
      CHECK(largest_difference(text_rows, golden.text_embeddings) <= 1e-3);
      const bool scores = model.definition().scores() != models::Scores::none;
      CHECK(scores == (!images.empty() && !golden.ids.empty()));
      if (!scores) {
        MESSAGE(name << " " << std::string(host::name_of(isa)) << ": embeddings within " << largest_difference(image_rows, golden.image_embeddings) << " and "
                     << largest_difference(text_rows, golden.text_embeddings));
        continue;
      }

      std::vector<float> logits(images.size() * golden.ids.size()), probabilities(logits.size());
      model.forward(image_rows.data(), static_cast<int64_t>(images.size()), text_rows.data(), static_cast<int64_t>(golden.ids.size()), logits.data(),
                    probabilities.data());
      CHECK(largest_difference(logits, golden.logits) <= 1e-3);
      CHECK(largest_difference(probabilities, golden.probabilities) <= 1e-3);
      MESSAGE(name << " " << std::string(host::name_of(isa)) << ": logits within " << largest_difference(logits, golden.logits) << ", embeddings within "
                   << largest_difference(image_rows, golden.image_embeddings) << " and " << largest_difference(text_rows, golden.text_embeddings));

      // Scaled rows score the same.
      for (float& value : image_rows) value *= 0.125f;
      std::vector<float> again(logits.size());
      model.forward(image_rows.data(), static_cast<int64_t>(images.size()), text_rows.data(), static_cast<int64_t>(golden.ids.size()), again.data(), nullptr);
      CHECK(largest_difference(again, golden.logits) <= 1e-3);
    }
  });
}
