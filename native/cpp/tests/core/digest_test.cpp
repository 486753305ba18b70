#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/digest.h"

using namespace oag;

namespace {

std::vector<unsigned char> pattern(size_t count, unsigned step, unsigned first, unsigned per_page) {
  std::vector<unsigned char> bytes(count);
  for (size_t i = 0; i < count; i++) bytes[i] = static_cast<unsigned char>(i * step + first + (i >> 8) * per_page);
  return bytes;
}

}  // namespace

TEST_CASE("digests are those of the xxhash package: short, middle and long inputs take different ways") {
  CHECK(digest("", 0) == "99aa06d3014798d86001c324468d497f");
  CHECK(digest("a", 1) == "a96faf705af16834e6c632b61e964e1f");
  CHECK(digest("abc", 3) == "06b05ab6733a618578af5f94892f3950");
  CHECK(digest(pattern(200, 7, 3, 0).data(), 200) == "32200a52a918beaf380142cdd5843bbd");
  CHECK(digest(pattern(5000, 31, 0, 5).data(), 5000) == "ece32840336d6b2efef89b4971696dc6");
}

TEST_CASE("pieces give the digest of the whole, and asking does not change it") {
  const std::vector<unsigned char> bytes = pattern(5000, 31, 0, 5);
  for (size_t piece : {1u, 7u, 64u, 255u, 1024u, 4999u}) {
    Digest pieces;
    for (size_t at = 0; at < bytes.size(); at += piece) {
      pieces.add(bytes.data() + at, std::min(piece, bytes.size() - at));
      pieces.hex();
    }
    CHECK(pieces.hex() == "ece32840336d6b2efef89b4971696dc6");
  }
}
