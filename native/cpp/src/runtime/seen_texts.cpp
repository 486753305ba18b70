#include "runtime/seen_texts.h"

#include <algorithm>

namespace oag {
namespace {

constexpr size_t most_texts = 1024;
constexpr int64_t most_ids = 1 << 16;

}  // namespace

std::vector<SeenTexts::Seen>::const_iterator SeenTexts::place_of(const TextRows& text) const {
  return std::lower_bound(texts_.begin(), texts_.end(), text, [](const Seen& seen, const TextRows& other) { return before(seen.rows(), other); });
}

int64_t SeenTexts::common_beginning(const TextRows& text, int others) const {
  auto right = place_of(text), left = right;
  if (right != texts_.end() && !before(text, right->rows())) ++right;  // the text itself
  // In sorted order a text has less and less in common with what lies farther from it, on either side.
  int64_t common = 0;
  for (int n = 0; n < others; n++) {
    const int64_t left_common = left == texts_.begin() ? 0 : common_rows(text, std::prev(left)->rows()), right_common = right == texts_.end() ? 0 : common_rows(text, right->rows());
    common = std::max(left_common, right_common);
    if (common == 0) return 0;
    if (left_common >= right_common) --left;
    else ++right;
  }
  return std::min(common, text.length - 1);
}

void SeenTexts::add(const TextRows& text) {
  const auto place = place_of(text);
  if (text.length > most_ids || (place != texts_.end() && !before(text, place->rows()))) return;
  texts_.insert(place, {{text.ids, text.ids + text.length}, added_++});
  ids_ += text.length;
  while (texts_.size() > most_texts || ids_ > most_ids) {
    const auto oldest = std::min_element(texts_.begin(), texts_.end(), [](const Seen& a, const Seen& b) { return a.number < b.number; });
    ids_ -= static_cast<int64_t>(oldest->ids.size());
    texts_.erase(oldest);
  }
}

}  // namespace oag
