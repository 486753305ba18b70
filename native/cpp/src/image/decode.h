// JPEG, PNG and WebP files to RGB pixels, bit for bit as Pillow: ImageOps.exif_transpose(Image.open(f)).convert("RGB").
//
// JPEG: baseline, progressive and arithmetic; gray, YCbCr, RGB, CMYK and YCCK at 8 bits. PNG: every colour type, depth and
// interlacing. WebP: lossy and lossless. Alpha and tRNS are dropped, not blended, as convert("RGB") does. Orientation from EXIF
// (or from XMP where EXIF has none) is applied. An animated PNG or WebP gives its first frame.
//
// What Pillow decodes in spite of faults (damaged entropy data, a wrong CRC of image data, no IEND) is decoded to the same pixels,
// a file whose data end early is refused. Differences: a PNG whose compressed data hold too few rows, and one without the
// palette that it needs, are refused here (Pillow fills in black), and a damaged EXIF block means no orientation.
//
// All functions may be called from any number of threads at once.
#pragma once

#include <cstddef>
#include <cstdint>

#include "image/picture.h"

namespace oag::image {

enum class Format { jpeg, png, webp };

struct PictureInfo {
  Format format = Format::jpeg;
  int width = 0;        // after orientation: the size of the decoded picture
  int height = 0;
  int orientation = 1;  // 1 … 8 as in EXIF

  int64_t pixels() const { return int64_t{width} * height; }
};

// Where Pillow refuses by default: twice its MAX_IMAGE_PIXELS.
inline constexpr int64_t default_max_pixels = 178'956'970;

// Reads the header alone; no memory for pixels. An orientation that stands behind the image data of a PNG is found too.
// Throws Error(bad_image): not a JPEG, PNG or WebP (the text has the first bytes), a damaged header, an unsupported kind;
// Error(out_of_memory).
PictureInfo probe(const uint8_t* bytes, size_t size);

// Decodes all of it. A picture of more than max_pixels pixels is refused from the header, before memory for pixels is taken.
// Throws Error(bad_image) with the reason, Error(out_of_memory).
Picture decode(const uint8_t* bytes, size_t size, int64_t max_pixels = default_max_pixels);

}  // namespace oag::image
