// vocab.json and merges.txt of GPT-2's time as the tokenizer.json that would be published today.
#pragma once

#include <optional>
#include <string>

#include "files/made_tokenizer.h"

namespace oag::files {

// The JSON files beside the vocabulary; each may be missing.
struct TokenizerFiles {
  std::optional<Config> config;              // tokenizer_config.json
  std::optional<Config> special_tokens_map;  // holds where the config has no added_tokens_decoder, as does the next
  std::optional<Config> added_tokens;
};

// The byte-level BPE tokenizer (Sennrich et al. 2016; Radford et al. 2019) of `vocabulary` (vocab.json: token → id) and `merges` (merges.txt: one a line), as transformers'
// CLIPTokenizer or RobertaTokenizer is with those files. `kind` is the class where the config names none. Error(io), or Error(bad_model) naming file and entry when
// one is not sound, a special token is missing, or the config names another kind of tokenizer.
MadeTokenizer byte_pair_tokenizer(const std::string& vocabulary, const std::string& merges, const TokenizerFiles& files, const std::string& kind);

}  // namespace oag::files
