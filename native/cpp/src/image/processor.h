// The image processor of a model folder: what Hugging Face's PIL image processors (CLIPImageProcessorPil, ViTImageProcessorPil,
// SiglipImageProcessorPil, BlipImageProcessorPil, BitImageProcessorPil of transformers 5) do with one picture.
#pragma once

#include <array>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "image/picture.h"
#include "image/processor_settings.h"
#include "image/resize.h"

namespace oag::image {

// Immutable after construction; all methods may be called from any number of threads.
class Processor {
 public:
  // config: the object of preprocessor_config.json, or that of processor_config.json, where the image processor's keys may
  // stand under "image_processor". The family is taken from image_processor_type (or feature_extractor_type); `fallback` holds
  // where neither is there. file is named in errors.
  // Throws Error(bad_model) naming file, key, value and what was expected; Error(unsupported) for an unknown
  // image_processor_type and for padding.
  Processor(const nlohmann::json& config, ProcessorFamily fallback, const std::string& file);

  // The size of what pixels() and apply() give for a source of this size.
  // Throws Error(bad_image) for a source that is empty or so long and narrow that its result would be empty or enormous.
  Size output_size(int width, int height) const;

  // Whether output_size is the same for every source.
  bool fixed_size() const;

  // After resize and crop, before rescale and normalise: bit for bit the processor's uint8 image, out is [height, width, 3] with output_size(source).
  // Throws as output_size.
  void pixels(RgbView source, uint8_t* out, ResizePath path = best_resize_path()) const;
  Picture pixels(RgbView source, ResizePath path = best_resize_path()) const;

  // [3, 256]: what each byte of a channel becomes when it is rescaled and normalised. What is behind `pixels` is a function of one byte.
  const float* levels() const { return value_of_byte_.front().data(); }

  // All of it: out is float32 [3, height, width] with output_size(source), equal to the processor's values: levels() of pixels(). Throws as output_size.
  void apply(RgbView source, float* out, ResizePath path = best_resize_path()) const;

 private:
  struct Cut;

  Size resized_size(int width, int height) const;
  Cut cut(RgbView source, ResizePath path) const;

  ProcessorSettings settings_;
  std::array<std::array<float, 256>, 3> value_of_byte_{};  // [channel, byte]: rescaled and normalised
};

}  // namespace oag::image
