#include "files/byte_pairs.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string_view>

#include "core/error.h"
#include "files/file.h"

namespace oag::files {
namespace {

using nlohmann::json;

constexpr int64_t merges_limit = int64_t{64} << 20;  // bytes; the largest in use has 1 MB

// What CLIP splits texts into before bytes are paired.
constexpr const char* clip_pieces = R"(<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+)";

// Token → id. Also what the ids are below.
json read_vocabulary(const std::string& path, int64_t& entries) {
  const Config file = Config::read(path);
  entries = 0;
  for (const auto& [token, id] : file.json().items()) entries = std::max(entries, file.integer(token, std::nullopt, 0) + 1);
  return file.json();
}

json read_merges(const std::string& path) {
  json merges = json::array();
  const std::string text = read_text(path, merges_limit);
  std::string_view rest = text;
  for (int64_t number = 1; !rest.empty(); number++) {
    const size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with("#version")) continue;
    if (line.empty() && rest.empty()) break;
    const size_t space = line.find(' ');
    if (space == 0 || space == std::string_view::npos || space + 1 == line.size() || line.find(' ', space + 1) != std::string_view::npos)
      throw Error(Status::bad_model, path + ": line " + std::to_string(number) + " is not two tokens with one space between them: it is damaged or no merges.txt");
    merges.push_back(line);
  }
  return merges;
}

// The special and added tokens, and the flags that a tokenizer.json gives them.
class Tokens {
 public:
  Tokens(const std::string& vocabulary, const json& ids, const TokenizerFiles& files) : vocabulary_(vocabulary), ids_(ids), files_(files) {
    if (const auto& config = files.config; config && config->has("added_tokens_decoder")) {
      const Config decoder = config->section("added_tokens_decoder");
      for (const auto& [id, token] : decoder.json().items()) {
        const Config flags = decoder.section(id);
        const int64_t number = id_number(decoder, id);
        add(flags.text("content", std::nullopt), number, flags, flags.boolean("special", false));
        fixed_.insert(number);
      }
    } else {
      map_ = files.special_tokens_map;
      if (files.added_tokens)
        for (const auto& [token, id] : files.added_tokens->json().items()) later_[token] = files.added_tokens->integer(token, std::nullopt, 0);
    }
  }

  // The token of a role; needed ones must have an id. To be asked in the order in which transformers adds them: one token in two roles has the flags of the last.
  std::string named(const char* key, const std::string& fallback, bool needed) {
    const bool mapped = map_ && map_->has(key);
    const std::optional<Config>& source = mapped ? map_ : files_.config;
    const std::string token = special_token(source, key, fallback);
    const std::optional<int64_t> id = id_of(token);
    if (!id) {
      if (needed) throw Error(Status::bad_model, vocabulary_ + ": lacks the " + key + " " + token + ": it is another model's, or cut off");
      return token;
    }
    const bool has_flags = source && source->has(key) && source->json().at(key).is_object() && !later_.contains(token);
    if (!fixed_.contains(*id)) add(token, *id, has_flags ? std::optional(source->section(key)) : std::nullopt, true);
    return token;
  }

  // Those that are in no role.
  void add_rest() {
    for (const auto& [token, id] : later_)
      if (!added_.contains(id)) added_[id] = entry(token, id, false, false, false, true, false);
  }

  std::optional<int64_t> id_of(const std::string& token) const {
    if (const auto found = ids_.find(token); found != ids_.end()) return found->get<int64_t>();
    if (const auto found = later_.find(token); found != later_.end()) return found->second;
    for (const auto& [id, known] : added_)
      if (known.at("content") == token) return id;
    return std::nullopt;
  }

  int64_t highest() const { return added_.empty() ? -1 : added_.rbegin()->first; }

  json list() const {
    json all = json::array();
    for (const auto& [id, token] : added_) all.push_back(token);
    return all;
  }

 private:
  static json entry(const std::string& token, int64_t id, bool single_word, bool lstrip, bool rstrip, bool normalized, bool special) {
    return {{"id", id}, {"content", token}, {"single_word", single_word}, {"lstrip", lstrip}, {"rstrip", rstrip}, {"normalized", normalized}, {"special", special}};
  }

  void add(const std::string& token, int64_t id, const std::optional<Config>& flags, bool special) {
    const auto flag = [&](const char* key, bool fallback) { return flags ? flags->boolean(key, fallback) : fallback; };
    const json made = entry(token, id, flag("single_word", false), flag("lstrip", false), flag("rstrip", false), flag("normalized", !special), special);
    if (seen_.insert(made.dump()).second) added_[id] = made;
  }

  static int64_t id_number(const Config& decoder, const std::string& id) {
    if (id.empty() || id.size() > 9 || id.find_first_not_of("0123456789") != std::string::npos) decoder.refuse(id, "expected an id before it");
    return std::stoll(id);
  }

  const std::string& vocabulary_;
  const json& ids_;
  const TokenizerFiles& files_;
  std::optional<Config> map_;
  std::map<std::string, int64_t> later_;  // added_tokens.json
  std::map<int64_t, json> added_;
  std::set<int64_t> fixed_;     // by added_tokens_decoder
  std::set<std::string> seen_;  // each entry is added once, whatever came between
};

json byte_level(bool add_prefix_space) { return {{"type", "ByteLevel"}, {"add_prefix_space", add_prefix_space}, {"trim_offsets", true}, {"use_regex", true}}; }

}  // namespace

MadeTokenizer byte_pair_tokenizer(const std::string& vocabulary, const std::string& merges, const TokenizerFiles& files, const std::string& fallback) {
  const std::string kind = tokenizer_class(files.config, fallback);
  const bool clip = kind == "CLIPTokenizer";
  if (!clip && kind != "RobertaTokenizer")
    throw Error(Status::bad_model, vocabulary + ": is of a " + kind + ", and from vocab.json and merges.txt this version makes CLIPTokenizer and RobertaTokenizer; in Python, "
                                   "AutoTokenizer.from_pretrained(folder).save_pretrained(folder) writes a tokenizer.json");
  MadeTokenizer made;
  const json ids = read_vocabulary(vocabulary, made.entries);
  Tokens tokens(vocabulary, ids, files);
  const std::string end = clip ? "<|endoftext|>" : "</s>";
  std::string first = tokens.named("bos_token", clip ? "<|startoftext|>" : "<s>", clip), last = tokens.named("eos_token", end, clip);
  const std::string unknown = tokens.named("unk_token", clip ? end : "<unk>", clip);
  if (!clip) last = tokens.named("sep_token", end, true);
  tokens.named("pad_token", clip ? end : "<pad>", false);
  if (!clip) {
    first = tokens.named("cls_token", "<s>", true);
    tokens.named("mask_token", "<mask>", false);
  }
  tokens.add_rest();
  made.entries = std::max(made.entries, tokens.highest() + 1);

  const bool add_prefix_space = !clip && files.config && files.config->boolean("add_prefix_space", false);
  json normalizer, pre_tokenizer = byte_level(add_prefix_space);
  if (clip) {
    normalizer = {{"type", "Sequence"}, {"normalizers", {{{"type", "NFC"}}, {{"type", "Replace"}, {"pattern", {{"Regex", "\\s+"}}}, {"content", " "}}, {{"type", "Lowercase"}}}}};
    pre_tokenizer = {{"type", "Sequence"},
                     {"pretokenizers", {{{"type", "Split"}, {"pattern", {{"Regex", clip_pieces}}}, {"behavior", "Removed"}, {"invert", true}}, byte_level(false)}}};
  }
  const auto pair = [&](const std::string& token) { return json::array({token, *tokens.id_of(token)}); };
  const json root = {
      {"version", "1.0"},
      {"truncation", nullptr},
      {"padding", nullptr},
      {"added_tokens", tokens.list()},
      {"normalizer", normalizer},
      {"pre_tokenizer", pre_tokenizer},
      {"post_processor", {{"type", "RobertaProcessing"}, {"sep", pair(last)}, {"cls", pair(first)}, {"trim_offsets", !clip}, {"add_prefix_space", add_prefix_space}}},
      {"decoder", nullptr},
      {"model", {{"type", "BPE"}, {"dropout", nullptr}, {"unk_token", clip ? json(unknown) : json()}, {"continuing_subword_prefix", ""},
                 {"end_of_word_suffix", clip ? "</w>" : ""}, {"fuse_unk", false}, {"byte_fallback", false}, {"vocab", ids}, {"merges", read_merges(merges)}}}};
  made.json = root.dump(-1, ' ', false, json::error_handler_t::replace);
  return made;
}

}  // namespace oag::files
