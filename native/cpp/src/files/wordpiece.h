// vocab.txt of BERT's time as the tokenizer.json that would be published today.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "files/config.h"

namespace oag::files {

struct WordPieceTokenizer {
  std::string json;      // the text of a tokenizer.json
  int64_t entries = 0;   // ids are 0 … entries - 1
};

// The tokenizer of `vocabulary`, a vocab.txt with one entry a line, as transformers' BertTokenizer or MPNetTokenizer is with the settings of tokenizer_config.json
// (do_lower_case, strip_accents, tokenize_chinese_chars, names of special tokens). Error(io), or Error(bad_model) naming file and entry when a special token is missing
// or the config names another kind of tokenizer.
WordPieceTokenizer wordpiece_tokenizer(const std::string& vocabulary, const std::optional<Config>& config);

}  // namespace oag::files
