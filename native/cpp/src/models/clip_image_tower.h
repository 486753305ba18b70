// The image tower of CLIP, which Chinese-CLIP has too.
#pragma once

#include <cstdint>
#include <string>

#include "models/pre_norm_tower.h"

namespace oag::models {

// `config`: vision_config. Fills `spec`. Error(bad_model) naming the key for what this version does not compute.
PatchTower clip_image_tower(ParameterList& parameters, const files::Config& config, int64_t embedding_size, const std::string& default_processor, ImageSpec& spec);

}  // namespace oag::models
