// vocab.txt of BERT's time as the tokenizer.json that would be published today.
#pragma once

#include <optional>
#include <string>

#include "files/made_tokenizer.h"

namespace oag::files {

// The tokenizer of `vocabulary`, a vocab.txt with one entry a line, as transformers' BertTokenizer or MPNetTokenizer is with the settings of tokenizer_config.json
// (do_lower_case, strip_accents, tokenize_chinese_chars, names of special tokens). Error(io), or Error(bad_model) naming file and entry when a special token is missing
// or the config names another kind of tokenizer.
MadeTokenizer wordpiece_tokenizer(const std::string& vocabulary, const std::optional<Config>& config);

}  // namespace oag::files
