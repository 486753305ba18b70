#include "runtime/text_plan.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/error.h"
#include "core/sequence_table.h"
#include "runtime/text_tree.h"

namespace oag {
namespace {

// How many of a text's rows anything depends on: a causal tower pools the end's row, and no row sees a later one.
int64_t kept_rows(const models::TextSpec& spec, const int32_t* ids, int64_t length) {
  if (spec.end == models::TextSpec::End::none) return length;
  const int32_t* end = spec.end == models::TextSpec::End::highest_id ? std::max_element(ids, ids + length) : std::find(ids, ids + length, spec.end_id);
  return end == ids + length ? 1 : end - ids + 1;
}

void check(const models::TextSpec& spec, const int32_t* ids, int64_t length, int64_t text) {
  const std::string name = "text " + std::to_string(text);
  if (length <= 0) throw Error(Status::invalid_argument, name + " has no tokens; even an empty text has its special tokens");
  if (length > spec.max_tokens)
    throw Error(Status::invalid_argument, name + " has " + std::to_string(length) + " tokens and the model takes " + std::to_string(spec.max_tokens) + ": truncate it");
  if (length < spec.pad_to)
    throw Error(Status::invalid_argument, name + " has " + std::to_string(length) + " tokens and the model was trained with texts of " + std::to_string(spec.pad_to) +
                                              ": pad it with the id " + std::to_string(spec.pad_id));
  for (int64_t t = 0; t < length; t++)
    if (ids[t] < 0 || ids[t] >= spec.vocabulary)
      throw Error(Status::invalid_argument, name + " has the token id " + std::to_string(ids[t]) + "; the model's ids are 0 … " + std::to_string(spec.vocabulary - 1) +
                                                ": the tokenizer is another model's");
}

// The texts each once, in order of appearance, and for each text of the call which of them it is.
std::vector<TextRows> distinct_texts(const models::TextSpec& spec, const int32_t* ids, const int64_t* offsets, int64_t count, std::vector<int64_t>& distinct_of) {
  std::vector<TextRows> distinct;
  std::unordered_map<std::string_view, int64_t> known;  // over the caller's ids, which outlive it
  for (int64_t i = 0; i < count; i++) {
    const int32_t* text = ids + offsets[i];
    check(spec, text, offsets[i + 1] - offsets[i], i);
    const int64_t kept = kept_rows(spec, text, offsets[i + 1] - offsets[i]);
    const std::string_view key(reinterpret_cast<const char*>(text), static_cast<size_t>(kept) * sizeof *text);
    const auto [entry, is_new] = known.emplace(key, static_cast<int64_t>(distinct.size()));
    if (is_new) distinct.push_back({text, kept});
    distinct_of.push_back(entry->second);
  }
  return distinct;
}

void sort_texts(std::vector<TextRows>& texts, std::vector<int64_t>& distinct_of) {
  std::vector<int64_t> order(texts.size()), place(texts.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return before(texts[static_cast<size_t>(a)], texts[static_cast<size_t>(b)]); });
  std::vector<TextRows> sorted;
  sorted.reserve(texts.size());
  for (const int64_t from : order) {
    place[static_cast<size_t>(from)] = static_cast<int64_t>(sorted.size());
    sorted.push_back(texts[static_cast<size_t>(from)]);
  }
  texts = std::move(sorted);
  for (int64_t& text : distinct_of) text = place[static_cast<size_t>(text)];
}

TextPlan::Pass one_after_another(const TextRows* texts, int64_t count) {
  TextPlan::Pass pass;
  std::vector<int64_t> offsets{0};
  for (int64_t i = 0; i < count; i++) {
    pass.ids.insert(pass.ids.end(), texts[i].ids, texts[i].ids + texts[i].length);
    offsets.push_back(static_cast<int64_t>(pass.ids.size()));
  }
  pass.rows = make_sequences(SequenceTable(std::move(offsets)));
  return pass;
}

TextPlan::Pass as_tree(const TextRows* texts, int64_t count, const int64_t* kept, const PrefixCache::Found* found) {
  TextPlan::Pass pass;
  TextTree tree = grow_tree(texts, count, kept);
  struct Table {
    std::vector<int64_t> offsets{0};
    std::vector<int32_t> first_positions, nodes;
  } computed, from_cache;
  for (size_t node = 0; node < tree.parents.size(); node++) {
    const int32_t first = tree.first_positions[node], rows = tree.lengths[node];
    Table& table = tree.kept[node] ? from_cache : computed;
    table.offsets.push_back(table.offsets.back() + rows);
    table.first_positions.push_back(first);
    table.nodes.push_back(static_cast<int32_t>(node));
    if (tree.kept[node]) pass.kept.push_back({found[tree.texts[node]].prefix, first, rows});
    else pass.ids.insert(pass.ids.end(), texts[tree.texts[node]].ids + first, texts[tree.texts[node]].ids + first + rows);
  }
  const auto sequences = [&](Table& table) {
    return make_sequences(SequenceTable(std::move(table.offsets), std::move(table.first_positions), {tree.parents, std::move(table.nodes), tree.ends}));
  };
  if (!pass.kept.empty()) pass.kept_rows = sequences(from_cache);
  pass.rows = sequences(computed);
  return pass;
}

}  // namespace

TextPlan plan_texts(const models::TextSpec& spec, const int32_t* ids, const int64_t* offsets, int64_t count, int64_t max_tokens, const KeptPrefixes& kept) {
  TextPlan plan;
  std::vector<TextRows> texts = distinct_texts(spec, ids, offsets, count, plan.distinct_of);
  if (spec.causal) sort_texts(texts, plan.distinct_of);
  const auto distinct = static_cast<int64_t>(texts.size());
  std::vector<PrefixCache::Found> found(texts.size());
  if (spec.causal && kept.find) found = kept.find(texts);
  std::vector<int64_t> kept_rows(texts.size());
  for (size_t i = 0; i < texts.size(); i++)
    if (texts[i].length + found[i].rows * (kept.cost - 1) <= max_tokens) kept_rows[i] = found[i].rows;

  for (int64_t first = 0; first < distinct;) {
    int64_t last = first, rows = 0;
    bool is_tree = false;
    for (; last < distinct; last++) {
      const TextRows& text = texts[static_cast<size_t>(last)];
      const int64_t common = spec.causal && last > first ? common_rows(texts[static_cast<size_t>(last - 1)], text) : 0, there = kept_rows[static_cast<size_t>(last)];
      const int64_t more = text.length - std::max(common, there) + kept.cost * std::max<int64_t>(0, there - common);
      if (last > first && rows + more > max_tokens) break;
      rows += more;
      is_tree |= common > 0 || there > 0;
    }
    const TextRows* begin = texts.data() + first;
    plan.passes.push_back(is_tree ? as_tree(begin, last - first, kept_rows.data() + first, found.data() + first) : one_after_another(begin, last - first));
    plan.passes.back().first_distinct = first;
    first = last;
  }
  return plan;
}

}  // namespace oag
