#include "runtime/accuracy_samples.h"

#include <algorithm>
#include <array>

namespace oag {
namespace {

// The generator of Numerical Recipes, with its upper bits: the same numbers on every machine, of which std's distributions make no promise.
class Numbers {
 public:
  explicit Numbers(uint32_t seed) : state_(seed) {}
  int64_t below(int64_t limit) {
    state_ = state_ * 1664525u + 1013904223u;
    return static_cast<int64_t>((static_cast<uint64_t>(state_) * static_cast<uint64_t>(limit)) >> 32);
  }

 private:
  uint32_t state_;
};

using Colour = std::array<uint8_t, 3>;

template <class ColourAt>
std::vector<uint8_t> draw(int width, int height, ColourAt&& colour_at) {
  std::vector<uint8_t> pixels;
  pixels.reserve(static_cast<size_t>(width) * static_cast<size_t>(height) * 3);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      const Colour colour = colour_at(x, y);
      pixels.insert(pixels.end(), colour.begin(), colour.end());
    }
  return pixels;
}

uint8_t share(int64_t part, int64_t whole) { return static_cast<uint8_t>(255 * part / std::max<int64_t>(1, whole)); }

}  // namespace

SamplePictures sample_pictures(const models::ImageSpec& spec) {
  const int width = spec.width, height = spec.height, edge = std::min(width, height);
  SamplePictures all{width, height, {}};
  const auto add = [&](auto&& colour_at) { all.pixels.push_back(draw(width, height, colour_at)); };

  // A gradient in each direction.
  add([&](int x, int y) { return Colour{share(x, width - 1), share(y, height - 1), share(x + y, width + height - 2)}; });
  // Checks, eight to an edge.
  add([&](int x, int y) {
    const bool dark = ((x * 8 / width) + (y * 8 / height)) % 2 == 0;
    return dark ? Colour{20, 20, 90} : Colour{250, 240, 200};
  });
  // Noise: every pixel by itself.
  Numbers noise(7);
  add([&](int, int) { return Colour{static_cast<uint8_t>(noise.below(256)), static_cast<uint8_t>(noise.below(256)), static_cast<uint8_t>(noise.below(256))}; });
  // A red disc on green.
  add([&](int x, int y) {
    const int64_t dx = x - width / 2, dy = y - height / 2;
    return dx * dx + dy * dy < int64_t{edge} * edge / 9 ? Colour{220, 30, 30} : Colour{30, 160, 60};
  });
  // Rectangles over each other, as a scene has things.
  std::vector<std::array<int64_t, 4>> boxes;
  std::vector<Colour> colours;
  Numbers scene(11);
  for (int box = 0; box < 24; box++) {
    const int64_t left = scene.below(width), top = scene.below(height);
    boxes.push_back({left, top, left + 1 + scene.below(1 + width / 3), top + 1 + scene.below(1 + height / 3)});
    colours.push_back({static_cast<uint8_t>(scene.below(256)), static_cast<uint8_t>(scene.below(256)), static_cast<uint8_t>(scene.below(256))});
  }
  add([&](int x, int y) {
    for (size_t box = 0; box < boxes.size(); box++)
      if (x >= boxes[box][0] && y >= boxes[box][1] && x < boxes[box][2] && y < boxes[box][3]) return colours[box];
    return Colour{128, 128, 128};
  });
  // Black, but for a bright spot.
  add([&](int x, int y) { return x * 6 / width == 1 && y * 6 / height == 1 ? Colour{255, 255, 230} : Colour{4, 4, 4}; });
  return all;
}

SampleTexts sample_texts(const models::TextSpec& spec) {
  SampleTexts texts;
  Numbers numbers(3);
  const bool ends_with_token = spec.end == models::TextSpec::End::token;
  // The last id is left to the end where the highest one is it; a vocabulary of one has no other.
  const int64_t choice = std::max<int64_t>(1, spec.end == models::TextSpec::End::highest_id ? spec.vocabulary - 1 : spec.vocabulary);
  for (const int64_t wanted : {3, 5, 8, 12, 17, 26, 40, 64}) {
    const int64_t length = std::min(wanted, spec.max_tokens);
    for (int64_t i = 0; i + 1 < length; i++) {
      int64_t id = numbers.below(choice);
      if (ends_with_token && id == spec.end_id) id = (id + 1) % spec.vocabulary;
      texts.ids.push_back(static_cast<int32_t>(id));
    }
    if (length > 0) {
      const bool any = spec.end == models::TextSpec::End::none;
      texts.ids.push_back(static_cast<int32_t>(ends_with_token ? spec.end_id : any ? numbers.below(choice) : spec.vocabulary - 1));
    }
    for (int64_t i = length; i < spec.pad_to; i++) texts.ids.push_back(static_cast<int32_t>(spec.pad_id));
    texts.offsets.push_back(static_cast<int64_t>(texts.ids.size()));
  }
  return texts;
}

}  // namespace oag
