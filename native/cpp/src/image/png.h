// PNG files through libpng, with Pillow's conversion to RGB: alpha and tRNS are dropped, 16-bit colour keeps the high byte,
// 16-bit gray is clipped to 255 (Pillow's mode I;16), fewer bits are scaled to 0 … 255.
#pragma once

#include "image/png_chunks.h"

namespace oag::image {

// The pixels as stored, before orientation. header must be that of file. Thread-safe.
// Throws Error(bad_image), Error(out_of_memory).
Picture read_png_pixels(Bytes file, const PngHeader& header);

}  // namespace oag::image
