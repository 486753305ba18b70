// The contents of a Sequences handle.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/sequences.h"

namespace oag {

// Texts that begin alike share their first rows: the rows of a call form a tree of *nodes*, each some consecutive positions, of which a child continues its
// parent. A sequence is the way from a root to the node it ends in. A table holds the rows of some of the nodes; the keys of others may lie in another
// table over the same tree (rows that an earlier call computed).
struct PrefixTree {
  std::vector<int32_t> parents;  // [nodes]: a lower number, or -1 at a root
  std::vector<int32_t> nodes;    // [runs of the table]: the node whose rows they are, each once
  std::vector<int32_t> ends;     // [sequences]: the node with whose last row the sequence ends
};

// Packed rows as *runs*: run r has rows begin(r) … begin(r) + length(r), whose positions are consecutive from first_position(r). Without a tree run s is sequence s.
// Immutable.
class SequenceTable {
 public:
  // `offsets`: runs + 1 row numbers from 0, rising. `first_positions`: one per run; empty means all 0.
  explicit SequenceTable(std::vector<int64_t> offsets, std::vector<int32_t> first_positions = {});
  SequenceTable(std::vector<int64_t> offsets, std::vector<int32_t> first_positions, PrefixTree tree);

  static SequenceTable uniform(int64_t count, int64_t length);

  int64_t runs() const { return static_cast<int64_t>(offsets_.size()) - 1; }
  int64_t rows() const { return offsets_.back(); }
  int64_t begin(int64_t run) const { return offsets_[run]; }
  int64_t length(int64_t run) const { return offsets_[run + 1] - offsets_[run]; }
  int32_t first_position(int64_t run) const { return first_positions_.empty() ? 0 : first_positions_[run]; }
  const std::vector<int64_t>& offsets() const { return offsets_; }
  const std::vector<int32_t>& first_positions() const { return first_positions_; }

  int64_t count() const { return has_tree_ ? static_cast<int64_t>(tree_.ends.size()) : runs(); }  // sequences
  bool has_tree() const { return has_tree_; }
  const PrefixTree& tree() const { return tree_; }

  // The row that stands for sequence s. Error(internal) for the first row where there is a tree: it may be another table's.
  int64_t chosen_row(int64_t s, RowChoice choice) const;
  // The runs that are sequence s, in order of position. Error(internal) where another table has one of them.
  std::vector<int64_t> runs_of(int64_t s) const;

 private:
  int64_t end_run(int64_t s) const { return has_tree_ ? node_runs_[static_cast<size_t>(tree_.ends[static_cast<size_t>(s)])] : s; }

  std::vector<int64_t> offsets_;
  std::vector<int32_t> first_positions_;
  bool has_tree_ = false;
  PrefixTree tree_;
  std::vector<int64_t> node_runs_;  // [nodes of the tree]: the run with its rows, or -1 where another table has them

  friend Sequences choose_rows(const Sequences& sequences, RowChoice choice);
};

// Each sequence as two: its first `length` rows, and the rest. Error(internal) where there is a tree, or a sequence has no more rows than that.
SequenceTable cut_in_two(const SequenceTable& table, int64_t length);

// The handle of a planned table.
Sequences make_sequences(SequenceTable table);

// Which runs of a table of keys each run of queries sees: chain[offsets[q]] … chain[offsets[q + 1]] in order of position.
struct KeyChains {
  std::vector<int64_t> offsets;  // [runs of queries + 1]
  std::vector<int64_t> runs;
};

// Without trees run q sees run q. With a tree it sees what `keys` holds of its own node and that node's ancestors.
// Error(internal) when the tables are of different sequences.
KeyChains key_chains(const SequenceTable& queries, const SequenceTable& keys);

}  // namespace oag
