// Image.resize of Pillow on RGB, bit for bit (libImaging/Resample.c and, for nearest, Geometry.c).
#pragma once

#include "image/picture.h"

namespace oag::image {

// The codes of PIL.Image.Resampling, which model folders use.
enum class Filter { nearest = 0, lanczos = 1, bilinear = 2, bicubic = 3, box = 4, hamming = 5 };

// Which implementation runs. All give the same bits.
enum class ResizePath { scalar, avx2 };

// The fastest path of this machine.
ResizePath best_resize_path();

// The picture scaled to width x height (both at least 1). Source and result may have any aspect. Thread-safe.
// Throws Error(invalid_argument) for empty sizes and for sizes whose filter tables would not fit a sane amount of memory,
// Error(out_of_memory). path must be one that this machine can run.
Picture resize(RgbView source, int width, int height, Filter filter, ResizePath path = best_resize_path());

}  // namespace oag::image
