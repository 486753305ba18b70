// What a family needs to know of its tokenizer beyond token ids.
#pragma once

#include <cstdint>

#include "files/configs.h"

namespace oag::models {

// The id that texts are padded with: that of tokenizer_config.json's pad_token, by its added_tokens_decoder or else by tokenizer.json; `fallback` where neither
// names it. Error(bad_model) where padding goes to the left, which no family here was trained with.
int64_t read_pad_id(const files::Configs& configs, int64_t fallback);

}  // namespace oag::models
