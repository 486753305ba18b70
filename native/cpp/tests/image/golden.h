// What the tests of pictures share: files of testdata/, digests, and pictures by formula.
#pragma once

#include <cstdint>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include <zlib.h>

#include "image/picture.h"
#include "image/resize.h"

#include "support/test_data.h"

namespace golden {

inline std::vector<uint8_t> file(const std::string& name) {
  std::ifstream stream(oag::test::test_data(name), std::ios::binary);
  if (!stream) throw std::runtime_error("cannot open testdata/" + name);
  return {std::istreambuf_iterator<char>(stream), {}};
}

inline nlohmann::json json(const std::string& name) { return nlohmann::json::parse(file(name)); }

inline uint32_t crc(const void* bytes, size_t size) {
  return static_cast<uint32_t>(crc32_z(0, static_cast<const Bytef*>(bytes), size));
}

inline uint32_t crc(const oag::image::Picture& picture) { return crc(picture.pixels(), picture.bytes()); }

// tools/reference/pictures_pattern.py has the same formula.
inline oag::image::Picture noise(int width, int height, uint32_t seed, bool extreme = false) {
  oag::image::Picture picture(width, height);
  uint8_t* out = picture.pixels();
  for (uint32_t y = 0; y < static_cast<uint32_t>(height); ++y) {
    for (uint32_t x = 0; x < static_cast<uint32_t>(width); ++x) {
      for (uint32_t c = 0; c < 3; ++c) {
        uint32_t h = x * 73856093u ^ y * 19349663u ^ c * 83492791u ^ seed * 2654435761u;
        h ^= h >> 13;
        h *= 1540483477u;
        h ^= h >> 15;
        const auto value = static_cast<uint8_t>(h);
        *out++ = extreme ? (value > 127 ? 255 : 0) : value;
      }
    }
  }
  return picture;
}

// The text of the Error that a call throws, which has this status; empty where it throws none.
template <class Call>
std::string error_text(oag::Status status, Call&& call) {
  try {
    call();
  } catch (const oag::Error& error) {
    if (error.status() == status) return error.text();
    return "status " + std::to_string(static_cast<int>(error.status())) + ": " + error.text();
  }
  return "";
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace golden
