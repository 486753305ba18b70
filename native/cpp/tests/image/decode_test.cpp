// JPEG, PNG and WebP files against the pixels of Pillow (testdata/pictures, made by tools/reference/pictures.py).
#include "image/decode.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <thread>

#include "image/golden.h"
#include "support/refusal.h"

using namespace oag;
using namespace oag::image;

namespace {

Picture decoded(const std::vector<uint8_t>& bytes, int64_t max_pixels = default_max_pixels) {
  return decode(bytes.data(), bytes.size(), max_pixels);
}

// Where a picture of which all bytes are known differs first.
std::string first_difference(const Picture& picture, const std::string& name) {
  std::vector<uint8_t> expected;
  try {
    expected = golden::file("pictures/" + name + ".rgb");
  } catch (const std::runtime_error&) {
    return "no .rgb file";
  }
  if (expected.size() != picture.bytes()) return "other size";
  const auto at = static_cast<size_t>(std::mismatch(expected.begin(), expected.end(), picture.pixels()).first - expected.begin());
  if (at == expected.size()) return "equal";
  return "byte " + std::to_string(at) + ": " + std::to_string(picture.pixels()[at]) + ", expected " + std::to_string(expected[at]);
}

// A progressive file of `side` x `side` pixels that goes on with `scans` scans which say nothing: each is a header alone, and makes
// the decoder walk over the whole picture.
std::vector<uint8_t> with_empty_scans(uint16_t side, int scans) {
  std::vector<uint8_t> file = golden::file("pictures/gray-progressive.jpg");
  const uint8_t frame[] = {0xff, 0xc2}, scan[] = {0xff, 0xda};
  const auto sizes = std::search(file.begin(), file.end(), std::begin(frame), std::end(frame)) + 5;  // behind marker, length and precision
  for (int i = 0; i < 4; ++i) sizes[i] = static_cast<uint8_t>(i % 2 ? side & 0xff : side >> 8);
  const auto second = std::search(std::search(file.begin(), file.end(), std::begin(scan), std::end(scan)) + 2, file.end(), std::begin(scan), std::end(scan));
  file.erase(second, file.end());
  const uint8_t empty[] = {0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0x10};  // refines the first coefficient by a bit
  for (int i = 0; i < scans; ++i) file.insert(file.end(), std::begin(empty), std::end(empty));
  file.insert(file.end(), {0xff, 0xd9});
  return file;
}

}  // namespace

TEST_CASE("every kind of file has Pillow's pixels") {
  const auto index = golden::json("pictures/pictures.json");
  REQUIRE(index.at("good").size() >= 120);
  int with_pixels = 0;
  for (const auto& entry : index.at("good")) {
    const auto name = entry.at("file").get<std::string>();
    CAPTURE(name);
    const auto bytes = golden::file("pictures/" + name);
    const PictureInfo info = probe(bytes.data(), bytes.size());
    CHECK(info.width == entry.at("width"));
    CHECK(info.height == entry.at("height"));
    CHECK(info.orientation == entry.at("orientation"));
    CHECK(info.format == (name.ends_with(".jpg") ? Format::jpeg : name.ends_with(".png") ? Format::png : Format::webp));
    const Picture picture = decoded(bytes);
    CHECK(picture.width() == entry.at("width"));
    CHECK(picture.height() == entry.at("height"));
    const std::string difference = first_difference(picture, name);
    CAPTURE(difference);
    CHECK(golden::crc(picture) == entry.at("crc32"));
    if (difference != "no .rgb file") {
      CHECK(difference == "equal");
      ++with_pixels;
    }
  }
  CHECK(with_pixels >= 8);
}

TEST_CASE("what Pillow refuses is refused, with a reason") {
  const auto index = golden::json("pictures/pictures.json");
  REQUIRE(index.at("bad").size() >= 25);
  for (const char* list : {"bad", "stricter_than_pillow"}) {
    for (const auto& entry : index.at(list)) {
      const auto name = entry.at("file").get<std::string>();
      CAPTURE(name);
      const auto bytes = golden::file("pictures/" + name);
      const std::string text = golden::error_text(Status::bad_image, [&] { decoded(bytes); });
      CAPTURE(text);
      CHECK(text.starts_with("the "));
      CHECK(text.size() > 30);
      CHECK(text.size() < 300);
      if (name.starts_with("truncated-") || name.starts_with("cut-")) CHECK(golden::contains(text, "(truncated)"));
    }
  }
}

TEST_CASE("an error names the culprit") {
  const auto text_of = [](const std::string& name) {
    const auto bytes = golden::file("pictures/" + name);
    return golden::error_text(Status::bad_image, [&] { decoded(bytes); });
  };
  CHECK(golden::contains(text_of("empty"), "0 bytes"));
  CHECK(golden::contains(text_of("html.jpg"), "neither JPEG"));
  CHECK(golden::contains(text_of("html.jpg"), "3c 21 44 4f 43 54 59 50;"));
  CHECK(golden::contains(text_of("one-byte"), "begins with ff;"));
  CHECK(golden::contains(text_of("wrong-crc-before-data.png"), "gAMA"));
  CHECK(golden::contains(text_of("wrong-zlib-checksum.png"), "checksum"));
  CHECK(golden::contains(text_of("three-bits.png"), "3 bits"));
  CHECK(golden::contains(text_of("twelve-bits.jpg"), "12"));
}

TEST_CASE("a picture above the pixel limit is refused from its header") {
  for (const char* name : {"exif-6.jpg", "exif-6.png"}) {
    CAPTURE(name);
    auto bytes = golden::file(std::string("pictures/") + name);
    const PictureInfo info = probe(bytes.data(), bytes.size());
    CHECK(decoded(bytes, info.pixels()).width() == info.width);
    const std::string text = golden::error_text(Status::bad_image, [&] { decoded(bytes, info.pixels() - 1); });
    CHECK(golden::contains(text, std::to_string(info.width) + " x " + std::to_string(info.height)));
    CHECK(golden::contains(text, std::to_string(info.pixels() - 1)));
    CHECK(golden::contains(text, "raise"));
  }

  // Headers that ask for gigabytes: refused before anything of the kind is taken (the sanitizer builds would fail on it, too).
  auto jpeg = golden::file("pictures/baseline-444.jpg");
  const uint8_t frame[] = {0xff, 0xc0};
  auto at = std::search(jpeg.begin(), jpeg.end(), std::begin(frame), std::end(frame));
  REQUIRE(at != jpeg.end());
  for (int i = 5; i < 9; ++i) at[i] = 0xfd;  // 65021 x 65021
  const std::string jpeg_text = golden::error_text(Status::bad_image, [&] { decoded(jpeg); });
  CHECK(golden::contains(jpeg_text, "65021 x 65021 = 4227730441 pixels"));

  const auto png_of = [](uint32_t width, uint32_t height) {
    auto png = golden::file("pictures/rgb-8.png");
    const auto put = [&](size_t at, uint32_t value) {
      for (size_t i = 0; i < 4; ++i) png[at + i] = static_cast<uint8_t>(value >> (24 - 8 * i));
    };
    put(16, width);
    put(20, height);
    put(29, golden::crc(png.data() + 12, 17));
    return golden::error_text(Status::bad_image, [&] { decoded(png); });
  };
  CHECK(golden::contains(png_of(16777216, 16777216), "16777216 x 16777216 = 281474976710656 pixels"));
  CHECK(golden::contains(png_of(1, 16777217), "1 x 16777217 pixels; edges"));
  CHECK(golden::contains(png_of(0x80000001u, 1), "2147483649 x 1 pixels; edges"));
#ifndef __SANITIZE_ADDRESS__  // which does not let an allocation of this size fail
  CHECK(golden::contains(golden::error_text(Status::out_of_memory, [] { Picture(max_edge, max_edge); }), "16777216 x 16777216"));
#endif
}

// Not a fuzzer, but every byte that a header or a table can be cut at, and single flipped bits: each gives a picture or an Error.
TEST_CASE("cut and damaged files give a picture or an error") {
  for (const char* name : {"exif-6.jpg", "progressive-420.jpg", "cmyk-adobe.jpg", "arithmetic.jpg", "exif-behind-data.png",
                           "palette-trns.png", "gray-16-interlaced.png", "xmp-compressed-7.png", "raw-profile.png", "lossy-exif-6.webp",
                           "lossless-alpha.webp", "lossy-alpha.webp", "animated.webp"}) {
    CAPTURE(name);
    const auto whole = golden::file(std::string("pictures/") + name);
    int refused = 0;
    const auto try_it = [&](const std::vector<uint8_t>& bytes) {
      try {
        const Picture picture = decoded(bytes, 1 << 20);
        CHECK(picture.bytes() > 0);
      } catch (const Error& error) {
        CHECK(error.status() == Status::bad_image);
        CHECK(error.text().size() > 20);
        ++refused;
      }
    };
    // A copy of exactly that length on the heap: AddressSanitizer sees a read behind it.
    for (size_t length = 0; length < whole.size(); length += 1 + length / 64) {
      try_it(std::vector<uint8_t>(whole.begin(), whole.begin() + static_cast<int64_t>(length)));
    }
    uint32_t random = 12345;
    for (int i = 0; i < 400; ++i) {
      auto damaged = whole;
      random = random * 1664525u + 1013904223u;
      damaged[(random >> 8) % damaged.size()] ^= static_cast<uint8_t>(1u << (random >> 29));
      try_it(damaged);
    }
    CHECK(refused > 20);
  }
}

TEST_CASE("many threads decode at once") {
  const auto jpeg = golden::file("pictures/progressive-420.jpg"), png = golden::file("pictures/gray-16-interlaced.png"),
             broken = golden::file("pictures/truncated-progressive.jpg");
  const uint32_t jpeg_crc = golden::crc(decoded(jpeg)), png_crc = golden::crc(decoded(png));
  std::vector<int> failures(8, 0);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < failures.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        if (golden::crc(decoded(jpeg)) != jpeg_crc || golden::crc(decoded(png)) != png_crc) ++failures[t];
        if (golden::error_text(Status::bad_image, [&] { decoded(broken); }).empty()) ++failures[t];
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (const int count : failures) CHECK(count == 0);
}

TEST_CASE("a small file cannot keep a thread busy for long with scans") {
  CHECK(decoded(with_empty_scans(40, 900)).width() == 40);
  CHECK(test::wrong_refusal(Status::bad_image, {"more scans"}, [] { decoded(with_empty_scans(40, 1100)); }) == "");
  // 67 million pixels: 64 scans.
  CHECK(test::wrong_refusal(Status::bad_image, {"more scans"}, [] { decoded(with_empty_scans(8192, 80)); }) == "");
}
