// The contents of a Sequences handle.
#pragma once

#include <cstdint>
#include <vector>

#include "core/sequences.h"

namespace oag {

// Sequence s owns rows begin(s) … begin(s) + length(s), whose positions are consecutive from first_position(s). Immutable.
class SequenceTable {
 public:
  // `offsets`: count + 1 row numbers from 0, rising. `first_positions`: one per sequence; empty means all 0.
  explicit SequenceTable(std::vector<int64_t> offsets, std::vector<int32_t> first_positions = {});

  static SequenceTable uniform(int64_t count, int64_t length);

  int64_t count() const { return static_cast<int64_t>(offsets_.size()) - 1; }
  int64_t rows() const { return offsets_.back(); }
  int64_t begin(int64_t s) const { return offsets_[s]; }
  int64_t length(int64_t s) const { return offsets_[s + 1] - offsets_[s]; }
  int64_t longest() const { return longest_; }
  int32_t first_position(int64_t s) const { return first_positions_.empty() ? 0 : first_positions_[s]; }
  const std::vector<int64_t>& offsets() const { return offsets_; }
  const std::vector<int32_t>& first_positions() const { return first_positions_; }

 private:
  std::vector<int64_t> offsets_;
  std::vector<int32_t> first_positions_;
  int64_t longest_ = 0;
};

// The handle of a planned table.
Sequences make_sequences(SequenceTable table);

}  // namespace oag
