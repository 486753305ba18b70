// What the targets of both picture formats do with a file.
#pragma once

#include <cstring>

#include "fuzz/input.h"
#include "image/decode.h"

namespace fuzz {

inline constexpr int64_t most_pixels = 1 << 16;  // a larger picture is refused, so that an execution is fast

// Probes and decodes; the two must agree.
inline void decode_picture(const uint8_t* data, size_t size) {
  using namespace oag::image;
  bool probed = false;
  PictureInfo info;
  try {
    info = probe(data, size);
    probed = true;
    require(info.width > 0 && info.height > 0 && info.orientation >= 1 && info.orientation <= 8, "a header has a size and an orientation");
  } catch (const oag::Error& error) {
    require_useful(error);
  }
  try {
    const Picture picture = decode(data, size, most_pixels);
    require(probed, "what can be decoded can be probed");
    require(picture.width() == info.width && picture.height() == info.height, "a decoded picture has the size that its header says");
    require(info.pixels() <= most_pixels, "a picture over the limit is refused");
    if (info.pixels() > 4096) return;
    const Picture again = decode(data, size, most_pixels);
    require(std::memcmp(picture.pixels(), again.pixels(), picture.bytes()) == 0, "a picture decoded twice has the same bits: all of them are written");
  } catch (const oag::Error& error) {
    require_useful(error);
  }
}

}  // namespace fuzz
