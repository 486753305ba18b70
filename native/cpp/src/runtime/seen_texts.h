// The texts of recent calls: what tells that a text begins as many do, by a template.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/text_tree.h"

namespace oag {

// At most 1024 texts and 65,536 ids; the oldest go first. One thread at a time.
class SeenTexts {
 public:
  // In how many first rows, of all but its last one, the text is like each of `others` other texts that were seen; 0 if they are fewer.
  int64_t common_beginning(const TextRows& text, int others) const;

  void add(const TextRows& text);

  size_t count() const { return texts_.size(); }

 private:
  struct Seen {
    std::vector<int32_t> ids;
    uint64_t number;  // of the adding
    TextRows rows() const { return {ids.data(), static_cast<int64_t>(ids.size())}; }
  };
  std::vector<Seen>::const_iterator place_of(const TextRows& text) const;

  std::vector<Seen> texts_;  // sorted
  int64_t ids_ = 0;
  uint64_t added_ = 0;
};

}  // namespace oag
