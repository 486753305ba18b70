// Vectors of tokens and patches: those of transformers, and each with the bits it has alone, in any company and number of passes.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "core/error.h"
#include "models/tower_bench.h"
#include "runtime/model.h"
#include "support/each_isa.h"
#include "support/golden_tokens.h"
#include "support/machine.h"
#include "support/refusal.h"
#include "support/texts.h"

using namespace oag;
using namespace oag::test;

namespace {

std::shared_ptr<Runtime> runtime(host::Isa isa, int threads, int64_t max_tokens = 0) {
  return std::make_shared<Runtime>(
      RuntimeOptions{.device = Device::host, .isa = static_cast<int>(isa), .threads = threads, .max_tokens = max_tokens, .plugin_folder = {}});
}

// Whether the weights are accurate in it or not, and leaving nothing behind.
PrecisionRequest request(Precision precision) {
  PrecisionRequest wanted(precision);
  wanted.allow_inaccurate = true;
  wanted.cache_folder = "";
  return wanted;
}

std::vector<float> image_tokens(const Model& model, const std::vector<std::vector<uint8_t>>& pictures, std::vector<ItemResult>* items = nullptr) {
  std::vector<ImageRequest> images;
  for (const auto& picture : pictures) images.push_back(EncodedImage{picture.data(), picture.size()});
  const models::Definition& definition = model.definition();
  std::vector<float> out(images.size() * static_cast<size_t>(definition.image_spec()->rows_per_image * definition.image_tower()->token_size()), -1.0f);
  model.encode_image_tokens(images, out.data(), items);
  return out;
}

std::vector<float> text_tokens(const Model& model, const Texts& texts) {
  std::vector<int32_t> ids;
  std::vector<int64_t> offsets{0};
  for (const auto& text : texts) {
    ids.insert(ids.end(), text.begin(), text.end());
    offsets.push_back(static_cast<int64_t>(ids.size()));
  }
  std::vector<float> out(ids.size() * static_cast<size_t>(model.definition().text_tower()->token_size()), -1.0f);
  model.encode_text_tokens(ids.data(), offsets.data(), static_cast<int64_t>(texts.size()), out.data());
  return out;
}

std::vector<float> text_tokens_each(const Model& model, const Texts& texts) {
  std::vector<float> out;
  for (const auto& text : texts) {
    const std::vector<float> one = text_tokens(model, {text});
    out.insert(out.end(), one.begin(), one.end());
  }
  return out;
}

// Row `row` of rows of `width` floats.
std::vector<float> row_of(const std::vector<float>& rows, size_t row, size_t width) {
  return {rows.begin() + static_cast<int64_t>(row * width), rows.begin() + static_cast<int64_t>((row + 1) * width)};
}

}  // namespace

TEST_CASE("vectors of tokens and patches are those of transformers") {
  for_each_isa([](host::Isa isa) {
    const auto shared = runtime(isa, 2);
    const auto names = golden_token_models();
    REQUIRE(names.size() >= 11);
    for (const std::string& name : names) {
      CAPTURE(name);
      const GoldenTokens golden = load_golden_tokens(name);
      const Model model(shared, golden.folder, Precision::fp32);
      CHECK_FALSE(model.definition().tokens().empty());
      if (!golden.pictures.empty()) {
        const std::vector<float> rows = image_tokens(model, golden.pictures);
        REQUIRE(rows.size() == golden.image_tokens.size() * golden.image_tokens[0].size());
        CHECK(least_cosine(rows, golden.image_tokens) >= 0.999999);
        CHECK(largest_difference(rows, golden.image_tokens) <= 1e-3);
      }
      if (!golden.ids.empty()) {
        const std::vector<float> rows = text_tokens(model, golden.ids);
        REQUIRE(rows.size() == golden.text_tokens.size() * golden.text_tokens[0].size());
        CHECK(least_cosine(rows, golden.text_tokens) >= 0.999999);
        CHECK(largest_difference(rows, golden.text_tokens) <= 1e-3);
      }
    }
  });
}

TEST_CASE("texts that begin alike, and equal texts, have all their vectors, with the bits that each has alone") {
  for_each_isa([](host::Isa isa) {
    for (const char* name : {"modern-eos", "sentence-mpnet"}) {
      CAPTURE(name);
      const std::string folder = load_golden(name).folder;
      for (const Precision precision : {Precision::fp32, Precision::bf16, Precision::int8}) {
        CAPTURE(std::string(name_of(precision)));
        std::mt19937 random(23);
        const Model alone(runtime(isa, 1), folder, request(precision)), together(runtime(isa, 3), folder, request(precision));
        const Model cut(runtime(isa, 2, 50), folder, request(precision));
        const auto vocabulary = static_cast<int32_t>(alone.definition().text_spec()->vocabulary);
        Texts texts = random_texts(random, on_slow_machine<size_t>(6, 30), std::min<int64_t>(60, alone.definition().text_spec()->max_tokens));
        for (auto& text : texts)
          for (int32_t& id : text) id %= vocabulary;
        texts.push_back(texts.front());
        texts.push_back({5, 599 % vocabulary, 6, 7});  // goes on behind its end
        const std::vector<float> expected = text_tokens_each(alone, texts);
        CHECK(text_tokens(together, texts) == expected);
        CHECK(text_tokens(together, texts) == expected);  // whatever the call before it left
        CHECK(text_tokens(cut, texts) == expected);
      }
    }
  });
}

TEST_CASE("the row that is pooled is among the tokens, with the embedding's bits, and calls for embeddings before and after do not see calls for tokens") {
  for_each_isa([](host::Isa isa) {
    for (const char* name : {"tiny-clip", "open-clip", "open-clip-custom", "chinese-clip", "dinov2-swiglu"}) {
      CAPTURE(name);
      const Golden golden = load_golden(name);
      const Model model(runtime(isa, 2), golden.folder, Precision::fp32);
      const auto width = static_cast<size_t>(model.definition().embedding_size());
      std::vector<ImageRequest> images;
      for (const auto& picture : golden.pictures) images.push_back(EncodedImage{picture.data(), picture.size()});
      std::vector<float> embeddings(images.size() * width), again(embeddings.size());
      model.encode_images(images, embeddings.data(), nullptr);
      const std::vector<float> patches = image_tokens(model, golden.pictures);
      model.encode_images(images, again.data(), nullptr);
      CHECK(again == embeddings);
      for (size_t i = 0; i < images.size(); i++)
        CHECK(row_of(patches, i * static_cast<size_t>(model.definition().image_spec()->rows_per_image), width) == row_of(embeddings, i, width));
      if (!model.definition().text_spec()) continue;
      const std::vector<float> texts = encode(model, golden.ids), tokens = text_tokens(model, golden.ids);
      CHECK(encode(model, golden.ids) == texts);
      for (size_t t = 0; t < golden.ids.size(); t++) {
        bool found = false;
        for (size_t row = static_cast<size_t>(golden.offsets()[t]); row < static_cast<size_t>(golden.offsets()[t + 1]); row++)
          found |= row_of(tokens, row, width) == row_of(texts, t, width);
        CHECK(found);
      }
    }
  });
}

TEST_CASE("pictures in one pass and in many have equal tokens; a bad one has zeros and says why") {
  const Golden golden = load_golden("tiny-clip");
  std::vector<std::vector<uint8_t>> pictures = golden.pictures;
  const Model model(runtime(host::Isa::reference, 2), golden.folder, Precision::fp32), cut(runtime(host::Isa::reference, 2, 40), golden.folder, Precision::fp32);
  const std::vector<float> all = image_tokens(model, pictures);
  CHECK(image_tokens(cut, pictures) == all);
  pictures[1].resize(20);
  std::vector<ItemResult> items(pictures.size());
  const std::vector<float> some = image_tokens(cut, pictures, &items);
  const size_t each = all.size() / pictures.size();
  for (size_t i = 0; i < pictures.size(); i++) {
    CHECK((items[i].status == Status::ok) == (i != 1));
    CHECK(row_of(some, i, each) == (i == 1 ? std::vector<float>(each) : row_of(all, i, each)));
  }
  CHECK(wrong_refusal(Status::bad_image, {"image 1: "}, [&] { image_tokens(cut, pictures); }) == "");
}

TEST_CASE("a program for tokens computes all rows of the last block") {
  TowerBench bench("tiny-clip");
  const Sequences rows{{1, Symbol::tokens}, {1, Symbol::texts}, nullptr};
  const Recording recording = record(bench.parameters(), [&](Pass& pass) {
    pass.read(bench.definition->text_tower()->tokens(pass, pass.input(DType::i32, {rows.rows, 1}, [](void*) {}), rows), nullptr);
  });
  for (const Operation& operation : recording.operations()) CHECK(operation.out.shape.rows == Extent(1, Symbol::tokens));
}

TEST_CASE("tokens of what a model has no tower for are refused") {
  const Model texts(runtime(host::Isa::reference, 1), load_golden("plain-bert").folder, Precision::fp32);
  const Model images(runtime(host::Isa::reference, 1), load_golden("vit-pooler").folder, Precision::fp32);
  const int32_t ids[]{1, 2};
  const int64_t offsets[]{0, 2};
  float out[64];
  CHECK(wrong_refusal(Status::unsupported, {"this model has no text tower"}, [&] { images.encode_text_tokens(ids, offsets, 1, out); }) == "");
  CHECK(wrong_refusal(Status::unsupported, {"this model has no image tower"}, [&] { texts.encode_image_tokens({}, out, nullptr); }) == "");
  const int32_t unknown[]{1, 1 << 30};
  CHECK(wrong_refusal(Status::invalid_argument, {"text 0 has the token id 1073741824"}, [&] { texts.encode_text_tokens(unknown, offsets, 1, out); }) == "");
}
