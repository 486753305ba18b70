// What earlier calls computed of the beginnings that many texts have in common (prompt templates): keys and values of a causal tower's rows, which do not depend on
// what follows. A call that begins so computes the rest alone, with the same bits.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "runtime/seen_texts.h"
#include "runtime/text_tree.h"

namespace oag {

struct PrefixStatistics {
  int64_t lookups = 0;     // distinct texts of all calls
  int64_t hits = 0;        // those that began with kept rows
  int64_t rows_saved = 0;  // rows that were not computed
  int64_t bytes = 0;       // held now, by the cache and by calls in progress
  int64_t entries = 0;
  int64_t evictions = 0;   // of the entry used longest ago, to make room
};

// Any number of threads; nothing is computed under its lock.
class PrefixCache {
 public:
  // Rows of one prefix. Made empty, filled by one thread, then only read.
  class Prefix {
   public:
    Prefix(const TextRows& text, int64_t row_floats, std::shared_ptr<std::atomic<int64_t>> held);
    ~Prefix() { *held_ -= bytes_; }
    Prefix(const Prefix&) = delete;
    Prefix& operator=(const Prefix&) = delete;

    TextRows rows() const { return {ids_.data(), static_cast<int64_t>(ids_.size())}; }
    std::vector<float> keys_values;  // [rows, row_floats]

   private:
    std::vector<int32_t> ids_;
    int64_t bytes_;
    std::shared_ptr<std::atomic<int64_t>> held_;
  };

  // The first `rows` rows of `prefix` are those of a text; 0 without one.
  struct Found {
    std::shared_ptr<const Prefix> prefix;
    int64_t rows = 0;
  };

  // A text is looked at once `texts_before` others of earlier calls began like it.
  static constexpr int texts_before = 8;

  PrefixCache(int64_t byte_limit, int64_t row_floats);

  // For each of a call's sorted texts what is kept of it, never all: its last row is computed.
  std::vector<Found> find(const std::vector<TextRows>& texts);

  // Beginnings of these texts that are worth being kept and are not: for the caller to fill and to `keep`. At most `most_rows` rows in all, and as many as there is room for,
  // once what was used longest ago is gone. The texts are then seen.
  std::vector<std::shared_ptr<Prefix>> missing(const std::vector<TextRows>& texts, int64_t most_rows);
  void keep(const std::shared_ptr<Prefix>& prefix);

  void count_saved(int64_t rows) { rows_saved_ += rows; }
  PrefixStatistics statistics() const;

  static int64_t bytes_of(int64_t rows, int64_t row_floats);

 private:
  struct Before {
    bool operator()(const TextRows& a, const TextRows& b) const { return before(a, b); }
  };
  using Used = std::list<std::shared_ptr<const Prefix>>;  // the last used first

  // The entry that begins most like the text, and in how many rows.
  std::pair<Used::iterator, int64_t> nearest(const TextRows& text);
  void drop(Used::iterator entry);

  const int64_t byte_limit_, row_floats_;
  const std::shared_ptr<std::atomic<int64_t>> held_;  // outlives the cache where a call holds a prefix
  std::atomic<int64_t> rows_saved_{0};
  mutable std::mutex mutex_;
  SeenTexts seen_;
  Used used_;
  std::map<TextRows, Used::iterator, Before> entries_;  // keys are the entries' own ids
  int64_t lookups_ = 0, hits_ = 0, evictions_ = 0;
};

}  // namespace oag
