#include "search/store.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <mutex>
#include <new>

#include "core/error.h"

namespace oag::search {
namespace {

// Mapped at once, touched as rows come.
constexpr int64_t kPartBytes = int64_t{32} << 20;
// Of a block in a saved file.
constexpr int64_t kSavedBlockBytes = int64_t{4} << 20;

}  // namespace

Store::Store(StoreSettings settings)
    : settings_((check_settings(settings), std::move(settings))),
      row_bytes_(padded_width(settings_.row_type, settings_.dimension) * element_bytes(settings_.row_type)),
      rows_per_part_(kPartBytes / row_bytes_),
      ids_(settings_.id_kind) {}

Store::~Store() = default;

std::unique_ptr<Store> Store::open(const std::string& path, const StoreSettings* expected) {
  std::unique_ptr<Store> store;
  read_store(
      path,
      [&](const StoreSettings& found) {
        if (expected) {
          StoreSettings ours = *expected;
          if (ours.dimension == 0) ours.dimension = found.dimension;
          if (const std::string text = difference(found, ours, false); !text.empty()) throw Error(Status::bad_index, path + ": is another model's index: " + text);
        }
        store = std::make_unique<Store>(found);
      },
      [&](const StoredRows& rows) { store->take_from(path, rows); });
  return store;
}

std::unique_ptr<Store> Store::open_journal(const std::string& path, const StoreSettings& settings) {
  auto store = std::make_unique<Store>(settings);
  auto journal = std::make_unique<Journal>(path, settings, [&](const StoredRows& rows) { store->take_from(path, rows); });
  store->journal_ = std::move(journal);
  return store;
}

void Store::take_from(const std::string& path, const StoredRows& rows) {
  try {
    take(rows);
  } catch (const Error& error) {
    if (error.status() != Status::invalid_argument) throw;
    throw Error(Status::bad_index, path + ": is damaged, or was written by another program: " + error.text());
  }
}

int64_t Store::count() const {
  const std::shared_lock lock(mutex_);
  return count_;
}

char* Store::room_for_row(int64_t row) {
  const auto part = static_cast<size_t>(row / rows_per_part_);
  if (part == parts_.size()) {
    Part fresh;
    fresh.rows = allocate_block(static_cast<size_t>(rows_per_part_ * row_bytes_));
    if (!fresh.rows) throw std::bad_alloc();
    parts_.push_back(std::move(fresh));
  }
  return reinterpret_cast<char*>(parts_[part].rows.get()) + row % rows_per_part_ * row_bytes_;
}

void Store::set_factors(int64_t row, RowFactors factors) {
  Part& part = parts_[static_cast<size_t>(row / rows_per_part_)];
  if (settings_.row_type == RowType::int8) part.scales.push_back(factors.scale);
  if (needs_factors(settings_.row_type, settings_.metric)) part.factors.push_back(factors.factor);
  part.count++;
}

void Store::truncate(int64_t count) noexcept {
  ids_.truncate(count);
  for (size_t p = 0; p < parts_.size(); ++p) {
    Part& part = parts_[p];
    part.count = std::clamp(count - static_cast<int64_t>(p) * rows_per_part_, int64_t{0}, part.count);
    if (part.scales.size() > static_cast<size_t>(part.count)) part.scales.resize(static_cast<size_t>(part.count));
    if (part.factors.size() > static_cast<size_t>(part.count)) part.factors.resize(static_cast<size_t>(part.count));
  }
}

void Store::append(const float* vectors, const IdBatch& ids) {
  for (int64_t i = 0; i < ids.count; ++i) checked_squared_length(vectors + i * settings_.dimension, settings_.dimension, "rows[" + std::to_string(i) + "]");
  const std::unique_lock lock(mutex_);
  ids_.append(ids);
  try {
    for (int64_t i = 0; i < ids.count; ++i) {
      char* const row = room_for_row(count_ + i);
      set_factors(count_ + i, encode_row(settings_.row_type, settings_.metric, vectors + i * settings_.dimension, settings_.dimension, row));
    }
    journal_rows(count_, ids.count, ids);
  } catch (...) {
    truncate(count_);
    throw;
  }
  count_ += ids.count;
}

void Store::journal_rows(int64_t first, int64_t count, const IdBatch& ids) {
  if (!journal_ || count == 0) return;
  StoredRows rows = stored(first, count);
  rows.ids = ids;
  journal_->append(rows);
}

void Store::take(const StoredRows& rows) {
  ids_.append(rows.ids);
  std::vector<float> floats(static_cast<size_t>(settings_.dimension));
  for (int64_t i = 0; i < rows.count; ++i) {
    copy_row(rows, i, count_ + i);
    decode_row(settings_.row_type, rows.elements(i), settings_.dimension, rows.scale(i), floats.data());
    checked_squared_length(floats.data(), settings_.dimension, "row " + std::to_string(count_ + i));
  }
  count_ += rows.count;
}

void Store::copy_row(const StoredRows& rows, int64_t i, int64_t row) {
  char* const own = room_for_row(row);
  std::memcpy(own, rows.elements(i), static_cast<size_t>(settings_.dimension * element_bytes(settings_.row_type)));
  const float scale = rows.scale(i);
  set_factors(row, {scale, factor_of(settings_.row_type, settings_.metric, own, settings_.dimension, scale)});
}

int64_t Store::append_missing(const Store& other) {
  if (this == &other) throw Error(Status::invalid_argument, "a store cannot be appended to itself");
  if (const std::string text = difference(other.settings_, settings_, true); !text.empty()) throw Error(Status::invalid_argument, "the stores differ: " + text);
  // Two threads that append each of two stores to the other would wait for each other, were the locks not taken together.
  std::unique_lock own(mutex_, std::defer_lock);
  std::shared_lock theirs(other.mutex_, std::defer_lock);
  std::lock(own, theirs);
  std::vector<int64_t> numbers, offsets = {0}, missing;
  std::string texts;
  for (int64_t row = 0; row < other.count_; ++row) {
    if (ids_.kind() == IdKind::numbers ? ids_.find(other.ids_.number(row)) >= 0 : ids_.find(other.ids_.text(row)) >= 0) continue;
    missing.push_back(row);
    if (ids_.kind() == IdKind::numbers) {
      numbers.push_back(other.ids_.number(row));
    } else {
      texts += other.ids_.text(row);
      offsets.push_back(static_cast<int64_t>(texts.size()));
    }
  }
  const auto count = static_cast<int64_t>(missing.size());
  const IdBatch ids{numbers.data(), texts.data(), offsets.data(), count};
  const StoredRows all = other.stored(0, other.count_);
  ids_.append(ids);
  try {
    for (int64_t i = 0; i < count; ++i) copy_row(all, missing[static_cast<size_t>(i)], count_ + i);
    journal_rows(count_, count, ids);
  } catch (...) {
    truncate(count_);
    throw;
  }
  count_ += count;
  return count;
}

StoredRows Store::stored(int64_t first, int64_t count) const {
  StoredRows rows;
  rows.first_row = first;
  rows.count = count;
  rows.elements = [this, first](int64_t i) -> const void* {
    const int64_t row = first + i;
    return parts_[static_cast<size_t>(row / rows_per_part_)].rows.get() + row % rows_per_part_ * row_bytes_;
  };
  rows.scale = [this, first](int64_t i) {
    if (settings_.row_type != RowType::int8) return 1.0f;
    const int64_t row = first + i;
    return parts_[static_cast<size_t>(row / rows_per_part_)].scales[static_cast<size_t>(row % rows_per_part_)];
  };
  return rows;
}

void Store::save(const std::string& path) const {
  const std::shared_lock lock(mutex_);
  SavedFile file(path, settings_);
  const int64_t rows_per_block = std::max<int64_t>(1, kSavedBlockBytes / row_bytes_);
  std::vector<int64_t> numbers, offsets;
  std::string texts;
  for (int64_t first = 0; first < count_; first += rows_per_block) {
    StoredRows rows = stored(first, std::min(rows_per_block, count_ - first));
    rows.ids = ids_.batch(first, rows.count, numbers, texts, offsets);
    file.write(rows);
  }
  file.commit();
}

std::vector<Segment> Store::segments() const {
  std::vector<Segment> segments;
  int64_t first = 0;
  for (const Part& part : parts_) {
    if (part.count > 0)
      segments.push_back({{part.rows.get(), part.scales.empty() ? nullptr : part.scales.data(), part.factors.empty() ? nullptr : part.factors.data(), part.count}, first});
    first += part.count;
  }
  return segments;
}

std::vector<std::vector<Hit>> Store::search(const float* queries, int64_t query_count, int64_t k, Filter filter, const ScoreKernels& kernels, Parallel& threads) const {
  if (k < 1) throw Error(Status::invalid_argument, "k is " + std::to_string(k) + ": ask for one row at least");
  const PreparedQueries prepared(settings_.row_type, settings_.metric, queries, query_count, settings_.dimension);
  const std::shared_lock lock(mutex_);
  return search::search(segments(), row_bytes_, prepared, std::min(k, count_), filter, kernels, threads);
}

}  // namespace oag::search
