// The resize: sizes, filter and window from bytes. Every implementation gives the same bits, and a window those of the whole.
#include <cstring>
#include <vector>

#include "fuzz/pixels.h"
#include "image/resize.h"

using namespace oag::image;

namespace {

constexpr int64_t most_pixels = 1 << 11;

// Mostly small; sometimes one edge is long, up to where an edge is refused.
Size read_size(fuzz::Input& input) {
  Size size{input.between(0, 40), input.between(0, 40)};
  const uint8_t kind = input.byte();
  if (kind % 8 == 1) size = {input.between(0, 500), 1 + size.height % 4};
  if (kind % 8 == 2) size = {1 + size.width % 4, input.between(0, 500)};
  return size;
}

Window read_window(fuzz::Input& input, Size size) {
  if (input.byte() % 4 == 0) return {0, 0, size.width, size.height};
  Window window{input.between(-1, 45), input.between(-1, 45), input.between(-1, 45), input.between(-1, 45)};
  if (input.byte() % 8 != 0) {  // nearly always one that fits
    window.left = std::max(0, window.left) % std::max(1, size.width);
    window.top = std::max(0, window.top) % std::max(1, size.height);
    window.width = std::min(std::max(1, window.width), size.width - window.left);
    window.height = std::min(std::max(1, window.height), size.height - window.top);
  }
  return window;
}

bool equal(const Picture& a, const Picture& b) { return a.size() == b.size() && std::memcmp(a.pixels(), b.pixels(), a.bytes()) == 0; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const Size from = read_size(input), to = read_size(input);
  const auto filter = static_cast<Filter>(input.byte() % 6);
  const Window window = read_window(input, to);
  const fuzz::Pixels source(input, from);
  try {
    const Picture part = resize(source.view(), to, filter, window, ResizePath::scalar);
    fuzz::require(part.size() == Size{window.width, window.height}, "a window has its size");
    fuzz::require(equal(part, resize(source.view(), to, filter, window)), "every implementation gives the same bits");
    if (int64_t{to.width} * to.height > most_pixels) return 0;
    const Picture whole = resize(source.view(), to, filter);
    for (int y = 0; y < window.height; y++)
      fuzz::require(std::memcmp(part.pixels() + int64_t{3} * y * window.width, whole.view().row(window.top + y) + int64_t{3} * window.left, static_cast<size_t>(window.width) * 3) == 0,
                    "a window has the bits of the whole");
  } catch (const oag::Error& error) {
    fuzz::require_useful(error);
  }
  return 0;
}
