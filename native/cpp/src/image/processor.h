// The image processor of a model folder: what Hugging Face's PIL image processors (CLIPImageProcessorPil, ViTImageProcessorPil,
// SiglipImageProcessorPil, BlipImageProcessorPil of transformers 5) do with one picture.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "image/picture.h"
#include "image/resize.h"

namespace oag::image {

// Which class's defaults apply where a key is absent.
enum class ProcessorFamily { clip, vit, siglip, blip };

// Immutable after construction; all methods may be called from any number of threads.
class Processor {
 public:
  // config: the object of preprocessor_config.json, or that of processor_config.json, where the image processor's keys may
  // stand under "image_processor". The family is taken from image_processor_type (or feature_extractor_type); `fallback` holds
  // where neither is there. file is named in errors.
  // Throws Error(bad_model) naming file, key, value and what was expected; Error(unsupported) for an unknown
  // image_processor_type.
  Processor(const nlohmann::json& config, ProcessorFamily fallback, const std::string& file);

  // The size of what pixels() and apply() give for a source of this size.
  // Throws Error(bad_image) for sizes that no picture has (less than 1) or whose result would be absurdly large.
  Size output_size(int width, int height) const;

  // Whether output_size is the same for every source.
  bool fixed_size() const;

  // After resize and crop, before rescale and normalise: bit for bit the processor's uint8 image.
  Picture pixels(RgbView source, ResizePath path = best_resize_path()) const;

  // All of it: out is float32 [3, height, width] with output_size(source). Within 1 ulp of the processor's values; equal
  // where it rescales and normalises (or only one of both).
  void apply(RgbView source, float* out, ResizePath path = best_resize_path()) const;

 private:
  enum class SizeRule { exact, shortest_edge, shortest_and_longest_edge, longest_edge };

  Size resized(int width, int height) const;

  bool do_resize_ = true;
  SizeRule size_rule_ = SizeRule::exact;
  Size size_;                 // exact
  int shortest_edge_ = 0;     // pixels
  int longest_edge_ = 0;      // pixels
  Filter filter_ = Filter::bicubic;
  bool do_center_crop_ = false;
  Size crop_;
  std::array<std::array<float, 256>, 3> value_of_byte_{};  // [channel][byte]: rescaled and normalised
};

}  // namespace oag::image
