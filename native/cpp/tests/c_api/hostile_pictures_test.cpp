// Pictures that are none, or that ask for more than there is: an item's own error, and nothing for its mates. (Every kind of damage: tests/image/decode_test.cpp.)
#include <zlib.h>

#include "c_api/api.h"

#include "support/test_data.h"

using namespace oag;
using namespace oag::test;

namespace {

// The header of a PNG file of this size; no pixels.
std::vector<uint8_t> png_header(uint32_t width, uint32_t height) {
  std::vector<uint8_t> png = read_bytes(test_data("pictures/rgb-8.png"));
  const auto put = [&](size_t at, uint32_t value) {
    for (size_t i = 0; i < 4; i++) png[at + i] = static_cast<uint8_t>(value >> (24 - 8 * i));
  };
  put(16, width);
  put(20, height);
  put(29, static_cast<uint32_t>(crc32_z(0, png.data() + 12, 17)));
  return png;
}

}  // namespace

TEST_CASE("hostile pictures among good ones") {
  const Api api;
  const std::vector<uint8_t> good = api.golden.pictures[0], text{'<', 'h', 't', 'm', 'l', '>'}, empty{0};
  const std::vector<uint8_t> jpeg = read_bytes(test_data("pictures/truncated-scan.jpg")), bomb = png_header(60'000, 60'000);
  struct Case {
    const std::vector<uint8_t>* bytes;
    size_t size;
    const char* part;
  };
  const Case cases[] = {{&empty, 0, "empty (0 bytes)"},
                        {&text, text.size(), "neither JPEG"},
                        {&jpeg, jpeg.size(), "(truncated)"},
                        {&bomb, bomb.size(), "60000 x 60000 = 3600000000 pixels, more than the limit"}};
  std::vector<oag_image> images;
  for (const Case& hostile : cases) {
    images.push_back(api.picture(0));
    images.push_back(api.picture(0));
    images.back().data = hostile.bytes->data();
    images.back().size = hostile.size;
  }
  std::vector<float> alone(api.width), rows(images.size() * api.width, 7.0f);
  REQUIRE(oag_encode_images(api.model, images.data(), 1, alone.data(), alone.size(), nullptr, nullptr, 0) == OAG_OK);
  std::vector<oag_item> items(images.size());
  CHECK(oag_encode_images(api.model, images.data(), images.size(), rows.data(), rows.size(), items.data(), nullptr, 0) == OAG_PARTIAL);
  for (size_t i = 0; i < images.size(); i++) {
    CAPTURE(i);
    const std::vector<float> row(rows.begin() + static_cast<int64_t>(i * api.width), rows.begin() + static_cast<int64_t>((i + 1) * api.width));
    CHECK(items[i].status == (i % 2 ? OAG_BAD_IMAGE : OAG_OK));
    CHECK(row == (i % 2 ? std::vector<float>(api.width, 0.0f) : alone));
    if (i % 2) CHECK(std::string(items[i].error).find(cases[i / 2].part) != std::string::npos);
  }
}
