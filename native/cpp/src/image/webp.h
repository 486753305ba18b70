// WebP files through libwebp, as Pillow's WebPImagePlugin reads them.
#pragma once

#include <memory>

#include "image/orientation.h"
#include "image/picture.h"

namespace oag::image {

// Whether the bytes begin as a WebP file does: a RIFF container of the form WEBP whose first chunk is VP8, VP8L or VP8X.
bool is_webp(Bytes file);

// One WebP file in memory, read in two steps. Not for use from two threads at once; the bytes outlive it.
class WebpFile {
 public:
  // Finds the chunks and reads the headers of all frames. Throws Error(bad_image), Error(out_of_memory).
  explicit WebpFile(Bytes file);
  ~WebpFile();
  WebpFile(const WebpFile&) = delete;
  WebpFile& operator=(const WebpFile&) = delete;

  Size size() const;        // of the canvas, as stored
  int orientation() const;  // 1 … 8

  // The pixels as stored: alpha is dropped, not blended. An animation gives its first frame on a black canvas. Throws Error(bad_image),
  // Error(out_of_memory).
  Picture pixels() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace oag::image
