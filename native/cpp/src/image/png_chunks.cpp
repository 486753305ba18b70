#include "image/png_chunks.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include <zlib.h>

namespace oag::image {
namespace {

constexpr uint8_t signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

[[noreturn]] void refuse(const std::string& reason) { throw Error(Status::bad_image, "the PNG file cannot be decoded: " + reason); }

uint32_t big_endian(const uint8_t* p) { return uint32_t{p[0]} << 24 | uint32_t{p[1]} << 16 | uint32_t{p[2]} << 8 | p[3]; }

bool is_letter(uint8_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

std::string_view text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// What stands before the next zero byte; bytes continues behind it. No value where there is no zero byte.
std::optional<Bytes> take_field(Bytes& bytes) {
  const auto zero = std::find(bytes.begin(), bytes.end(), uint8_t{0});
  if (zero == bytes.end()) return std::nullopt;
  const size_t length = static_cast<size_t>(zero - bytes.begin());
  const Bytes field = bytes.first(length);
  bytes = bytes.subspan(length + 1);
  return field;
}

// zlib data of at most 1 MiB when inflated (Pillow's bound for text, against bombs). What there is of data that end early; empty
// for more than 1 MiB and for damaged data.
std::vector<uint8_t> inflated_text(Bytes bytes) {
  std::vector<uint8_t> text((1 << 20) + 1);
  z_stream stream{};
  const auto require_memory = [](int result) {
    if (result == Z_MEM_ERROR) throw Error(Status::out_of_memory, "there is no memory to inflate a text of the PNG file");
  };
  const int begun = inflateInit(&stream);
  require_memory(begun);
  if (begun != Z_OK) return {};
  stream.next_in = const_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = text.data();
  stream.avail_out = static_cast<uInt>(text.size());
  const int result = inflate(&stream, Z_SYNC_FLUSH);
  const bool sound = result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR;
  text.resize(sound && stream.avail_out > 0 ? text.size() - stream.avail_out : 0);
  inflateEnd(&stream);
  require_memory(result);
  return text;
}

// ImageMagick's "Raw profile type exif": three lines of heading, then hexadecimal digits in lines.
std::vector<uint8_t> bytes_of_raw_profile(std::string_view text) {
  for (int line = 0; line < 3; ++line) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  std::vector<uint8_t> bytes;
  int high = -1;
  for (const char c : text) {
    int digit = -1;
    if (c >= '0' && c <= '9') digit = c - '0';
    if (c >= 'a' && c <= 'f') digit = c - 'a' + 10;
    if (c >= 'A' && c <= 'F') digit = c - 'A' + 10;
    if (digit < 0 && (c == '\n' || c == ' ' || c == '\r' || c == '\t')) continue;
    if (digit < 0) return {};
    if (high < 0) {
      high = digit;
    } else {
      bytes.push_back(static_cast<uint8_t>(high << 4 | digit));
      high = -1;
    }
  }
  return bytes;
}

// Collects what may hold an orientation. As in Pillow a later chunk replaces an earlier one, an EXIF chunk counts before
// a raw profile, and that before XMP.
struct Metadata {
  std::optional<std::vector<uint8_t>> exif, raw_profile;
  std::vector<uint8_t> xmp;

  void add(std::string_view type, Bytes data) {
    if (type == "eXIf") {
      exif.emplace(data.begin(), data.end());
      return;
    }
    if (type != "tEXt" && type != "zTXt" && type != "iTXt") return;
    const auto key_bytes = take_field(data);
    if (!key_bytes) return;
    const std::string_view key = text_of(*key_bytes);
    if (key != "exif" && key != "Raw profile type exif" && key != "XML:com.adobe.xmp") return;

    bool compressed = type == "zTXt";
    if (compressed) {
      if (data.empty() || data[0] != 0) return;
      data = data.subspan(1);
    } else if (type == "iTXt") {
      if (data.size() < 2) return;
      compressed = data[0] != 0;
      if (compressed && data[1] != 0) return;
      data = data.subspan(2);
      if (!take_field(data) || !take_field(data)) return;  // language, translated key
    }
    std::vector<uint8_t> text = compressed ? inflated_text(data) : std::vector<uint8_t>(data.begin(), data.end());
    if (key == "Raw profile type exif") {
      raw_profile = bytes_of_raw_profile(text_of(text));
    } else if (key == "XML:com.adobe.xmp") {
      xmp = std::move(text);
    } else if (type == "tEXt") {
      exif = std::move(text);
    }
  }

  int orientation() const {
    const Bytes block = exif ? Bytes(*exif) : raw_profile ? Bytes(*raw_profile) : Bytes();
    return image::orientation(block, xmp);
  }
};

PngHeader header_of(Bytes ihdr) {
  if (ihdr.size() < 13) refuse("its header is cut off");
  const uint32_t width = big_endian(ihdr.data()), height = big_endian(ihdr.data() + 4);
  const int bit_depth = ihdr[8], colour_type = ihdr[9];
  if (width == 0 || height == 0 || width > max_edge || height > max_edge) {
    refuse("its header says " + std::to_string(width) + " x " + std::to_string(height) + " pixels; edges of 1 to " +
           std::to_string(max_edge) + " can be read");
  }
  const bool small = bit_depth == 1 || bit_depth == 2 || bit_depth == 4;
  const bool large = bit_depth == 8 || bit_depth == 16;
  const bool known = colour_type == 0   ? small || large
                     : colour_type == 3 ? small || bit_depth == 8
                                        : large && (colour_type == 2 || colour_type == 4 || colour_type == 6);
  if (!known) {
    refuse("there is no PNG of colour type " + std::to_string(colour_type) + " with " + std::to_string(bit_depth) + " bits");
  }
  if (ihdr[10] != 0 || ihdr[11] != 0 || ihdr[12] > 1) refuse("its compression, filter or interlace method is unknown");
  return {{static_cast<int>(width), static_cast<int>(height)}, bit_depth, colour_type, ihdr[12] == 1};
}

}  // namespace

bool is_png(Bytes file) { return file.size() >= 8 && std::equal(std::begin(signature), std::end(signature), file.begin()); }

PngHeader read_png_header(Bytes file) {
  Bytes rest = file.subspan(sizeof(signature));
  std::optional<PngHeader> header;
  Metadata metadata;
  bool image_data = false;
  while (true) {
    const bool chunk = rest.size() >= 8 && std::all_of(rest.begin() + 4, rest.begin() + 8, is_letter);
    if (!chunk && image_data) break;  // behind the image data anything may follow
    if (!chunk) refuse(rest.size() < 8 ? "the file ends before the picture does (truncated)" : "its chunks are damaged");
    const size_t length = big_endian(rest.data());
    const std::string_view type = text_of(rest.subspan(4, 4));
    if (type == "IDAT") {
      if (!header) refuse("the header is missing");
      image_data = true;
      if (length + 12 > rest.size()) {  // the last one; whether enough data are there shows when they are read
        header->cut_off_chunk = file.size() - rest.size();
        break;
      }
      rest = rest.subspan(length + 12);
      continue;
    }
    if (image_data && (type == "IEND" || type == "fcTL")) break;  // fcTL: the second frame of an animation
    if (length > rest.size() - 8) refuse("the file ends within its chunk " + std::string(type) + " (truncated)");
    const Bytes data = rest.subspan(8, length);
    if (!image_data) {
      if (rest.size() - 8 - length < 4) refuse("the file ends before the picture does (truncated)");
      const uLong checksum = crc32_z(0, rest.data() + 4, length + 4);
      if (checksum != big_endian(data.data() + length)) refuse("the checksum of its chunk " + std::string(type) + " is wrong");
      if (!header && type != "IHDR") refuse("the header is missing");
      if (type == "IEND") refuse("it has no image data");
      if (type == "IHDR" && header) refuse("it has two headers");
      if (type == "IHDR") header = header_of(data);
    }
    metadata.add(type, data);
    if (rest.size() < length + 12) break;
    rest = rest.subspan(length + 12);
  }
  header->orientation = metadata.orientation();
  return *header;
}

}  // namespace oag::image
