// JPEG files through libjpeg-turbo, with the settings and the error rules of Pillow (libImaging/JpegDecode.c).
#pragma once

#include "image/orientation.h"
#include "image/picture.h"

namespace oag::image {

// Whether the bytes begin as a JPEG file does.
bool is_jpeg(Bytes file);

// One JPEG file in memory, read in two steps. Not for use from two threads at once; the bytes outlive it.
class JpegFile {
 public:
  // Reads everything before the first scan. Throws Error(bad_image), Error(out_of_memory).
  explicit JpegFile(Bytes file);
  ~JpegFile();
  JpegFile(const JpegFile&) = delete;
  JpegFile& operator=(const JpegFile&) = delete;

  Size size() const;        // as stored
  int orientation() const;  // 1 … 8

  // The pixels as stored. Once only. Throws Error(bad_image), Error(out_of_memory).
  Picture pixels();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace oag::image
