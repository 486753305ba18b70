// Image.resize of Pillow on RGB, bit for bit (libImaging/Resample.c and, for nearest, Geometry.c).
#pragma once

#include <vector>

#include "image/picture.h"

namespace oag::image {

// The codes of PIL.Image.Resampling, which model folders use.
enum class Filter { nearest = 0, lanczos = 1, bilinear = 2, bicubic = 3, box = 4, hamming = 5 };

// Which implementation runs. All give the same bits.
enum class ResizePath { scalar, avx2, avx512, neon };

// Those that this machine can run, the fastest last.
std::vector<ResizePath> resize_paths();
ResizePath best_resize_path();

// A part of a picture: columns [left, left + width), rows [top, top + height).
struct Window {
  int left = 0;
  int top = 0;
  int width = 0;
  int height = 0;
};

// The source (at least 1 x 1) scaled to `size` (at least 1 x 1), any aspect. Thread-safe. path must be one that this machine can
// run.
// Throws Error(invalid_argument) for an empty source or size and for edges above max_edge, Error(out_of_memory).
Picture resize(RgbView source, Size size, Filter filter, ResizePath path = best_resize_path());

// The window of that picture, which lies within `size` and is not empty: the same bits as cutting it out of the whole, without
// computing the rest. Time and memory depend on the window and the source, not on `size` (but for nearest: a step per column
// and row in front of the window).
Picture resize(RgbView source, Size size, Filter filter, Window window, ResizePath path = best_resize_path());

// With loops that are given, for tests of those that this machine cannot run.
struct ResizeLoops;  // resize_rows.h
Picture resize(RgbView source, Size size, Filter filter, Window window, const ResizeLoops& loops);

}  // namespace oag::image
