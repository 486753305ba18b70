// A source picture from what is left of an input, at a stride of its own; a sanitizer sees a read behind its last row.
#pragma once

#include <vector>

#include "fuzz/input.h"
#include "image/picture.h"

namespace fuzz {

class Pixels {
 public:
  // Keys of the pattern come from the input; its pixels follow by a formula, so that small inputs reach large pictures.
  Pixels(Input& input, oag::image::Size size) : size_(size), stride_(int64_t{3} * size.width + input.byte() % 5) {
    if (size.width < 1 || size.height < 1) return;
    const uint32_t first = input.byte(), across = input.byte(), down = input.byte();
    bytes_.resize(static_cast<size_t>(stride_ * (size.height - 1) + int64_t{3} * size.width));
    for (size_t i = 0; i < bytes_.size(); i++) {
      const auto y = static_cast<uint32_t>(static_cast<int64_t>(i) / stride_), x = static_cast<uint32_t>(static_cast<int64_t>(i) % stride_);
      bytes_[i] = static_cast<uint8_t>(first + x * across + y * down + (x * y >> 3));
    }
    for (size_t i = 0; i < bytes_.size() && input.left() > 0; i++) bytes_[i] = input.byte();
  }

  oag::image::RgbView view() const { return {bytes_.data(), size_.width, size_.height, stride_}; }

 private:
  oag::image::Size size_;
  int64_t stride_;
  std::vector<uint8_t> bytes_;
};

}  // namespace fuzz
