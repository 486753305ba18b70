#include "search/ids.h"

#include <algorithm>
#include <functional>

#include "core/error.h"

namespace oag::search {
namespace {

// Spreads a number's bits (the finaliser of splitmix64), for open addressing looks at the lowest ones.
size_t mixed(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return static_cast<size_t>(x ^ (x >> 31));
}
size_t hash_of(int64_t number) { return mixed(static_cast<uint64_t>(number)); }
size_t hash_of(std::string_view text) { return mixed(std::hash<std::string_view>()(text)); }

}  // namespace

const char* name_of(IdKind kind) { return kind == IdKind::numbers ? "numbers" : "texts"; }

std::string_view Ids::text(int64_t row) const {
  const uint64_t begin = offsets_[static_cast<size_t>(row)];
  return std::string_view(texts_).substr(begin, offsets_[static_cast<size_t>(row) + 1] - begin);
}

IdBatch Ids::batch(int64_t first, int64_t count, std::vector<int64_t>& numbers, std::string& texts, std::vector<int64_t>& offsets) const {
  if (kind_ == IdKind::numbers) {
    numbers.assign(numbers_.begin() + first, numbers_.begin() + first + count);
    return {numbers.data(), nullptr, nullptr, count};
  }
  const uint64_t begin = offsets_[static_cast<size_t>(first)], end = offsets_[static_cast<size_t>(first + count)];
  texts = texts_.substr(begin, end - begin);
  offsets.clear();
  for (int64_t row = first; row <= first + count; ++row) offsets.push_back(static_cast<int64_t>(offsets_[static_cast<size_t>(row)] - begin));
  return {nullptr, texts.data(), offsets.data(), count};
}

// Where the key is, or would be.
template <class Key>
size_t Ids::slot_of(Key key) const {
  const size_t mask = slots_.size() - 1;
  size_t slot = hash_of(key) & mask;
  while (slots_[slot] != 0 && !is(int64_t{slots_[slot]} - 1, key)) slot = (slot + 1) & mask;
  return slot;
}

template <class Key>
int64_t Ids::row_in_slot(Key key) const {
  return slots_.empty() ? -1 : int64_t{slots_[slot_of(key)]} - 1;
}

int64_t Ids::find(int64_t number) const { return kind_ == IdKind::numbers ? row_in_slot(number) : -1; }
int64_t Ids::find(std::string_view text) const { return kind_ == IdKind::texts ? row_in_slot(text) : -1; }

void Ids::enter(int64_t row) {
  const size_t slot = kind_ == IdKind::numbers ? slot_of(number(row)) : slot_of(text(row));
  if (slots_[slot] != 0)
    throw Error(Status::invalid_argument, "the id " + quoted(row) + " is given to two rows (" + std::to_string(slots_[slot] - 1) + " and " + std::to_string(row) + "): ids are unique in a store");
  slots_[slot] = static_cast<uint32_t>(row + 1);
}

void Ids::make_room(int64_t rows) {
  size_t wanted = std::max<size_t>(16, slots_.size());
  while (wanted < 2 * static_cast<size_t>(rows)) wanted *= 2;
  if (wanted == slots_.size()) return;
  std::vector<uint32_t> larger(wanted, 0);
  slots_.swap(larger);
  for (int64_t row = 0; row < count(); ++row) enter(row);
}

std::string Ids::quoted(int64_t row) const {
  return kind_ == IdKind::numbers ? std::to_string(number(row)) : "\"" + std::string(text(row).substr(0, 200)) + "\"";
}

void Ids::append(const IdBatch& batch) {
  const int64_t before = count();
  if (batch.count > kMostRows - before) throw Error(Status::unsupported, "a store has at most " + std::to_string(kMostRows) + " rows; use several");
  make_room(before + batch.count);
  int64_t entered = before;
  try {
    if (kind_ == IdKind::numbers) {
      numbers_.insert(numbers_.end(), batch.numbers, batch.numbers + batch.count);
    } else {
      for (int64_t i = 0; i < batch.count; ++i) {
        if (batch.text(i).size() > static_cast<size_t>(kMostIdBytes))
          throw Error(Status::invalid_argument, "ids[" + std::to_string(i) + "] has " + std::to_string(batch.text(i).size()) + " bytes, but an id may have " + std::to_string(kMostIdBytes));
        texts_.append(batch.text(i));
        offsets_.push_back(texts_.size());
      }
    }
    for (; entered < before + batch.count; ++entered) enter(entered);
  } catch (...) {
    // Rows that are not in the slots go first: truncate would look for them there, and find the row that has the same id.
    if (kind_ == IdKind::numbers) {
      numbers_.resize(static_cast<size_t>(entered));
    } else {
      offsets_.resize(static_cast<size_t>(entered) + 1);
      texts_.resize(offsets_.back());
    }
    truncate(before);
    throw;
  }
}

void Ids::truncate(int64_t rows) noexcept {
  // Entries are taken out last first: each then stands at the end of every chain that it is in, so that no other is cut off.
  while (count() > rows) {
    const int64_t row = count() - 1;
    slots_[kind_ == IdKind::numbers ? slot_of(number(row)) : slot_of(text(row))] = 0;
    if (kind_ == IdKind::numbers) {
      numbers_.pop_back();
    } else {
      offsets_.pop_back();
      texts_.resize(offsets_.back());
    }
  }
}

}  // namespace oag::search
