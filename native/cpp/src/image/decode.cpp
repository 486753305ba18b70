#include "image/decode.h"

#include <cstdio>
#include <optional>
#include <utility>

#include "image/jpeg.h"
#include "image/orientation.h"
#include "image/png.h"
#include "image/webp.h"

namespace oag::image {
namespace {

[[noreturn]] void refuse_format(Bytes file) {
  if (file.empty()) throw Error(Status::bad_image, "the picture is empty (0 bytes); a JPEG, PNG or WebP file is expected");
  std::string first;
  for (size_t i = 0; i < file.size() && i < 8; ++i) {
    char hex[4];
    std::snprintf(hex, sizeof(hex), i == 0 ? "%02x" : " %02x", file[i]);
    first += hex;
  }
  throw Error(Status::bad_image, "the picture is neither JPEG (ff d8 ff …) nor PNG (89 50 4e 47 …) nor WebP (RIFF … WEBP): it begins with " + first +
                                     "; convert it to one of them, or pass its RGB pixels");
}

PictureInfo info_of(Format format, Size stored, int orientation) {
  if (swaps_edges(orientation)) std::swap(stored.width, stored.height);
  return {format, stored.width, stored.height, orientation};
}

void check_limit(const PictureInfo& info, int64_t max_pixels) {
  if (info.pixels() <= max_pixels) return;
  throw Error(Status::bad_image, "the picture has " + std::to_string(info.width) + " x " + std::to_string(info.height) + " = " +
                                     std::to_string(info.pixels()) + " pixels, more than the limit of " +
                                     std::to_string(max_pixels) +
                                     "; make it smaller, or raise the pixel limit where the model is loaded");
}

}  // namespace

PictureInfo probe(const uint8_t* bytes, size_t size) {
  const Bytes file(bytes, size);
  if (is_jpeg(file)) {
    const JpegFile jpeg(file);
    return info_of(Format::jpeg, jpeg.size(), jpeg.orientation());
  }
  if (is_png(file)) {
    const PngHeader header = read_png_header(file);
    return info_of(Format::png, header.size, header.orientation);
  }
  if (is_webp(file)) {
    const WebpFile webp(file);
    return info_of(Format::webp, webp.size(), webp.orientation());
  }
  refuse_format(file);
}

Picture decode(const uint8_t* bytes, size_t size, int64_t max_pixels) {
  const Bytes file(bytes, size);
  if (is_jpeg(file)) {
    JpegFile jpeg(file);
    check_limit(info_of(Format::jpeg, jpeg.size(), jpeg.orientation()), max_pixels);
    return oriented(jpeg.pixels(), jpeg.orientation());
  }
  if (is_png(file)) {
    const PngHeader header = read_png_header(file);
    check_limit(info_of(Format::png, header.size, header.orientation), max_pixels);
    return oriented(read_png_pixels(file, header), header.orientation);
  }
  if (is_webp(file)) {
    const WebpFile webp(file);
    check_limit(info_of(Format::webp, webp.size(), webp.orientation()), max_pixels);
    return oriented(webp.pixels(), webp.orientation());
  }
  refuse_format(file);
}

}  // namespace oag::image
