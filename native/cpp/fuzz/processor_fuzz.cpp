// The processor: a config and a picture from bytes, through resize, crop, rescale and normalise.
#include <cmath>
#include <cstring>
#include <vector>

#include <nlohmann/json.hpp>

#include "fuzz/pixels.h"
#include "image/processor.h"

using namespace oag::image;
using nlohmann::json;

namespace {

constexpr int64_t most_pixels = 1 << 12;

json read_box(fuzz::Input& input) {
  const int a = input.between(0, 48), b = input.between(0, 48);
  switch (input.byte() % 6) {
    case 0: return a;
    case 1: return {a, b};
    case 2: return {{"height", a}, {"width", b}};
    case 3: return {{"shortest_edge", a}};
    case 4: return {{"shortest_edge", a}, {"longest_edge", b}};
    default: return {{"max_height", a}, {"max_width", b}};
  }
}

json read_config(fuzz::Input& input) {
  const uint8_t switches = input.byte(), given = input.byte();
  json config{{"do_resize", (switches & 1) == 0}, {"do_center_crop", (switches & 2) == 0}, {"do_rescale", (switches & 4) == 0}, {"do_normalize", (switches & 8) == 0}};
  if (switches & 16) config["default_to_square"] = (switches & 32) != 0;
  config["size"] = read_box(input);
  const json crop = read_box(input);
  if (given & 1 || crop.is_object()) config["crop_size"] = {input.between(0, 48), input.between(0, 48)};
  else config["crop_size"] = crop;
  config["resample"] = input.byte() % 6;
  if (given & 2) config["rescale_factor"] = input.between(-300, 300) / 255.0;
  if (given & 4) config["image_mean"] = {input.between(-9, 9) / 7.0, 0.5, 0.25};
  if (given & 8) config["image_std"] = input.between(-9, 9) / 5.0;
  return config;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const auto family = static_cast<ProcessorFamily>(input.byte() % 4);
  const json config = read_config(input);
  Size from{input.between(0, 40), input.between(0, 40)};
  const uint8_t kind = input.byte();
  if (kind % 8 == 1) from = {input.between(0, 700), 1 + from.height % 3};
  if (kind % 8 == 2) from = {1 + from.width % 3, input.between(0, 700)};
  const fuzz::Pixels source(input, from);
  try {
    const Processor processor(config, family, "preprocessor_config.json");
    const Size result = processor.output_size(from.width, from.height);
    fuzz::require(result.width > 0 && result.height > 0, "a result has pixels");
    if (int64_t{result.width} * result.height > most_pixels) return 0;
    const Picture pixels = processor.pixels(source.view(), ResizePath::scalar);
    fuzz::require(pixels.size() == result, "a result has the size that was announced");
    const Picture fast = processor.pixels(source.view());
    fuzz::require(std::memcmp(pixels.pixels(), fast.pixels(), pixels.bytes()) == 0, "every implementation gives the same bits");
    const size_t plane = static_cast<size_t>(result.width) * static_cast<size_t>(result.height);
    std::vector<float> values(3 * plane, NAN);
    processor.apply(source.view(), values.data());
    float of_byte[3][256];
    std::fill_n(&of_byte[0][0], 3 * 256, NAN);
    for (size_t i = 0; i < plane; i++)
      for (size_t channel = 0; channel < 3; channel++) {
        float& value = of_byte[channel][pixels.pixels()[3 * i + channel]];
        if (std::isnan(value)) value = values[channel * plane + i];
        fuzz::require(std::isfinite(value) && value == values[channel * plane + i], "a value is a function of its byte, and finite");
      }
  } catch (const oag::Error& error) {
    fuzz::require_useful(error);
  }
  return 0;
}
