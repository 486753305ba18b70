#include "core/sequence_table.h"

#include <algorithm>
#include <utility>

#include "core/error.h"

namespace oag {

SequenceTable::SequenceTable(std::vector<int64_t> offsets, std::vector<int32_t> first_positions)
    : offsets_(std::move(offsets)), first_positions_(std::move(first_positions)) {
  if (offsets_.empty() || offsets_[0] != 0) throw Error(Status::internal, "sequence offsets must begin with 0");
  for (int64_t s = 0; s < count(); s++) {
    if (length(s) <= 0) throw Error(Status::internal, "sequence " + std::to_string(s) + " has no rows");
    longest_ = std::max(longest_, length(s));
  }
  if (!first_positions_.empty() && static_cast<int64_t>(first_positions_.size()) != count())
    throw Error(Status::internal, "sequences need one first position each");
}

SequenceTable SequenceTable::uniform(int64_t count, int64_t length) {
  std::vector<int64_t> offsets(count + 1);
  for (int64_t s = 0; s <= count; s++) offsets[s] = s * length;
  return SequenceTable(std::move(offsets));
}

Sequences make_sequences(SequenceTable table) {
  auto shared = std::make_shared<const SequenceTable>(std::move(table));
  return {shared->rows(), shared->count(), shared};
}

Sequences choose_rows(const Sequences& sequences, RowChoice choice) {
  if (!sequences.table) return {sequences.count, sequences.count, nullptr};
  const SequenceTable& all = *sequences.table;
  std::vector<int64_t> offsets(all.count() + 1);
  std::vector<int32_t> positions(all.count());
  for (int64_t s = 0; s < all.count(); s++) {
    offsets[s + 1] = s + 1;
    positions[s] = all.first_position(s) + (choice == RowChoice::first ? 0 : static_cast<int32_t>(all.length(s)) - 1);
  }
  return make_sequences(SequenceTable(std::move(offsets), std::move(positions)));
}

}  // namespace oag
