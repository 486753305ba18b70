#include "files/wordpiece.h"

#include <map>
#include <string_view>

#include "core/error.h"
#include "files/file.h"

namespace oag::files {
namespace {

constexpr int64_t vocabulary_limit = int64_t{64} << 20;  // bytes; the largest in use has 3 MB

// Entry → id, that of its last line where it has several, as in transformers.
std::map<std::string, int64_t> read_vocabulary(const std::string& path, int64_t& entries) {
  std::map<std::string, int64_t> ids;
  const std::string text = read_text(path, vocabulary_limit);
  std::string_view rest = text;
  for (entries = 0; !rest.empty(); entries++) {
    const size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    ids[std::string(line)] = entries;
  }
  return ids;
}

}  // namespace

MadeTokenizer wordpiece_tokenizer(const std::string& vocabulary, const std::optional<Config>& config) {
  const std::string kind = tokenizer_class(config, "BertTokenizer");
  const bool is_mpnet = kind == "MPNetTokenizer";
  if (!is_mpnet && kind != "BertTokenizer" && kind != "DistilBertTokenizer" && kind != "PreTrainedTokenizer")
    config->refuse("tokenizer_class", "from vocab.txt this version makes BertTokenizer, DistilBertTokenizer and MPNetTokenizer; in Python, "
                                      "AutoTokenizer.from_pretrained(folder).save_pretrained(folder) writes a tokenizer.json");
  MadeTokenizer made;
  const std::map<std::string, int64_t> ids = read_vocabulary(vocabulary, made.entries);
  const auto flag = [&](const char* key) { return config && config->has(key) ? nlohmann::json(config->boolean(key, false)) : nlohmann::json(); };
  nlohmann::json added = nlohmann::json::array();
  const auto known = [&](const char* key, const char* bert, const char* mpnet, bool needed) {
    const std::string token = special_token(config, key, is_mpnet ? mpnet : bert);
    const auto found = ids.find(token);
    if (found == ids.end()) {
      if (needed) throw Error(Status::bad_model, vocabulary + ": lacks the " + key + " " + token + ": it is another model's, or cut off");
      return token;
    }
    for (const nlohmann::json& other : added)
      if (other.at("content") == token) return token;
    // A mask takes the space before it along in MPNet.
    added.push_back({{"id", found->second}, {"content", token}, {"single_word", false}, {"lstrip", is_mpnet && std::string(key) == "mask_token"}, {"rstrip", false},
                     {"normalized", false}, {"special", true}});
    return token;
  };
  known("pad_token", "[PAD]", "<pad>", false);
  const std::string unknown = known("unk_token", "[UNK]", "[UNK]", true), first = known("cls_token", "[CLS]", "<s>", true),
                    last = known("sep_token", "[SEP]", "</s>", true);
  known("mask_token", "[MASK]", "<mask>", false);

  const auto special = [&](const std::string& token) { return nlohmann::json{{"SpecialToken", {{"id", token}, {"type_id", 0}}}}; };
  const auto text = [](const char* name) { return nlohmann::json{{"Sequence", {{"id", name}, {"type_id", 0}}}}; };
  const auto definition = [&](const std::string& token) { return nlohmann::json{{"id", token}, {"ids", {ids.at(token)}}, {"tokens", {token}}}; };
  const nlohmann::json lower_case = flag("do_lower_case"), chinese = flag("tokenize_chinese_chars");
  const nlohmann::json root = {
      {"version", "1.0"},
      {"truncation", nullptr},
      {"padding", nullptr},
      {"added_tokens", added},
      {"normalizer", {{"type", "BertNormalizer"}, {"clean_text", true}, {"handle_chinese_chars", chinese.is_null() ? nlohmann::json(true) : chinese},
                      {"strip_accents", flag("strip_accents")}, {"lowercase", lower_case.is_null() ? nlohmann::json(true) : lower_case}}},
      {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
      {"post_processor", {{"type", "TemplateProcessing"},
                          {"single", {special(first), text("A"), special(last)}},
                          {"pair", {special(first), text("A"), special(last), text("B"), special(last)}},
                          {"special_tokens", {{first, definition(first)}, {last, definition(last)}}}}},
      {"decoder", nullptr},
      {"model", {{"type", "WordPiece"}, {"unk_token", unknown}, {"continuing_subword_prefix", "##"}, {"max_input_chars_per_word", 100}, {"vocab", ids}}}};
  made.json = root.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return made;
}

}  // namespace oag::files
