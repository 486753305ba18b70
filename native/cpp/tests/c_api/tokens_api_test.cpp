// oag_encode_image_tokens and oag_encode_text_tokens: late interaction over the C ABI, and what is refused.
#include <algorithm>
#include <numeric>

#include "c_api/api.h"
#include "support/golden_tokens.h"

using namespace oag;
using namespace oag::test;

namespace {

struct Documents {
  std::vector<float> rows;  // unit vectors
  std::vector<int64_t> offsets{0};
};

std::string text_of(const oag_model* model, oag_model_string which) {
  char text[256] = "";
  CHECK(oag_model_get_string(model, which, text, sizeof text, nullptr, nullptr, 0) == OAG_OK);
  return text;
}

Documents pictures_of(const Api& api, const GoldenTokens& golden) {
  Documents documents;
  const auto tokens = static_cast<size_t>(api.info.image_tokens), width = static_cast<size_t>(api.info.image_token_size);
  std::vector<oag_image> images;
  for (const auto& picture : golden.pictures) {
    oag_image image{};
    image.struct_size = sizeof image;
    image.data = picture.data();
    image.size = picture.size();
    images.push_back(image);
    documents.offsets.push_back(documents.offsets.back() + static_cast<int64_t>(tokens));
  }
  documents.rows.resize(images.size() * tokens * width);
  REQUIRE(oag_encode_image_tokens(api.model, images.data(), images.size(), documents.rows.data(), documents.rows.size(), nullptr, nullptr, 0) == OAG_OK);
  REQUIRE(oag_normalize(documents.rows.data(), images.size() * tokens, width, nullptr, 0) == OAG_OK);
  return documents;
}

Documents texts_of(const Api& api, const GoldenTokens& golden) {
  Documents documents;
  std::vector<int32_t> ids;
  for (const auto& text : golden.ids) {
    ids.insert(ids.end(), text.begin(), text.end());
    documents.offsets.push_back(static_cast<int64_t>(ids.size()));
  }
  documents.rows.resize(ids.size() * static_cast<size_t>(api.info.text_token_size));
  REQUIRE(oag_encode_text_tokens(api.model, ids.data(), documents.offsets.data(), golden.ids.size(), documents.rows.data(), documents.rows.size(), nullptr, 0) == OAG_OK);
  REQUIRE(oag_normalize(documents.rows.data(), ids.size(), static_cast<size_t>(api.info.text_token_size), nullptr, 0) == OAG_OK);
  return documents;
}

}  // namespace

TEST_CASE("late interaction over the vectors of tokens and patches is numpy's") {
  for (const std::string& name : golden_token_models()) {
    CAPTURE(name);
    const Api api(name);
    const GoldenTokens golden = load_golden_tokens(name);
    const Documents queries = golden.queries_are_texts ? texts_of(api, golden) : pictures_of(api, golden);
    const Documents documents = golden.documents_are_texts ? texts_of(api, golden) : pictures_of(api, golden);
    const auto width = static_cast<size_t>(golden.queries_are_texts ? api.info.text_token_size : api.info.image_token_size);
    for (size_t q = 0; q + 1 < queries.offsets.size(); q++) {
      std::vector<float> scores(documents.offsets.size() - 1);
      REQUIRE(oag_max_similarity(api.runtime, queries.rows.data() + static_cast<size_t>(queries.offsets[q]) * width,
                                 static_cast<size_t>(queries.offsets[q + 1] - queries.offsets[q]), documents.rows.data(), documents.offsets.data(), scores.size(), width,
                                 scores.data(), nullptr, 0) == OAG_OK);
      CHECK(largest_difference(scores, {golden.max_similarity[q]}) <= 1e-4);
    }
  }
}

TEST_CASE("info says how many vectors there are, and which") {
  const Api clip, siglip("siglip2"), bert("sentence-bert-cls"), vit("vit-pooler");
  CHECK(clip.info.image_tokens == 17);
  CHECK(clip.info.image_token_size == 24);
  CHECK(clip.info.text_token_size == 24);
  CHECK(text_of(clip.model, OAG_STRING_TOKENS) == "the class token and patches of a picture, the tokens of a text, each behind the last layer norm and projected");
  CHECK(siglip.info.image_tokens == 9);
  CHECK(siglip.info.image_token_size == 20);
  CHECK(siglip.info.text_token_size == 32);  // what its head projects is the pooled row alone
  CHECK(bert.info.image_tokens == 0);
  CHECK(bert.info.image_token_size == 0);
  CHECK(bert.info.text_token_size == 24);
  CHECK(text_of(bert.model, OAG_STRING_TOKENS) == "the tokens behind the last block");
  CHECK(vit.info.text_token_size == 0);
  CHECK(vit.info.image_token_size > 0);
}

TEST_CASE("calls for tokens that are refused") {
  const Api api, texts("plain-bert"), images("vit-pooler");
  const std::vector<int32_t> ids{5, 6, 599, 7, 599};
  const std::vector<int64_t> offsets{0, 3, 5}, falling{0, 3, 2};
  std::vector<float> rows(5 * 24, 7.0f);
  const auto text = [&](const oag_model* model, const int32_t* given, const int64_t* at, size_t count, float* out, size_t room) {
    return [=](char* error, size_t capacity) { return oag_encode_text_tokens(model, given, at, count, out, room, error, capacity); };
  };
  CHECK(wrong_status(OAG_BUFFER_TOO_SMALL, "tokens has room for 119 floats; 5 rows of 24 are wanted", text(api.model, ids.data(), offsets.data(), 2, rows.data(), 119)) == "");
  CHECK(rows == std::vector<float>(rows.size(), 7.0f));
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "count is 0: there is no text to encode", text(api.model, ids.data(), offsets.data(), 0, rows.data(), rows.size())) == "");
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "ids, offsets or tokens is NULL", text(api.model, nullptr, offsets.data(), 2, rows.data(), rows.size())) == "");
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "ids, offsets or tokens is NULL", text(api.model, ids.data(), offsets.data(), 2, nullptr, rows.size())) == "");
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "offsets fall", text(api.model, ids.data(), falling.data(), 2, rows.data(), rows.size())) == "");
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "text 1 has no tokens", [&](char* error, size_t capacity) {
          const int64_t empty[]{0, 3, 3};
          return oag_encode_text_tokens(api.model, ids.data(), empty, 2, rows.data(), rows.size(), error, capacity);
        }) == "");
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "model is NULL", text(nullptr, ids.data(), offsets.data(), 2, rows.data(), rows.size())) == "");
  CHECK(wrong_status(OAG_UNSUPPORTED, "this model has no text tower", text(images.model, ids.data(), offsets.data(), 2, rows.data(), rows.size())) == "");

  const oag_image picture = api.picture(0);
  const auto image = [&](const oag_model* model, const oag_image* given, size_t count, float* out, size_t room) {
    return [=](char* error, size_t capacity) { return oag_encode_image_tokens(model, given, count, out, room, nullptr, error, capacity); };
  };
  std::vector<float> patches(17 * 24);
  CHECK(wrong_status(OAG_BUFFER_TOO_SMALL, "tokens has room for 407 floats; 1 rows of 408 are wanted", image(api.model, &picture, 1, patches.data(), 407)) == "");
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "count is 0: there is no image to encode", image(api.model, &picture, 0, patches.data(), patches.size())) == "");
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "images or tokens is NULL", image(api.model, &picture, 1, nullptr, 0)) == "");
  CHECK(wrong_status(OAG_UNSUPPORTED, "this model has no image tower", image(texts.model, &picture, 1, patches.data(), patches.size())) == "");

  // One bad picture of two, with items and without.
  oag_image two[]{picture, picture};
  two[1].size = 20;
  patches.resize(2 * 17 * 24, 3.0f);
  oag_item items[2];
  CHECK(oag_encode_image_tokens(api.model, two, 2, patches.data(), patches.size(), items, nullptr, 0) == OAG_PARTIAL);
  CHECK(items[0].status == OAG_OK);
  CHECK(items[1].status == OAG_BAD_IMAGE);
  CHECK(std::accumulate(patches.begin() + 17 * 24, patches.end(), 0.0f) == 0);
  CHECK(oag_encode_image_tokens(api.model, two, 2, patches.data(), patches.size(), nullptr, nullptr, 0) == OAG_BAD_IMAGE);
}

// Of sentence-token-dense an embedding is the first token, the maximum and the mean of what follows a prompt, side by side.
TEST_CASE("a prompt is left out of the pooling where the folder says so") {
  const Api api("sentence-token-dense"), pooling_all("sentence-bert-cls");
  CHECK(api.info.text_leaves_prompt_out == 1);
  CHECK(pooling_all.info.text_leaves_prompt_out == 0);
  const std::vector<int32_t> ids = api.golden.packed_ids();
  const std::vector<int64_t> offsets = api.golden.offsets();
  const size_t count = api.golden.ids.size(), width = static_cast<size_t>(api.info.text_token_size);
  REQUIRE(api.width == 3 * width);
  std::vector<float> tokens(ids.size() * width), plain(count * api.width), pooled(plain.size());
  REQUIRE(oag_encode_text_tokens(api.model, ids.data(), offsets.data(), count, tokens.data(), tokens.size(), nullptr, 0) == OAG_OK);
  REQUIRE(oag_encode_texts(api.model, ids.data(), offsets.data(), count, plain.data(), plain.size(), nullptr, 0) == OAG_OK);
  for (const int32_t prompt : {0, 1}) {  // the shortest text has two tokens
    CAPTURE(prompt);
    REQUIRE(oag_encode_prompted_texts(api.model, ids.data(), offsets.data(), count, prompt, pooled.data(), pooled.size(), nullptr, 0) == OAG_OK);
    CHECK((pooled == plain) == (prompt == 0));
    for (size_t text = 0; text < count; text++) {
      const auto first = static_cast<size_t>(offsets[text] + prompt), end = static_cast<size_t>(offsets[text + 1]);
      for (size_t c = 0; c < width; c++) {
        float largest = tokens[first * width + c];
        double sum = 0;
        for (size_t row = first; row < end; row++) {
          largest = std::max(largest, tokens[row * width + c]);
          sum += tokens[row * width + c];
        }
        const float* got = pooled.data() + text * api.width + c;
        CHECK(got[0] == tokens[first * width + c]);
        CHECK(got[width] == largest);
        CHECK(got[2 * width] == doctest::Approx(sum / static_cast<double>(end - first)).epsilon(1e-5));
      }
    }
  }
  const auto call = [&](const oag_model* model, int32_t prompt) {
    return [&, model, prompt](char* error, size_t capacity) {
      return oag_encode_prompted_texts(model, ids.data(), offsets.data(), count, prompt, pooled.data(), pooled.size(), error, capacity);
    };
  };
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "text 7 has 2 tokens, and its prompt alone 2: nothing is left to pool", call(api.model, 2)) == "");
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "prompt_tokens is negative", call(api.model, -1)) == "");
  CHECK(wrong_status(OAG_UNSUPPORTED, "this model has no text tower", [&](char* error, size_t capacity) {
          return oag_encode_prompted_texts(Api("vit-pooler").model, ids.data(), offsets.data(), 1, 1, pooled.data(), pooled.size(), error, capacity);
        }) == "");

  // Elsewhere a prompt is as good as a text.
  const std::vector<int32_t> others{2, 5, 6, 3};
  const int64_t one[]{0, 4};
  std::vector<float> a(pooling_all.width), b(a.size());
  REQUIRE(oag_encode_texts(pooling_all.model, others.data(), one, 1, a.data(), a.size(), nullptr, 0) == OAG_OK);
  REQUIRE(oag_encode_prompted_texts(pooling_all.model, others.data(), one, 1, 2, b.data(), b.size(), nullptr, 0) == OAG_OK);
  CHECK(a == b);
}
