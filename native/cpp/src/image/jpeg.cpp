#include "image/jpeg.h"

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <vector>

#include <jpeglib.h>

#include <jerror.h>

// libjpeg reports an error by a call that must not return: longjmp, over C frames only. Every frame of ours that sets the jump
// is a plain function of State without objects to destroy, and its callers see a bool.

namespace oag::image {
namespace {

// Each scan costs a walk over all coefficients, so that a small hostile file could keep a thread for hours. Encoders write some ten scans, and no scan
// script has use for more than a few dozen.
constexpr int most_scans = 1000;                              // of a small picture, where they cost nothing
constexpr int scans_of_any_size = 64;
constexpr int64_t pixels_in_all_scans = int64_t{1} << 32;     // some 40 s of decoding

int allowed_scans(const jpeg_decompress_struct& codec) {
  const int64_t pixels = std::max<int64_t>(1, int64_t{codec.image_width} * codec.image_height);
  return static_cast<int>(std::clamp<int64_t>(pixels_in_all_scans / pixels, scans_of_any_size, most_scans));
}

struct ErrorManager {
  jpeg_error_mgr base;  // first: libjpeg hands back a pointer to it
  jmp_buf escape;
  bool exhausted;
  bool out_of_memory;
  char text[JMSG_LENGTH_MAX];
};

[[noreturn]] void give_up(j_common_ptr codec) {
  auto* error = reinterpret_cast<ErrorManager*>(codec->err);
  error->out_of_memory = codec->err->msg_code == JERR_OUT_OF_MEMORY;
  codec->err->format_message(codec, error->text);
  std::longjmp(error->escape, 1);
}

[[noreturn]] void give_up(j_common_ptr codec, const char* text) {
  auto* error = reinterpret_cast<ErrorManager*>(codec->err);
  std::snprintf(error->text, sizeof(error->text), "%s", text);
  std::longjmp(error->escape, 1);
}

void ignore_message(j_common_ptr, int) {}  // warnings: Pillow decodes such files too
void ignore_output(j_common_ptr) {}

// The source: all bytes at once. libjpeg's own memory source invents an end-of-image marker when they run out and so decodes
// truncated files to gray; Pillow waits for more bytes and refuses.
void source_start(j_decompress_ptr) {}
void source_end(j_decompress_ptr) {}
[[noreturn]] void source_exhausted(j_decompress_ptr codec) {
  reinterpret_cast<ErrorManager*>(codec->err)->exhausted = true;
  give_up(reinterpret_cast<j_common_ptr>(codec), "the file ends before the picture does (truncated)");
}
boolean source_fill(j_decompress_ptr codec) { source_exhausted(codec); }
void source_skip(j_decompress_ptr codec, long bytes) {
  if (bytes <= 0) return;
  if (static_cast<size_t>(bytes) > codec->src->bytes_in_buffer) source_exhausted(codec);
  codec->src->next_input_byte += bytes;
  codec->src->bytes_in_buffer -= static_cast<size_t>(bytes);
}

void count_scans(j_common_ptr codec) {
  const auto* decoder = reinterpret_cast<j_decompress_ptr>(codec);
  if (decoder->input_scan_number > allowed_scans(*decoder)) give_up(codec, "it has more scans than a picture of its size can need");
}

int divided_by_255(int product) {  // rounded; Pillow's MULDIV255
  product += 128;
  return ((product >> 8) + product) >> 8;
}

// Pillow takes four components as Adobe's inverted CMYK, marker or not, and its CMYK to RGB is a product with what black leaves.
void rgb_of_inverted_cmyk(const uint8_t* cmyk, uint8_t* rgb, int width) {
  for (int x = 0; x < width; ++x, cmyk += 4, rgb += 3) {
    const int left_by_black = cmyk[3];
    for (int i = 0; i < 3; ++i) {
      rgb[i] = static_cast<uint8_t>(std::clamp(left_by_black - divided_by_255((255 - cmyk[i]) * left_by_black), 0, 255));
    }
  }
}

void rgb_of_gray(const uint8_t* gray, uint8_t* rgb, int width) {
  for (int x = 0; x < width; ++x, rgb += 3) rgb[0] = rgb[1] = rgb[2] = gray[x];
}

}  // namespace

struct JpegFile::State {
  jpeg_decompress_struct codec{};
  ErrorManager error{};
  jpeg_source_mgr source{};
  jpeg_progress_mgr progress{};
  int orientation = 1;

  ~State() { jpeg_destroy_decompress(&codec); }  // does nothing before create()

  bool create() {
    if (setjmp(error.escape)) return false;
    jpeg_create_decompress(&codec);
    return true;
  }

  bool read_header() {
    if (setjmp(error.escape)) return false;
    jpeg_save_markers(&codec, JPEG_APP0 + 1, 0xffff);  // EXIF and XMP
    jpeg_read_header(&codec, TRUE);
    return true;
  }

  bool start() {
    if (setjmp(error.escape)) return false;
    codec.dct_method = JDCT_ISLOW;
    codec.do_fancy_upsampling = TRUE;
    jpeg_start_decompress(&codec);
    return true;
  }

  // line: one row of the components, unused for RGB. rgb: all rows.
  bool read_rows(uint8_t* rgb, uint8_t* line) {
    if (setjmp(error.escape)) return false;
    const size_t row_bytes = size_t{3} * codec.output_width;
    while (codec.output_scanline < codec.output_height) {
      uint8_t* to = rgb + codec.output_scanline * row_bytes;
      JSAMPROW row = codec.num_components == 3 ? to : line;
      jpeg_read_scanlines(&codec, &row, 1);
      if (codec.num_components == 4) rgb_of_inverted_cmyk(line, to, static_cast<int>(codec.output_width));
      if (codec.num_components == 1) rgb_of_gray(line, to, static_cast<int>(codec.output_width));
    }
    return true;
  }

  // Looks for the end-of-image marker. As in Pillow it may be missing where all rows could be decoded without it (which is rare:
  // the entropy decoder reads ahead), but what is found instead must be sound.
  bool finish() {
    if (setjmp(error.escape)) return error.exhausted;
    jpeg_finish_decompress(&codec);
    return true;
  }

  [[noreturn]] void fail() const {
    if (error.out_of_memory) throw Error(Status::out_of_memory, "there is no memory to decode the JPEG file");
    throw Error(Status::bad_image, std::string("the JPEG file cannot be decoded: ") + error.text);
  }
};

bool is_jpeg(Bytes file) { return file.size() >= 3 && file[0] == 0xff && file[1] == 0xd8 && file[2] == 0xff; }

JpegFile::JpegFile(Bytes file) : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.codec.err = jpeg_std_error(&s.error.base);
  s.error.base.error_exit = [](j_common_ptr codec) { give_up(codec); };
  s.error.base.emit_message = ignore_message;
  s.error.base.output_message = ignore_output;
  if (!s.create()) s.fail();
  s.source = {file.data(), file.size(), source_start, source_fill, source_skip, jpeg_resync_to_restart, source_end};
  s.codec.src = &s.source;
  s.progress.progress_monitor = count_scans;
  s.codec.progress = &s.progress;
  if (!s.read_header()) s.fail();

  switch (s.codec.num_components) {
    case 1: s.codec.out_color_space = JCS_GRAYSCALE; break;
    case 3: s.codec.out_color_space = JCS_RGB; break;
    case 4: s.codec.out_color_space = JCS_CMYK; break;
    default:
      throw Error(Status::bad_image, "the JPEG file has " + std::to_string(s.codec.num_components) +
                                         " colour components; 1 (gray), 3 (colour) and 4 (CMYK) can be read");
  }

  constexpr std::string_view exif_name("Exif\0\0", 6), xmp_name("http://ns.adobe.com/xap/1.0/\0", 29);
  std::vector<uint8_t> exif;  // EXIF of more than 64 KiB is spread over several markers
  Bytes xmp;
  for (jpeg_saved_marker_ptr marker = s.codec.marker_list; marker; marker = marker->next) {
    const std::string_view data(reinterpret_cast<const char*>(marker->data), marker->data_length);
    if (data.starts_with(exif_name)) {
      exif.insert(exif.end(), marker->data + (exif.empty() ? 0 : exif_name.size()), marker->data + data.size());
    } else if (data.starts_with(xmp_name)) {
      xmp = {marker->data + xmp_name.size(), data.size() - xmp_name.size()};
    }
  }
  s.orientation = image::orientation(exif, xmp);
}

JpegFile::~JpegFile() = default;

Size JpegFile::size() const { return {static_cast<int>(state_->codec.image_width), static_cast<int>(state_->codec.image_height)}; }

int JpegFile::orientation() const { return state_->orientation; }

Picture JpegFile::pixels() {
  if (!state_->start()) state_->fail();
  Picture picture(size().width, size().height);
  std::vector<uint8_t> line(static_cast<size_t>(size().width) * 4);
  if (!state_->read_rows(picture.pixels(), line.data()) || !state_->finish()) state_->fail();
  return picture;
}

}  // namespace oag::image
