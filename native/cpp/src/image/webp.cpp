#include "image/webp.h"

#include <cerrno>
#include <cstring>
#include <string>

#include <codec_memory.h>
#include <webp/decode.h>
#include <webp/demux.h>

namespace oag::image {
namespace {

[[noreturn]] void fail(const std::string& why) { throw Error(Status::bad_image, "the WebP file cannot be decoded: " + why); }
[[noreturn]] void fail_truncated() { fail("the file ends before the picture does (truncated)"); }
[[noreturn]] void fail_out_of_memory() { throw Error(Status::out_of_memory, "there is no memory to decode the WebP file"); }

[[noreturn]] void fail(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_OUT_OF_MEMORY: fail_out_of_memory();
    case VP8_STATUS_SUSPENDED:
    case VP8_STATUS_NOT_ENOUGH_DATA: fail_truncated();
    case VP8_STATUS_UNSUPPORTED_FEATURE: fail("it uses a feature of WebP that is not known");
    default: fail("its image data are damaged");
  }
}

// WebPDecode, from which memory that runs out jumps back to here. No frame in between holds anything.
VP8StatusCode decode_frame(const WebPData& frame, WebPDecoderConfig& config) {
  oag_codec_decode decode;
  decode.blocks = nullptr;
  if (setjmp(decode.escape)) return VP8_STATUS_OUT_OF_MEMORY;  // codec_memory.c has ended the decode
  oag_codec_use(&decode);
  const VP8StatusCode status = WebPDecode(frame.bytes, frame.size, &config);
  oag_codec_use(nullptr);
  return status;
}

}  // namespace

struct WebpFile::State {
  ~State() {
    WebPDemuxReleaseIterator(&frame);
    WebPDemuxDelete(demuxer);
  }

  Bytes chunk(const char (&name)[5]) const {
    WebPChunkIterator found{};
    if (!WebPDemuxGetChunk(demuxer, name, 1, &found)) return {};
    const Bytes content(found.chunk.bytes, found.chunk.size);
    WebPDemuxReleaseChunkIterator(&found);
    return content;  // of the file
  }

  WebPDemuxer* demuxer = nullptr;
  WebPIterator frame{};
  Size size;
  int orientation = 1;
};

bool is_webp(Bytes file) {
  return file.size() >= 15 && std::memcmp(file.data(), "RIFF", 4) == 0 && std::memcmp(file.data() + 8, "WEBPVP8", 7) == 0;
}

WebpFile::WebpFile(Bytes file) : state_(std::make_unique<State>()) {
  State& s = *state_;
  const WebPData data{file.data(), file.size()};
  WebPDemuxState progress = WEBP_DEMUX_PARSING_HEADER;
  errno = 0;  // the demuxer gives no reason when malloc gave it nothing
  s.demuxer = WebPDemuxPartial(&data, &progress);
  if (!s.demuxer && errno == ENOMEM) fail_out_of_memory();
  if (progress == WEBP_DEMUX_PARSE_ERROR) fail("its chunks are damaged");
  if (!s.demuxer || progress != WEBP_DEMUX_DONE) fail_truncated();

  const uint32_t width = WebPDemuxGetI(s.demuxer, WEBP_FF_CANVAS_WIDTH), height = WebPDemuxGetI(s.demuxer, WEBP_FF_CANVAS_HEIGHT);
  if (width < 1 || height < 1 || width > max_edge || height > max_edge)
    fail("its header says " + std::to_string(width) + " x " + std::to_string(height) + " pixels; edges of 1 to " + std::to_string(max_edge) + " can be read");
  s.size = {static_cast<int>(width), static_cast<int>(height)};
  if (!WebPDemuxGetFrame(s.demuxer, 1, &s.frame)) fail("it has no frame");
  s.orientation = image::orientation(s.chunk("EXIF"), s.chunk("XMP "));
}

WebpFile::~WebpFile() = default;

Size WebpFile::size() const { return state_->size; }

int WebpFile::orientation() const { return state_->orientation; }

Picture WebpFile::pixels() const {
  const WebPIterator& frame = state_->frame;
  const Size size = state_->size;
  if (frame.x_offset < 0 || frame.y_offset < 0 || frame.width < 1 || frame.height < 1 || frame.width > size.width - frame.x_offset ||
      frame.height > size.height - frame.y_offset)
    fail("a frame lies outside its canvas");
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config)) fail("the libwebp in this library is not the one that it was built with");
  Picture picture(size.width, size.height);
  if (frame.width != size.width || frame.height != size.height) std::memset(picture.pixels(), 0, picture.bytes());
  uint8_t* to = picture.row(frame.y_offset) + int64_t{3} * frame.x_offset;
  config.output.colorspace = MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA = {to, 3 * size.width, static_cast<size_t>(picture.pixels() + picture.bytes() - to)};
  const VP8StatusCode status = decode_frame(frame.fragment, config);
  if (status != VP8_STATUS_OK) fail(status);
  return picture;
}

}  // namespace oag::image
