#include "image/orientation.h"

#include <algorithm>
#include <optional>
#include <string_view>

namespace oag::image {
namespace {

constexpr uint16_t orientation_tag = 0x0112;
constexpr std::string_view exif_prefix("Exif\0\0", 6);

bool starts_with(Bytes bytes, std::string_view prefix) {
  return bytes.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

// Reads numbers of a TIFF structure in its byte order. Reading past the end gives no value.
class TiffReader {
 public:
  TiffReader(Bytes bytes, bool little_endian) : bytes_(bytes), little_endian_(little_endian) {}

  std::optional<uint64_t> number(uint64_t offset, int width) const {
    if (offset > bytes_.size() || bytes_.size() - offset < static_cast<size_t>(width)) return std::nullopt;
    uint64_t value = 0;
    for (int i = 0; i < width; ++i) {
      value = value << 8 | bytes_[offset + static_cast<uint64_t>(little_endian_ ? width - 1 - i : i)];
    }
    return value;
  }

  bool has(uint64_t offset, uint64_t length) const { return offset <= bytes_.size() && bytes_.size() - offset >= length; }

 private:
  Bytes bytes_;
  bool little_endian_;
};

// Bytes of one value of a TIFF field type; 0 for a type that does not exist.
int unit_size(uint64_t type) {
  switch (type) {
    case 1: case 2: case 6: case 7: return 1;    // BYTE, ASCII, SBYTE, UNDEFINED
    case 3: case 8: return 2;                    // SHORT, SSHORT
    case 4: case 9: case 11: case 13: return 4;  // LONG, SLONG, FLOAT, IFD
    case 5: case 10: case 12: case 16: return 8; // RATIONAL, SRATIONAL, DOUBLE, LONG8
    default: return 0;
  }
}

bool is_integer(uint64_t type) { return type == 3 || type == 4 || type == 6 || type == 8 || type == 9 || type == 13 || type == 16; }

enum class Found { no_tag, not_tiff, tag };
struct Tag {
  Found found;
  uint64_t value = 1;
};

// Walks the first directory as Pillow does: entries of unknown type are passed over, the walk ends at the first entry (or value
// elsewhere in the block) that is cut off, a later entry of the same tag wins, and of several values the first one counts.
Tag find_tag(Bytes tiff) {
  constexpr std::string_view headers[] = {{"MM\0\x2a", 4}, {"II\x2a\0", 4}, {"MM\x2a\0", 4}, {"II\0\x2a", 4}, {"MM\0\x2b", 4}};
  if (tiff.size() < 8 || std::none_of(std::begin(headers), std::end(headers), [&](auto h) { return starts_with(tiff, h); })) {
    return {Found::not_tiff};
  }
  const TiffReader reader(tiff, tiff[0] == 'I');
  const uint64_t directory = *reader.number(4, 4);
  const uint64_t entries = reader.number(directory, 2).value_or(0);
  Tag result{Found::no_tag};
  for (uint64_t i = 0; i < entries; ++i) {
    const uint64_t entry = directory + 2 + 12 * i;
    if (!reader.has(entry, 12)) break;
    const uint64_t type = *reader.number(entry + 2, 2);
    const int unit = unit_size(type);
    if (unit == 0) continue;
    const uint64_t size = *reader.number(entry + 4, 4) * static_cast<uint64_t>(unit);
    if (size == 0) continue;
    const uint64_t data = size > 4 ? *reader.number(entry + 8, 4) : entry + 8;
    if (!reader.has(data, size)) break;
    if (*reader.number(entry, 2) != orientation_tag) continue;
    result.found = Found::tag;
    result.value = is_integer(type) ? *reader.number(data, unit) : 1;
  }
  return result;
}

// Pillow searches tiff:Orientation(="|>)([0-9]).
int xmp_orientation(Bytes xmp) {
  const std::string_view text(reinterpret_cast<const char*>(xmp.data()), xmp.size());
  constexpr std::string_view key = "tiff:Orientation";
  for (size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
    std::string_view rest = text.substr(at + key.size());
    if (rest.starts_with("=\"")) {
      rest.remove_prefix(2);
    } else if (rest.starts_with(">")) {
      rest.remove_prefix(1);
    } else {
      continue;
    }
    if (!rest.empty() && rest[0] >= '0' && rest[0] <= '9') return rest[0] - '0';
  }
  return 1;
}

}  // namespace

int orientation(Bytes exif, Bytes xmp) noexcept {
  while (starts_with(exif, exif_prefix)) exif = exif.subspan(exif_prefix.size());
  const Tag tag = exif.empty() ? Tag{Found::no_tag} : find_tag(exif);
  uint64_t value = 1;
  if (tag.found == Found::tag) value = tag.value;
  if (tag.found == Found::no_tag && !xmp.empty()) value = static_cast<uint64_t>(xmp_orientation(xmp));
  return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
}

Picture oriented(Picture picture, int orientation) {
  if (orientation == 1) return picture;
  const int64_t pixel = 3, line = int64_t{3} * picture.width();
  const int64_t last_column = (picture.width() - 1) * pixel, last_line = (picture.height() - 1) * line;
  // The source of the result's pixel (x, y) is at origin + x * along_x + y * along_y.
  int64_t origin = 0, along_x = pixel, along_y = line;
  switch (orientation) {
    case 2: origin = last_column; along_x = -pixel; break;                                          // mirrored
    case 3: origin = last_column + last_line; along_x = -pixel; along_y = -line; break;             // turned by 180 degrees
    case 4: origin = last_line; along_y = -line; break;                                             // upside down
    case 5: along_x = line; along_y = pixel; break;                                                 // transposed
    case 6: origin = last_line; along_x = -line; along_y = pixel; break;                            // turned clockwise
    case 7: origin = last_column + last_line; along_x = -line; along_y = -pixel; break;             // transverse
    case 8: origin = last_column; along_x = line; along_y = -pixel; break;                          // turned anticlockwise
    default: throw Error(Status::internal, "orientation " + std::to_string(orientation) + " is not one of 1 … 8");
  }
  const bool swap = swaps_edges(orientation);
  Picture result(swap ? picture.height() : picture.width(), swap ? picture.width() : picture.height());
  // Tiles: a transposing walk along a whole line would touch a new cache line (and page) of the source for every pixel.
  constexpr int tile = 32;
  const uint8_t* source = picture.pixels() + origin;
  for (int y0 = 0; y0 < result.height(); y0 += tile) {
    for (int x0 = 0; x0 < result.width(); x0 += tile) {
      const int x1 = std::min(x0 + tile, result.width());
      for (int y = y0; y < std::min(y0 + tile, result.height()); ++y) {
        const uint8_t* from = source + x0 * along_x + y * along_y;
        uint8_t* to = result.row(y) + 3 * x0;
        for (int x = x0; x < x1; ++x, from += along_x, to += 3) {
          to[0] = from[0];
          to[1] = from[1];
          to[2] = from[2];
        }
      }
    }
  }
  return result;
}

}  // namespace oag::image
