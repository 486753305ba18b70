#include "image/png.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <png.h>

// libpng reports an error by a call that must not return: longjmp, over C frames only. Every frame of ours that sets the jump
// is a plain function of PngReader without objects to destroy, and its callers see a bool.

namespace oag::image {
namespace {

using Palette = std::array<std::array<uint8_t, 3>, 256>;  // entries that the file does not have are black, as in Pillow

class PngReader {
 public:
  PngReader(Bytes file, const PngHeader& header) : file_(file), header_(header) {
    png_ = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, this, on_error, on_warning, this, on_allocate, on_free);
    if (png_) info_ = png_create_info_struct(png_);
    if (!png_ || !info_) {
      png_destroy_read_struct(&png_, &info_, nullptr);
      throw_out_of_memory();
    }
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  bool read_header() {
    if (setjmp(png_jmpbuf(png_))) return false;
    png_set_read_fn(png_, this, on_read);
    // Sizes are bounded by the caller's pixel limit. Checksums of image data are not Pillow's business (zlib has its own), nor
    // is a window size that an encoder understated.
    png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_crc_action(png_, PNG_CRC_QUIET_USE, PNG_CRC_QUIET_USE);
    png_set_option(png_, PNG_MAXIMUM_INFLATE_WINDOW, PNG_OPTION_ON);
    png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);  // png_chunks.cpp reads what is wanted of them
    png_read_info(png_, info_);
    png_set_packing(png_);  // a byte per sample of 1, 2 or 4 bits, not scaled
    png_read_update_info(png_, info_);
    png_color* entries = nullptr;
    int count = 0;
    if (png_get_PLTE(png_, info_, &entries, &count)) {
      for (int i = 0; i < std::min(count, 256); ++i) {
        palette_[static_cast<size_t>(i)] = {entries[i].red, entries[i].green, entries[i].blue};
      }
    }
    return true;
  }

  size_t line_bytes() const { return png_get_rowbytes(png_, info_); }

  // line: line_bytes() of room. Each of Adam7's passes is a small picture of its own; libpng is not asked to spread it.
  bool read_rows(Picture& picture, uint8_t* line) {
    if (setjmp(png_jmpbuf(png_))) return false;
    const png_uint_32 width = static_cast<png_uint_32>(header_.size.width), height = static_cast<png_uint_32>(header_.size.height);
    if (!header_.interlaced) {
      for (row_ = 0; row_ < header_.size.height; ++row_) {
        png_read_row(png_, line, nullptr);
        convert(line, picture.row(row_), header_.size.width, 3);
      }
      return true;
    }
    for (pass_ = 0; pass_ < PNG_INTERLACE_ADAM7_PASSES; ++pass_) {
      const int columns = static_cast<int>(PNG_PASS_COLS(width, pass_)), rows = static_cast<int>(PNG_PASS_ROWS(height, pass_));
      if (columns == 0) continue;
      for (row_ = 0; row_ < rows; ++row_) {
        png_read_row(png_, line, nullptr);
        convert_pass_row(line, picture, columns);
      }
    }
    return true;
  }

  // The fault lies behind the last row: what closes the compressed data, or the next chunk, is damaged or missing. Pillow does not
  // look there either. libpng has put the last row into line by then.
  bool all_rows_are_there() const {
    return header_.interlaced ? png_get_current_pass_number(png_) == PNG_INTERLACE_ADAM7_PASSES
                              : png_get_current_row_number(png_) == static_cast<png_uint_32>(header_.size.height);
  }

  void finish_last_row(Picture& picture, const uint8_t* line) const {
    if (header_.interlaced) {
      convert_pass_row(line, picture, static_cast<int>(PNG_PASS_COLS(static_cast<png_uint_32>(header_.size.width), pass_)));
    } else {
      convert(line, picture.row(row_), header_.size.width, 3);
    }
  }

  [[noreturn]] void fail() const {
    check_memory();
    throw Error(Status::bad_image, std::string("the PNG file cannot be decoded: ") + text_);
  }

  // libpng goes on without some chunks when it has no memory for them. What it gave then is not trusted.
  void check_memory() const {
    if (out_of_memory_) throw_out_of_memory();
  }

 private:
  [[noreturn]] static void throw_out_of_memory() { throw Error(Status::out_of_memory, "there is no memory to decode the PNG file"); }

  // zlib's memory, too.
  static png_voidp on_allocate(png_structp png, png_alloc_size_t bytes) {
    void* memory = std::malloc(bytes);
    if (!memory) reader_of(png_get_mem_ptr(png)).out_of_memory_ = true;
    return memory;
  }
  static void on_free(png_structp, png_voidp memory) { std::free(memory); }

  static PngReader& reader_of(void* pointer) { return *static_cast<PngReader*>(pointer); }

  [[noreturn]] static void on_error(png_structp png, png_const_charp text) {
    PngReader& reader = reader_of(png_get_error_ptr(png));
    // The image data ended: at the end of the file, or at a chunk that is not IDAT.
    if (std::strstr(text, "Not enough image data")) reader.exhausted_ = true;
    if (reader.exhausted_) text = "the file ends before the picture does (truncated)";
    if (std::strstr(text, "incorrect data check")) text = "the checksum of its image data is wrong";
    std::snprintf(reader.text_, sizeof(reader.text_), "%s", text);
    png_longjmp(png, 1);
  }

  // What libpng warns of Pillow does not see: more rows than wanted, a fault behind the last one.
  static void on_warning(png_structp, png_const_charp) {}

  static void on_read(png_structp png, png_bytep to, size_t size) {
    PngReader& reader = reader_of(png_get_io_ptr(png));
    const size_t left = reader.file_.size() - reader.position_;
    if (size > left) {
      reader.exhausted_ = true;
      png_error(png, "end of file");
    }
    std::memcpy(to, reader.file_.data() + reader.position_, size);
    // libpng reads image data in whole blocks. A chunk that is cut off gets the length that it has, so that the last of its bytes
    // arrive before the end of the file is met.
    if (size == 8 && reader.position_ != 0 && reader.position_ == reader.header_.cut_off_chunk) {
      const auto length = static_cast<uint32_t>(left - 8);
      for (int i = 0; i < 4; ++i) to[i] = static_cast<png_byte>(length >> (24 - 8 * i));
    }
    reader.position_ += size;
  }

  // count pixels of a line as libpng gives it; the RGB of the next one goes step bytes further.
  void convert(const uint8_t* line, uint8_t* rgb, int count, int64_t step) const {
    const int sample = header_.bit_depth == 16 ? 2 : 1;  // big-endian: the high byte stands first
    switch (header_.colour_type) {
      case PNG_COLOR_TYPE_PALETTE:
        for (int i = 0; i < count; ++i, rgb += step) std::memcpy(rgb, palette_[line[i]].data(), 3);
        return;
      case PNG_COLOR_TYPE_GRAY: {
        const int scale = header_.bit_depth < 8 ? 255 / ((1 << header_.bit_depth) - 1) : 1;
        for (int i = 0; i < count; ++i, rgb += step, line += sample) {
          const int value = sample == 2 && line[0] != 0 ? 255 : line[sample - 1] * scale;
          rgb[0] = rgb[1] = rgb[2] = static_cast<uint8_t>(value);
        }
        return;
      }
      case PNG_COLOR_TYPE_GRAY_ALPHA:
        for (int i = 0; i < count; ++i, rgb += step, line += 2 * sample) rgb[0] = rgb[1] = rgb[2] = line[0];
        return;
      default: {  // RGB, RGBA
        const int pixel = (header_.colour_type == PNG_COLOR_TYPE_RGB ? 3 : 4) * sample;
        for (int i = 0; i < count; ++i, rgb += step, line += pixel) {
          rgb[0] = line[0];
          rgb[1] = line[sample];
          rgb[2] = line[2 * sample];
        }
      }
    }
  }

  void convert_pass_row(const uint8_t* line, Picture& picture, int columns) const {
    const int y = static_cast<int>(PNG_ROW_FROM_PASS_ROW(row_, pass_)), x = static_cast<int>(PNG_COL_FROM_PASS_COL(0, pass_));
    convert(line, picture.row(y) + 3 * x, columns, int64_t{3} << PNG_PASS_COL_SHIFT(pass_));
  }

  Bytes file_;
  size_t position_ = 0;  // of the next byte that libpng gets
  const PngHeader& header_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  Palette palette_{};
  // Members, not locals of read_rows: they keep their values when libpng jumps out of it.
  int pass_ = 0;
  int row_ = 0;
  bool exhausted_ = false;
  bool out_of_memory_ = false;
  char text_[256] = "";
};

}  // namespace

Picture read_png_pixels(Bytes file, const PngHeader& header) {
  PngReader reader(file, header);
  if (!reader.read_header()) reader.fail();
  Picture picture(header.size.width, header.size.height);
  std::vector<uint8_t> line(reader.line_bytes());
  if (!reader.read_rows(picture, line.data())) {
    if (!reader.all_rows_are_there()) reader.fail();
    reader.finish_last_row(picture, line.data());
  }
  reader.check_memory();
  return picture;
}

}  // namespace oag::image
