// The image tower of CLIP's ResNets (Radford et al. 2021, section 2.4), as open_clip's ModifiedResNet.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "models/definition.h"

namespace oag::models {

struct ClipResNetSize {
  std::array<int64_t, 4> blocks = {3, 4, 6, 3};  // of each stage
  int64_t width = 64;                            // of the first stage within its blocks; the stem begins with half of it
  int heads = 32;                                // of the attention pool; a divisor of features()
  int64_t image = 224;                           // edge of a picture, a multiple of 32
  int64_t embedding = 1024;

  int64_t features() const { return 32 * width; }  // of a cell behind the last stage
  int64_t edge() const { return image / 32; }      // of the grid of those cells
};

// A tower over the tensors that begin with `tensors` ("visual."). One of its blocks is one bottleneck.
std::unique_ptr<Tower> clip_resnet(ParameterList& parameters, const std::string& tensors, const ClipResNetSize& size);

// What it takes. A picture's rows are the cells behind the last stage; in a pass it counts for what its largest tensor holds.
ImageSpec image_spec(const ClipResNetSize& size, const std::string& default_processor);

}  // namespace oag::models
