#include "runtime/prefix_cache.h"

#include <algorithm>
#include <utility>

namespace oag {
namespace {

constexpr int64_t entry_overhead = 512;  // of the map, the list and the allocator
constexpr int64_t texts_seen_per_call = 64;

// Whether an entry of `rows` rows is worth its memory beside one that has the first `there` of them: two rows more, and a quarter of its own.
bool worth_keeping(int64_t rows, int64_t there) { return rows - there >= std::max<int64_t>(2, rows / 4); }

}  // namespace

int64_t PrefixCache::bytes_of(int64_t rows, int64_t row_floats) {
  return rows * (row_floats * static_cast<int64_t>(sizeof(float)) + static_cast<int64_t>(sizeof(int32_t))) + entry_overhead;
}

PrefixCache::Prefix::Prefix(const TextRows& text, int64_t row_floats, std::shared_ptr<std::atomic<int64_t>> held)
    : keys_values(static_cast<size_t>(text.length * row_floats)), ids_(text.ids, text.ids + text.length), bytes_(bytes_of(text.length, row_floats)), held_(std::move(held)) {
  *held_ += bytes_;
}

PrefixCache::PrefixCache(int64_t byte_limit, int64_t row_floats)
    : byte_limit_(byte_limit), row_floats_(row_floats), held_(std::make_shared<std::atomic<int64_t>>(0)) {}

std::pair<PrefixCache::Used::iterator, int64_t> PrefixCache::nearest(const TextRows& text) {
  std::pair<Used::iterator, int64_t> best{used_.end(), 0};
  const auto right = entries_.lower_bound(text);
  const auto look = [&](const auto& entry) {
    if (const int64_t common = common_rows(text, entry.first); common > best.second) best = {entry.second, common};
  };
  if (right != entries_.end()) look(*right);
  if (right != entries_.begin()) look(*std::prev(right));
  return best;
}

std::vector<PrefixCache::Found> PrefixCache::find(const std::vector<TextRows>& texts) {
  std::vector<Found> found(texts.size());
  const std::lock_guard lock(mutex_);
  lookups_ += static_cast<int64_t>(texts.size());
  for (size_t i = 0; i < texts.size(); i++) {
    const auto [entry, common] = nearest(texts[i]);
    const int64_t rows = std::min(common, texts[i].length - 1);
    if (rows == 0) continue;
    hits_++;
    found[i] = {*entry, rows};
    used_.splice(used_.begin(), used_, entry);
  }
  return found;
}

std::vector<std::shared_ptr<PrefixCache::Prefix>> PrefixCache::missing(const std::vector<TextRows>& texts, int64_t most_rows) {
  std::vector<std::shared_ptr<Prefix>> made;
  const auto count = static_cast<int64_t>(texts.size());
  const std::lock_guard lock(mutex_);
  for (int64_t i = 0; i < count; i++) {
    const TextRows& text = texts[static_cast<size_t>(i)];
    const TextRows beginning{text.ids, seen_.common_beginning(text, texts_before)};
    int64_t there = nearest(text).second;
    if (!made.empty()) there = std::max(there, common_rows(text, made.back()->rows()));
    if (!worth_keeping(beginning.length, there) || beginning.length > most_rows) continue;
    // In a long call also a good part of it begins so.
    const int64_t wanted = count / 64;
    if (wanted > 1 && (i + wanted > count || common_rows(beginning, texts[static_cast<size_t>(i + wanted - 1)]) < beginning.length)) continue;
    const int64_t bytes = bytes_of(beginning.length, row_floats_);
    while (*held_ + bytes > byte_limit_ && !used_.empty()) {
      drop(std::prev(used_.end()));
      evictions_++;
    }
    if (*held_ + bytes > byte_limit_) break;
    made.push_back(std::make_shared<Prefix>(beginning, row_floats_, held_));
    most_rows -= beginning.length;
  }
  const int64_t step = std::max<int64_t>(1, count / texts_seen_per_call);
  for (int64_t i = 0; i < count; i += step) seen_.add(texts[static_cast<size_t>(i)]);
  return made;
}

void PrefixCache::keep(const std::shared_ptr<Prefix>& prefix) {
  Used one{prefix};
  const TextRows rows = prefix->rows();
  const std::lock_guard lock(mutex_);
  const auto after = entries_.lower_bound(rows);
  if (after != entries_.end() && common_rows(rows, after->first) == rows.length) return;  // another call was first
  entries_.emplace(rows, one.begin());
  used_.splice(used_.begin(), one);
  // No entry begins another: of those it begins with there was one, and it comes right before.
  const auto kept = entries_.find(rows);
  if (kept == entries_.begin()) return;
  const auto shorter = std::prev(kept);
  if (common_rows(rows, shorter->first) == shorter->first.length) drop(shorter->second);
}

void PrefixCache::drop(Used::iterator entry) {
  entries_.erase((*entry)->rows());
  used_.erase(entry);
}

PrefixStatistics PrefixCache::statistics() const {
  const std::lock_guard lock(mutex_);
  return {lookups_, hits_, rows_saved_, *held_, static_cast<int64_t>(entries_.size()), evictions_};
}

}  // namespace oag
