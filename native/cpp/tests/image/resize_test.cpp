// Image.resize against Pillow (testdata/pixels/resize.json, made by tools/reference/pictures_resize.py), on every path.
#include "image/resize.h"

#include <doctest/doctest.h>

#include <array>
#include <cstring>

#include "image/golden.h"
#include "image/resize_rows.h"

using namespace oag;
using namespace oag::image;

namespace oag::image {

// resize_avx512.cpp on intrinsics that AVX2 computes (more_tests.cmake).
void horizontal_rows_avx512_emulated(const uint8_t* source, int64_t stride, int rows, const PairedTaps& taps, uint8_t* out, int64_t out_stride);
void vertical_row_avx512_emulated(const uint8_t* const* rows, const int32_t* weights, const int32_t* pairs, int taps, int64_t bytes, uint8_t* out);

}  // namespace oag::image

TEST_CASE("resized pictures are Pillow's, bit for bit, with every filter and on every path") {
  const auto cases = golden::json("pixels/resize.json");
  std::array<int, 6> per_filter{};
  for (const auto& c : cases) {
    CAPTURE(c.dump());
    ++per_filter[c[0].get<size_t>()];
    const Picture source = golden::noise(c[3], c[4], c[1], c[2] == 1);
    for (const ResizePath path : resize_paths()) {
      const Picture result = resize(source.view(), {c[5], c[6]}, static_cast<Filter>(c[0].get<int>()), path);
      CHECK(golden::crc(result) == c[7]);
    }
#ifdef OAG_EMULATED_AVX512
    if (!__builtin_cpu_supports("avx2")) continue;
    const ResizeLoops emulated{horizontal_row_scalar, vertical_row_scalar, horizontal_rows_avx512_emulated, vertical_row_avx512_emulated, 8};
    CHECK(golden::crc(resize(source.view(), {c[5], c[6]}, static_cast<Filter>(c[0].get<int>()), Window{0, 0, c[5], c[6]}, emulated)) == c[7]);
#endif
  }
  for (const int count : per_filter) CHECK(count >= 50);
}

TEST_CASE("a window of the result is what cutting it out gives") {
  const Picture source = golden::noise(83, 61, 1);
  for (const Size size : {Size{40, 29}, Size{83, 100}, Size{140, 61}, Size{83, 61}, Size{7, 230}}) {
    for (int filter = 0; filter < 6; ++filter) {
      CAPTURE(size.width);
      CAPTURE(filter);
      const Picture whole = resize(source.view(), size, static_cast<Filter>(filter), ResizePath::scalar);
      const Window windows[] = {{0, 0, 1, 1},
                                {size.width - 1, size.height - 1, 1, 1},
                                {2, 3, 4, 21},
                                {0, 11, size.width, size.height - 11},
                                {size.width / 2, 0, size.width / 3, size.height}};
      for (const Window window : windows) {
        for (const ResizePath path : resize_paths()) {
          const Picture part = resize(source.view(), size, static_cast<Filter>(filter), window, path);
          REQUIRE(part.size() == Size{window.width, window.height});
          int different = 0;
          for (int y = 0; y < window.height; ++y) {
            different += std::memcmp(part.view().row(y), whole.view().row(window.top + y) + 3 * window.left,
                                     static_cast<size_t>(window.width) * 3) != 0;
          }
          CHECK(different == 0);
        }
      }
    }
  }
}

// Nearest adds up its steps from the first column on; a product instead of the sum takes the other neighbour in these places.
TEST_CASE("a window of nearest neighbours begins where the sum of steps leads") {
  for (const auto& [width, new_width, column] : {std::array{2, 15, 7}, std::array{2, 21, 10}, std::array{2, 29, 14}}) {
    const Picture source = golden::noise(width, 3, 8);
    const Picture whole = resize(source.view(), {new_width, 3}, Filter::nearest);
    const Picture one = resize(source.view(), {new_width, 3}, Filter::nearest, Window{column, 0, 1, 1});
    CHECK(std::memcmp(one.pixels(), whole.pixels() + 3 * column, 3) == 0);
  }
}

TEST_CASE("rows may be further apart than they are long, and nothing behind the last one is read") {
  const Picture source = golden::noise(37, 23, 5);
  const int64_t stride = 37 * 3 + 13;
  // Exactly the bytes of the view, on the heap: AddressSanitizer sees a read behind them. What is between the rows is poison.
  std::vector<uint8_t> spread(static_cast<size_t>(22 * stride + 37 * 3), 0xEE);
  for (int y = 0; y < 23; ++y) std::memcpy(spread.data() + y * stride, source.view().row(y), 37 * 3);
  const RgbView view{spread.data(), 37, 23, stride};
  for (int filter = 0; filter < 6; ++filter) {
    for (const Size size : {Size{20, 15}, Size{37, 15}, Size{20, 23}, Size{37, 23}, Size{90, 60}}) {
      for (const ResizePath path : resize_paths()) {
        const auto f = static_cast<Filter>(filter);
        CHECK(golden::crc(resize(view, size, f, path)) == golden::crc(resize(source.view(), size, f, path)));
      }
    }
  }
}

TEST_CASE("what cannot be resized is refused") {
  const Picture source = golden::noise(4, 4, 1);
  const auto refused = [&](RgbView view, Size size, Window window) {
    return golden::error_text(Status::invalid_argument, [&] { resize(view, size, Filter::bicubic, window); });
  };
  CHECK(refused(source.view(), {2, 2}, {0, 0, 2, 2}).empty());
  CHECK(golden::contains(refused(source.view(), {0, 2}, {0, 0, 0, 2}), "0 x 2"));
  CHECK(golden::contains(refused(source.view(), {2, -1}, {0, 0, 2, -1}), "2 x -1"));
  CHECK(golden::contains(refused(source.view(), {2, 2}, {1, 0, 2, 2}), "window"));
  CHECK(golden::contains(refused(source.view(), {2, 2}, {0, -1, 2, 2}), "window"));
  CHECK(golden::contains(refused({source.pixels(), 0, 4, 12}, {2, 2}, {0, 0, 2, 2}), "0 x 4"));
  CHECK(golden::contains(refused(source.view(), {max_edge + 1, 1}, {0, 0, 1, 1}), "16777217"));
  CHECK(refused(source.view(), {max_edge, 1}, {max_edge - 1, 0, 1, 1}).empty());
}
