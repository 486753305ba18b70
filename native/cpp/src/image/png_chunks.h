// The chunks of a PNG file outside the pixels: the header, and what may say which way up the picture is.
#pragma once

#include <vector>

#include "image/orientation.h"
#include "image/picture.h"

namespace oag::image {

struct PngHeader {
  Size size;             // as stored
  int bit_depth = 0;     // 1, 2, 4, 8, 16
  int colour_type = 0;   // 0 gray, 2 RGB, 3 palette, 4 gray and alpha, 6 RGB and alpha
  bool interlaced = false;
  int orientation = 1;
  // Where the file has a chunk of image data that it does not have all of, the place of that chunk; else 0.
  size_t cut_off_chunk = 0;
};

// Whether the bytes begin as a PNG file does.
bool is_png(Bytes file);

// Walks the chunks and checks what Pillow checks: the header's values, the checksums of all chunks before the image data, and that
// no chunk after them is cut off (a missing IEND is no fault). Image data are not looked into.
// Throws Error(bad_image), Error(out_of_memory). file must satisfy is_png.
PngHeader read_png_header(Bytes file);

}  // namespace oag::image
