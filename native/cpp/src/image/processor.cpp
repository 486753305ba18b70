#include "image/processor.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "image/decode.h"

namespace oag::image {
namespace {

// The arithmetic of transformers' image_transforms.py, in its order: whole numbers are exact products divided once.
Size shortest_edge_size(int width, int height, int64_t edge) {
  const int shorter = std::min(width, height), longer = std::max(width, height);
  const double other = std::trunc(static_cast<double>(edge * longer) / shorter);
  const int rounded = other > max_edge ? max_edge + 1 : static_cast<int>(other);
  return width <= height ? Size{static_cast<int>(edge), rounded} : Size{rounded, static_cast<int>(edge)};
}

// get_size_with_aspect_ratio: an edge above the bound shrinks the requested one, rounded half to even as Python does.
Size bounded_edges_size(int width, int height, int edge, int longest) {
  const double shorter = std::min(width, height), longer = std::max(width, height);
  double exact = edge;
  if (longer / shorter * edge > longest) {
    exact = longest * shorter / longer;
    edge = static_cast<int>(std::nearbyint(exact));
  }
  if ((height <= width && height == edge) || (width <= height && width == edge)) return {width, height};
  if (width < height) return {edge, static_cast<int>(exact * height / width)};
  return {static_cast<int>(exact * width / height), edge};
}

Size size_within(int width, int height, Size bounds) {
  const double scale = std::min(static_cast<double>(bounds.height) / height, static_cast<double>(bounds.width) / width);
  return {static_cast<int>(width * scale), static_cast<int>(height * scale)};
}

std::string text_of(Size size) { return std::to_string(size.width) + " x " + std::to_string(size.height); }

// The first row (or column) of a centred cut: floor, for a picture smaller than the cut too, which is then negative.
int centred(int whole, int part, bool rounds_to_even) {
  const int twice = whole - part;
  return (twice >> 1) + (rounds_to_even && twice % 4 == 3 ? 1 : 0);  // 1.5 becomes 2, and 2.5 too
}

}  // namespace

Processor::Processor(const nlohmann::json& config, ProcessorFamily fallback, const std::string& file)
    : settings_(read_processor_settings(config, fallback, file)) {
  // Rescaling is computed in double and rounded to float, normalising in float: as a function of one byte, all of it is a table.
  for (size_t channel = 0; channel < 3; ++channel) {
    const auto mean = static_cast<float>(settings_.mean[channel]);
    const auto deviation = static_cast<float>(settings_.standard_deviation[channel]);
    for (int byte = 0; byte < 256; ++byte) {
      auto value = static_cast<float>(byte);
      if (settings_.do_rescale) value = static_cast<float>(byte * settings_.rescale_factor);
      if (settings_.do_normalize) value = (value - mean) / deviation;
      value_of_byte_[channel][static_cast<size_t>(byte)] = value;
    }
  }
}

bool Processor::fixed_size() const {
  return settings_.do_center_crop || (settings_.do_resize && settings_.size_rule == SizeRule::exact);
}

Size Processor::resized_size(int width, int height) const {
  if (width < 1 || height < 1) {
    throw Error(Status::bad_image, "the picture is " + text_of({width, height}) + " pixels; both edges must be at least 1");
  }
  const Size source{width, height};
  if (!settings_.do_resize) return source;
  Size result = settings_.size;
  switch (settings_.size_rule) {
    case SizeRule::exact: break;
    case SizeRule::shortest_edge: result = shortest_edge_size(width, height, settings_.shortest_edge); break;
    case SizeRule::shortest_and_longest_edge:
      result = bounded_edges_size(width, height, settings_.shortest_edge, settings_.longest_edge);
      break;
    case SizeRule::within: result = size_within(width, height, settings_.size); break;
  }
  const int longest = std::max({result.width, result.height, width, height});
  if (result.width < 1 || result.height < 1 || longest > max_edge) {
    throw Error(Status::bad_image,
                "the picture of " + text_of(source) + " pixels is too long and narrow to be resized; cut it first");
  }
  return result;
}

Size Processor::output_size(int width, int height) const {
  const Size resized = resized_size(width, height);
  if (settings_.do_center_crop) return settings_.crop;
  if (settings_.do_resize && int64_t{resized.width} * resized.height > default_max_pixels) {
    throw Error(Status::bad_image, "the picture of " + text_of({width, height}) + " pixels would be resized to " +
                                       text_of(resized) + ", more than " + std::to_string(default_max_pixels) +
                                       " pixels; cut it first");
  }
  return resized;
}

// The part of the result that comes from the picture; the rest, where a crop is larger than the picture, is black.
struct Processor::Cut {
  Picture owned;
  RgbView pixels;
  int left = 0, top = 0;  // where it lies in the result
  Size result;
};

Processor::Cut Processor::cut(RgbView source, ResizePath path) const {
  Cut cut;
  cut.result = output_size(source.width, source.height);
  const Size resized = resized_size(source.width, source.height);
  const bool to_even = settings_.crop_rounds_to_even;
  const int left = centred(resized.width, cut.result.width, to_even), top = centred(resized.height, cut.result.height, to_even);
  cut.left = std::max(0, -left);
  cut.top = std::max(0, -top);
  const Window window{std::max(0, left), std::max(0, top), std::min(resized.width, cut.result.width),
                      std::min(resized.height, cut.result.height)};
  if (resized == Size{source.width, source.height}) {
    cut.pixels = {source.row(window.top) + int64_t{3} * window.left, window.width, window.height, source.stride};
  } else {
    cut.owned = resize(source, resized, settings_.filter, window, path);
    cut.pixels = cut.owned.view();
  }
  return cut;
}

void Processor::pixels(RgbView source, uint8_t* out, ResizePath path) const {
  const Cut cut = this->cut(source, path);
  const int64_t row_bytes = int64_t{3} * cut.result.width;
  if (cut.pixels.width < cut.result.width || cut.pixels.height < cut.result.height) {
    std::memset(out, 0, static_cast<size_t>(row_bytes * cut.result.height));
  }
  for (int y = 0; y < cut.pixels.height; ++y) {
    std::memcpy(out + (cut.top + y) * row_bytes + int64_t{3} * cut.left, cut.pixels.row(y), static_cast<size_t>(cut.pixels.width) * 3);
  }
}

Picture Processor::pixels(RgbView source, ResizePath path) const {
  const Size size = output_size(source.width, source.height);
  Picture result(size.width, size.height);
  pixels(source, result.pixels(), path);
  return result;
}

void Processor::apply(RgbView source, float* out, ResizePath path) const {
  const Cut cut = this->cut(source, path);
  const int64_t width = cut.result.width, plane = width * cut.result.height;
  float* red = out;                // [height, width]
  float* green = out + plane;      // [height, width]
  float* blue = out + 2 * plane;   // [height, width]
  const auto& value = value_of_byte_;
  if (cut.pixels.width < cut.result.width || cut.pixels.height < cut.result.height) {
    for (int64_t channel = 0; channel < 3; ++channel) {
      std::fill_n(out + channel * plane, plane, value[static_cast<size_t>(channel)][0]);
    }
  }
  for (int y = 0; y < cut.pixels.height; ++y) {
    const uint8_t* pixel = cut.pixels.row(y);
    const int64_t first = (cut.top + y) * width + cut.left;
    for (int64_t i = first; i < first + cut.pixels.width; ++i, pixel += 3) {
      red[i] = value[0][pixel[0]];
      green[i] = value[1][pixel[1]];
      blue[i] = value[2][pixel[2]];
    }
  }
}

}  // namespace oag::image
