// What a model folder says about its image processor, read and checked.
#pragma once

#include <array>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "image/picture.h"
#include "image/resize.h"

namespace oag::image {

// Which class's defaults apply where a key is absent.
enum class ProcessorFamily { clip, vit, siglip, blip, bit, open_clip };

// How the size of the resized picture follows from that of the source.
enum class SizeRule {
  exact,                     // height and width, whatever the source's aspect
  shortest_edge,             // the shorter edge gets a length, the other follows
  shortest_and_longest_edge, // the same, but the longer edge is bounded
  within,                    // as large as fits into max_height x max_width
};

struct ProcessorSettings {
  bool do_resize = false;
  SizeRule size_rule = SizeRule::exact;
  Size size;              // exact and within
  int shortest_edge = 0;  // pixels
  int longest_edge = 0;   // pixels
  Filter filter = Filter::bicubic;
  bool do_center_crop = false;
  bool crop_rounds_to_even = false;  // where a centre cut begins: torchvision rounds half to even, transformers down
  Size crop;
  bool do_rescale = false;
  double rescale_factor = 1.0 / 255;
  bool do_normalize = false;
  std::array<double, 3> mean{};  // of red, green, blue
  std::array<double, 3> standard_deviation{};
};

// config and errors: see Processor. A key that no switch puts to use is not judged.
ProcessorSettings read_processor_settings(const nlohmann::json& config, ProcessorFamily fallback, const std::string& file);

}  // namespace oag::image
