// What a precision is tried on: pictures and texts that are made here, so that every model can be measured anywhere and always gets the same.
#pragma once

#include <cstdint>
#include <vector>

#include "models/definition.h"

namespace oag {

// Raised when the samples change: what was measured on others does not count any more.
constexpr int accuracy_samples_version = 1;

// Pictures of one size: gradients, checks, noise and shapes, no two alike.
struct SamplePictures {
  int width = 0;
  int height = 0;
  std::vector<std::vector<uint8_t>> pixels;  // each [height, width, 3], R, G, B
};
SamplePictures sample_pictures(const models::ImageSpec& spec);

// Texts of token ids that the vocabulary has, of different lengths, as the text specification wants them: ended by the end token, padded. Text i is
// ids[offsets[i] … offsets[i + 1]).
struct SampleTexts {
  std::vector<int32_t> ids;
  std::vector<int64_t> offsets{0};
  int64_t count() const { return static_cast<int64_t>(offsets.size()) - 1; }
};
SampleTexts sample_texts(const models::TextSpec& spec);

}  // namespace oag
