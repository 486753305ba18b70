// Pixels: 8-bit RGB, rows from the top, three bytes per pixel in the order red, green, blue.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/error.h"
#include "core/large_block.h"

namespace oag::image {

// The longest edge of any picture. Rows and the weights of resizing take up to 24 bytes per pixel of an edge: a picture of one row
// and 178 million columns, a small file, would need gigabytes. And Pillow holds edges in single precision, exact up to here.
inline constexpr int max_edge = 1 << 24;

struct Size {
  int width = 0;
  int height = 0;

  friend bool operator==(const Size&, const Size&) = default;
};

// Pixels of somebody else, who keeps them alive and unchanged. Row y starts at pixels + y * stride.
struct RgbView {
  const uint8_t* pixels = nullptr;
  int width = 0;
  int height = 0;
  int64_t stride = 0;  // bytes from one row to the next, at least 3 * width

  const uint8_t* row(int y) const { return pixels + y * stride; }
};

// Owned pixels, rows packed without gaps. Movable, not copyable; immutable use from any thread.
class Picture {
 public:
  Picture() = default;

  // Pixels are not initialised: whoever makes a Picture writes all of them. Throws Error(out_of_memory).
  Picture(int width, int height) : width_(width), height_(height) {
    const size_t bytes = static_cast<size_t>(width) * static_cast<size_t>(height) * 3;
    pixels_ = allocate_block(bytes);
    if (!pixels_) {
      throw Error(Status::out_of_memory, "no memory for the pixels of a picture of " + std::to_string(width) + " x " +
                                             std::to_string(height) + " (" + std::to_string(bytes >> 20) + " MiB)");
    }
  }

  int width() const { return width_; }
  int height() const { return height_; }
  Size size() const { return {width_, height_}; }
  size_t bytes() const { return static_cast<size_t>(width_) * static_cast<size_t>(height_) * 3; }

  const uint8_t* pixels() const { return pixels_.get(); }
  uint8_t* pixels() { return pixels_.get(); }
  uint8_t* row(int y) { return pixels_.get() + static_cast<size_t>(y) * static_cast<size_t>(width_) * 3; }
  RgbView view() const { return {pixels_.get(), width_, height_, int64_t{3} * width_}; }

 private:
  int width_ = 0;
  int height_ = 0;
  Block pixels_;
};

}  // namespace oag::image
