#include <climits>

#include "c_api/api.h"

using namespace oag;
using namespace oag::test;

namespace {

std::vector<uint8_t> gradient(int width, int height, int64_t stride) {
  std::vector<uint8_t> pixels(static_cast<size_t>(stride * (height - 1) + 3 * width), 0xee);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < 3 * width; x++) pixels[static_cast<size_t>(y * stride + x)] = static_cast<uint8_t>(x * 5 + y * 11);
  return pixels;
}

std::vector<float> encode(const Api& api, const std::vector<oag_image>& images) {
  std::vector<float> rows(images.size() * api.width);
  char error[512] = "";
  REQUIRE_MESSAGE(oag_encode_images(api.model, images.data(), images.size(), rows.data(), rows.size(), nullptr, error, sizeof error) == OAG_OK, std::string(error));
  return rows;
}

std::string wrong_image(const Api& api, oag_status status, const std::string& part, const oag_image& image) {
  std::vector<float> row(api.width);
  return wrong_status(status, part, [&](char* error, size_t capacity) {
    return oag_encode_images(api.model, &image, 1, row.data(), row.size(), nullptr, error, capacity);
  });
}

}  // namespace

TEST_CASE("bad pictures among good ones: their items say why, their rows are zero, the others have the bits they have alone") {
  const Api api;
  const std::vector<uint8_t> text{'n', 'o', ' ', 'p', 'i', 'c', 't', 'u', 'r', 'e'};
  std::vector<uint8_t> cut(api.golden.pictures[1].begin(), api.golden.pictures[1].begin() + 60);
  std::vector<oag_image> images{api.picture(0), api.picture(1), api.picture(2), api.picture(3), api.picture(4)};
  images[1].data = text.data();
  images[1].size = text.size();
  images[3].data = cut.data();
  images[3].size = cut.size();
  std::vector<float> rows(5 * api.width, 7.0f);
  std::vector<oag_item> items(5);
  std::memset(items.data(), 0x55, items.size() * sizeof(oag_item));
  char error[512] = "";
  CHECK(oag_encode_images(api.model, images.data(), 5, rows.data(), rows.size(), items.data(), error, sizeof error) == OAG_PARTIAL);
  CHECK(std::string(error).find("item") != std::string::npos);
  for (size_t i = 0; i < 5; i++) {
    CAPTURE(i);
    const std::vector<float> row(rows.begin() + static_cast<std::ptrdiff_t>(i * api.width), rows.begin() + static_cast<std::ptrdiff_t>((i + 1) * api.width));
    if (i == 1 || i == 3) {
      CHECK(items[i].status == OAG_BAD_IMAGE);
      CHECK(std::strlen(items[i].error) > 10);
      CHECK(row == std::vector<float>(api.width, 0.0f));
    } else {
      CHECK(items[i].status == OAG_OK);
      CHECK(std::string(items[i].error) == "");
      const std::vector<float> alone = encode(api, {images[i]});
      CHECK(std::memcmp(row.data(), alone.data(), api.width * sizeof(float)) == 0);
    }
  }
  // Without items the first bad one fails the call, by its index.
  CHECK(wrong_status(OAG_BAD_IMAGE, "image 1: ", [&](char* text_out, size_t capacity) {
          return oag_encode_images(api.model, images.data(), 5, rows.data(), rows.size(), nullptr, text_out, capacity);
        }) == "");
  // All good: every item is.
  const std::vector<oag_image> good{api.picture(0), api.picture(2)};
  CHECK(oag_encode_images(api.model, good.data(), 2, rows.data(), rows.size(), items.data(), error, sizeof error) == OAG_OK);
  CHECK(items[1].status == OAG_OK);
  CHECK(std::string(error) == "");
}

TEST_CASE("all pictures bad is partial too") {
  const Api api;
  const std::vector<uint8_t> nothing(1, 0);
  oag_image image = api.picture(0);
  image.data = nothing.data();
  image.size = 0;
  oag_item item;
  std::vector<float> row(api.width, 3.0f);
  CHECK(oag_encode_images(api.model, &image, 1, row.data(), row.size(), &item, nullptr, 0) == OAG_PARTIAL);
  CHECK(item.status == OAG_BAD_IMAGE);
  CHECK(row == std::vector<float>(api.width, 0.0f));
}

TEST_CASE("raw pixels at any stride give the same bits") {
  const Api api;
  const std::vector<uint8_t> tight = gradient(21, 17, 63), wide = gradient(21, 17, 100);
  const std::vector<float> row = encode(api, {raw_image(tight, 21, 17)});
  CHECK(encode(api, {raw_image(tight, 21, 17, 63)}) == row);
  CHECK(encode(api, {raw_image(wide, 21, 17, 100)}) == row);
  CHECK(encode(api, {raw_image(gradient(21, 16, 63), 21, 16)}) != row);
}

TEST_CASE("raw pixels that are not all there are refused before they are read") {
  const Api api;
  const std::vector<uint8_t> pixels = gradient(21, 17, 63);
  oag_image image = raw_image(pixels, 21, 17);
  image.size--;
  CHECK(wrong_image(api, OAG_INVALID_ARGUMENT, "images[0] has 1070 bytes; 17 rows of 63 bytes at stride 63 need more", image) == "");
  CHECK(wrong_image(api, OAG_INVALID_ARGUMENT, "need more", raw_image(pixels, 21, 17, 64)) == "");
  CHECK(wrong_image(api, OAG_INVALID_ARGUMENT, "need more", raw_image(pixels, 21, 17, 62)) == "");
  CHECK(wrong_image(api, OAG_INVALID_ARGUMENT, "need more", raw_image(pixels, 21, 17, -63)) == "");
  CHECK(wrong_image(api, OAG_INVALID_ARGUMENT, "need more", raw_image(pixels, 21, 17, INT64_MAX)) == "");
  CHECK(wrong_image(api, OAG_INVALID_ARGUMENT, "need more", raw_image(pixels, INT32_MAX, INT32_MAX)) == "");
  CHECK(wrong_image(api, OAG_INVALID_ARGUMENT, "images[0] is 0 x 17 pixels", raw_image(pixels, 0, 17)) == "");
  CHECK(wrong_image(api, OAG_INVALID_ARGUMENT, "21 x -1", raw_image(pixels, 21, -1)) == "");
}

TEST_CASE("images: arguments that make no sense") {
  const Api api;
  oag_image image = api.picture(0);
  std::vector<float> row(api.width);
  const auto call = [&](const oag_model* model, const oag_image* images, size_t count, float* out, size_t room) {
    return [=](char* error, size_t capacity) { return oag_encode_images(model, images, count, out, room, nullptr, error, capacity); };
  };
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "model is NULL", call(nullptr, &image, 1, row.data(), row.size())) == "");
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "count is 0", call(api.model, &image, 0, row.data(), row.size())) == "");
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "NULL", call(api.model, nullptr, 1, row.data(), row.size())) == "");
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "NULL", call(api.model, &image, 1, nullptr, row.size())) == "");
  CHECK(wrong_status(OAG_BUFFER_TOO_SMALL, "embeddings has room for", call(api.model, &image, 1, row.data(), row.size() - 1)) == "");
  CHECK(wrong_status(OAG_BUFFER_TOO_SMALL, "embeddings has room for", call(api.model, &image, SIZE_MAX, row.data(), row.size())) == "");
  image.data = nullptr;
  CHECK(wrong_image(api, OAG_INVALID_ARGUMENT, "images[0].data is NULL", image) == "");
  image = api.picture(0);
  image.kind = 2;
  CHECK(wrong_image(api, OAG_INVALID_ARGUMENT, "images[0].kind is 2", image) == "");
  for (uint32_t size : {0u, static_cast<uint32_t>(sizeof image - 1), 5000u}) {
    image = api.picture(0);
    image.struct_size = size;
    CHECK(wrong_image(api, OAG_INVALID_ARGUMENT, "oag_image.struct_size", image) == "");
  }
}

TEST_CASE("an array of a newer caller's longer structs") {
  const Api api;
  struct Longer {
    oag_image known;
    int64_t later[3] = {-1, -1, -1};
  };
  std::vector<Longer> images(3);
  for (size_t i = 0; i < 3; i++) {
    images[i].known = api.picture(i);
    images[i].known.struct_size = sizeof(Longer);
  }
  std::vector<float> rows(3 * api.width);
  REQUIRE(oag_encode_images(api.model, &images[0].known, 3, rows.data(), rows.size(), nullptr, nullptr, 0) == OAG_OK);
  CHECK(rows == encode(api, {api.picture(0), api.picture(1), api.picture(2)}));
}

TEST_CASE("preprocessing tells its size, also when the room is too small") {
  const Api api;
  const oag_image image = api.picture(0);
  int32_t width = 0, height = 0;
  CHECK(wrong_status(OAG_BUFFER_TOO_SMALL, "pixels has room for 0 floats",
                     [&](char* error, size_t capacity) { return oag_preprocess(api.model, &image, nullptr, 0, &width, &height, error, capacity); }) == "");
  CHECK(width == api.info.image_width);
  CHECK(height == api.info.image_height);
  const size_t count = 3 * static_cast<size_t>(width) * static_cast<size_t>(height);
  std::vector<float> pixels(count + 1, 1e30f);
  REQUIRE(oag_preprocess(api.model, &image, pixels.data(), count, &width, &height, nullptr, 0) == OAG_OK);
  CHECK(pixels[count] == 1e30f);
  CHECK(pixels[count - 1] != 1e30f);
  CHECK(oag_preprocess(api.model, &image, pixels.data(), count - 1, &width, &height, nullptr, 0) == OAG_BUFFER_TOO_SMALL);
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "pixels is NULL",
                     [&](char* error, size_t capacity) { return oag_preprocess(api.model, &image, nullptr, count, &width, &height, error, capacity); }) == "");
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "NULL",
                     [&](char* error, size_t capacity) { return oag_preprocess(api.model, &image, pixels.data(), count, nullptr, &height, error, capacity); }) == "");
  CHECK(wrong_status(OAG_INVALID_ARGUMENT, "NULL",
                     [&](char* error, size_t capacity) { return oag_preprocess(api.model, nullptr, pixels.data(), count, &width, &height, error, capacity); }) == "");
}

TEST_CASE("a picture over the pixel limit is refused, encoded or raw") {
  Api api;
  oag_runtime_options options{};
  options.struct_size = sizeof options;
  options.device = OAG_DEVICE_HOST;
  options.max_image_pixels = 300;
  oag_runtime* runtime = nullptr;
  oag_model* model = nullptr;
  REQUIRE(oag_runtime_create(&options, &runtime, nullptr, 0) == OAG_OK);
  REQUIRE(oag_model_load(runtime, api.golden.folder.c_str(), nullptr, &model, nullptr, 0) == OAG_OK);
  std::vector<float> row(api.width);
  const std::vector<uint8_t> pixels = gradient(21, 17, 63), small = gradient(20, 15, 60);
  for (const oag_image& image : {api.picture(0), raw_image(pixels, 21, 17)})
    CHECK(wrong_status(OAG_BAD_IMAGE, "300", [&](char* error, size_t capacity) {
            return oag_encode_images(model, &image, 1, row.data(), row.size(), nullptr, error, capacity);
          }) == "");
  const oag_image fits = raw_image(small, 20, 15);
  CHECK(oag_encode_images(model, &fits, 1, row.data(), row.size(), nullptr, nullptr, 0) == OAG_OK);
  oag_model_close(model);
  oag_runtime_close(runtime);
}
