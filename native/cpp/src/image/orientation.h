// Which way up a picture is, as Pillow's ImageOps.exif_transpose finds and applies it.
#pragma once

#include <cstdint>
#include <span>

#include "image/picture.h"

namespace oag::image {

using Bytes = std::span<const uint8_t>;

// 1 … 8 from an EXIF block (a TIFF header and its first directory, with or without "Exif\0\0" before) and an XMP packet, either
// of which may be empty. XMP counts only where EXIF has no orientation tag. A value outside 1 … 8 and a block that is not
// TIFF mean 1: a damaged tag does not make a picture unreadable. Never throws.
int orientation(Bytes exif, Bytes xmp) noexcept;

// Whether this orientation exchanges width and height.
inline bool swaps_edges(int orientation) { return orientation >= 5; }

// The picture as it is to be seen. 1 gives the argument back.
Picture oriented(Picture picture, int orientation);

}  // namespace oag::image
