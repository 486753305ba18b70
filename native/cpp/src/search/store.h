// Vectors with ids, in memory, searched exactly; their file is store_file.h.
#pragma once

#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/large_block.h"
#include "search/ids.h"
#include "search/store_file.h"
#include "search/top_k.h"

namespace oag::search {

// Any number of threads may search at once; one that appends or saves waits for them, and they for it.
class Store {
 public:
  // Empty. Error(invalid_argument) when a setting is none that a store can have.
  explicit Store(StoreSettings settings);
  // What was saved at `path`. Error(io), or Error(bad_index) with the path when it is damaged, unfinished, of another version, or not of the
  // expected dimension (unless 0) and model (unless the hash is empty).
  static std::unique_ptr<Store> open(const std::string& path, const StoreSettings* expected = nullptr);
  // The store of a journal: `path` is made when there is nothing, else its rows are read and an incomplete end (of a process that was killed while it
  // wrote) is cut off. From then on each append is on the disk when it returns, and no other process can open the journal while the store lives.
  // Error(bad_index) when its settings are not `settings`.
  static std::unique_ptr<Store> open_journal(const std::string& path, const StoreSettings& settings);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  const StoreSettings& settings() const { return settings_; }
  int64_t count() const;

  // Adds rows [ids.count, dimension] behind the others: all of them, or on an error none. Error(invalid_argument) naming the row or the id.
  void append(const float* vectors, const IdBatch& ids);

  // Adds the rows of another store whose ids are not here, bit for bit, and returns how many: all of them, or on an error none.
  // Error(invalid_argument) when the stores differ in their vectors or layout, or are one.
  int64_t append_missing(const Store& other);

  // Replaces the file at `path` by this store: after a crash at any moment there is the old file or the new one, whole. Error(io).
  void save(const std::string& path) const;

  // For each query [count, dimension] its k best rows. Error(invalid_argument): a query that is not finite, k < 1.
  std::vector<std::vector<Hit>> search(const float* queries, int64_t query_count, int64_t k, Filter filter, const ScoreKernels& kernels, Parallel& threads) const;

  // Calls body(ids) while no row can be added.
  template <class Body>
  auto with_ids(Body&& body) const {
    const std::shared_lock lock(mutex_);
    return body(ids_);
  }

 private:
  // As many rows as fit a mapping of some MiB; it is touched as rows come.
  struct Part {
    Block rows;
    std::vector<float> scales;   // int8 only
    std::vector<float> factors;  // where they are needed
    int64_t count = 0;
  };

  char* room_for_row(int64_t row);  // grows parts_
  void set_factors(int64_t row, RowFactors factors);
  void truncate(int64_t count) noexcept;
  void take(const StoredRows& rows);
  void take_from(const std::string& path, const StoredRows& rows);  // with errors of the file
  void copy_row(const StoredRows& rows, int64_t i, int64_t row);
  void journal_rows(int64_t first, int64_t count, const IdBatch& ids);
  StoredRows stored(int64_t first, int64_t count) const;
  std::vector<Segment> segments() const;

  StoreSettings settings_;
  int64_t row_bytes_;      // in memory, padded
  int64_t rows_per_part_;
  Ids ids_;
  std::vector<Part> parts_;
  int64_t count_ = 0;
  std::unique_ptr<Journal> journal_;
  mutable std::shared_mutex mutex_;
};

}  // namespace oag::search
