// The names of a store's rows: numbers or texts, each once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace oag::search {

enum class IdKind : int { numbers = 0, texts = 1 };  // values of oag_id_kind
const char* name_of(IdKind kind);

// Ids of a batch as the caller has them: `numbers` [count], or text i = texts[offsets[i] … offsets[i + 1]).
struct IdBatch {
  const int64_t* numbers = nullptr;
  const char* texts = nullptr;
  const int64_t* offsets = nullptr;
  int64_t count = 0;

  std::string_view text(int64_t i) const { return {texts + offsets[i], static_cast<size_t>(offsets[i + 1] - offsets[i])}; }
};

constexpr int64_t kMostIdBytes = 65535;

class Ids {
 public:
  explicit Ids(IdKind kind) : kind_(kind), offsets_{0} {}

  IdKind kind() const { return kind_; }
  int64_t count() const { return kind_ == IdKind::numbers ? static_cast<int64_t>(numbers_.size()) : static_cast<int64_t>(offsets_.size()) - 1; }
  int64_t number(int64_t row) const { return numbers_[static_cast<size_t>(row)]; }
  std::string_view text(int64_t row) const;

  // The row of an id, or -1.
  int64_t find(int64_t number) const;
  int64_t find(std::string_view text) const;

  // The ids of some rows, as a batch in the caller's memory.
  IdBatch batch(int64_t first, int64_t count, std::vector<int64_t>& numbers, std::string& texts, std::vector<int64_t>& offsets) const;

  // Adds a batch behind the others; on an error nothing is added. Error(invalid_argument): an id that is there already or twice in the
  // batch, a text that is too long.
  void append(const IdBatch& batch);
  // Takes the last rows away again.
  void truncate(int64_t count) noexcept;

 private:
  template <class Key>
  size_t slot_of(Key key) const;
  template <class Key>
  int64_t row_in_slot(Key key) const;
  bool is(int64_t row, int64_t number) const { return numbers_[static_cast<size_t>(row)] == number; }
  bool is(int64_t row, std::string_view text) const { return this->text(row) == text; }
  void make_room(int64_t rows);
  void enter(int64_t row);
  std::string quoted(int64_t row) const;

  IdKind kind_;
  std::vector<int64_t> numbers_;
  std::string texts_;
  std::vector<uint64_t> offsets_;  // of texts: where each begins, and the end
  std::vector<uint32_t> slots_;    // open addressing: row + 1, or 0; a power of two, at most half full
};

// Rows that the slots can number.
constexpr int64_t kMostRows = INT64_C(0xfffffffe);

}  // namespace oag::search
