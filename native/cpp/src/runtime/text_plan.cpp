#include "runtime/text_plan.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/error.h"
#include "core/sequence_table.h"

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
  for (int64_t t = 0; t < length; t++)
    if (ids[t] < 0 || ids[t] >= spec.vocabulary)
      throw Error(Status::invalid_argument, name + " has the token id " + std::to_string(ids[t]) + "; the model's ids are 0 … " + std::to_string(spec.vocabulary - 1) +
                                                ": the tokenizer is another model's");
}

}  // namespace

TextPlan plan_texts(const models::TextSpec& spec, const int32_t* ids, const int64_t* offsets, int64_t count, int64_t max_tokens) {
  TextPlan plan;
  std::vector<std::pair<const int32_t*, int64_t>> distinct;
  std::unordered_map<std::string_view, int64_t> known;  // over the caller's ids, which outlive it
  for (int64_t i = 0; i < count; i++) {
    const int32_t* text = ids + offsets[i];
    check(spec, text, offsets[i + 1] - offsets[i], i);
    const int64_t kept = kept_rows(spec, text, offsets[i + 1] - offsets[i]);
    const std::string_view key(reinterpret_cast<const char*>(text), static_cast<size_t>(kept) * sizeof *text);
    const auto [entry, is_new] = known.emplace(key, static_cast<int64_t>(distinct.size()));
    if (is_new) distinct.emplace_back(text, kept);
    plan.distinct_of.push_back(entry->second);
  }
  for (size_t first = 0; first < distinct.size();) {
    TextPlan::Pass pass;
    pass.first_distinct = static_cast<int64_t>(first);
    std::vector<int64_t> row_offsets{0};
    for (; first < distinct.size(); first++) {
      const auto [text, kept] = distinct[first];
      if (row_offsets.size() > 1 && row_offsets.back() + kept > max_tokens) break;
      pass.ids.insert(pass.ids.end(), text, text + kept);
      row_offsets.push_back(row_offsets.back() + kept);
    }
    pass.rows = make_sequences(SequenceTable(std::move(row_offsets)));
    plan.passes.push_back(std::move(pass));
  }
  return plan;
}

}  // namespace oag
