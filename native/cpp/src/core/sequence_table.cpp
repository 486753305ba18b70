#include "core/sequence_table.h"

#include <algorithm>
#include <utility>

#include "core/error.h"

namespace oag {
namespace {

void defect_unless(bool holds, const std::string& what) {
  if (!holds) throw Error(Status::internal, what);
}

// The run of a table that has each node's rows, or -1.
std::vector<int64_t> runs_of_nodes(const PrefixTree& tree) {
  std::vector<int64_t> runs(tree.parents.size(), -1);
  for (size_t r = 0; r < tree.nodes.size(); r++) runs[static_cast<size_t>(tree.nodes[r])] = static_cast<int64_t>(r);
  return runs;
}

}  // namespace

SequenceTable::SequenceTable(std::vector<int64_t> offsets, std::vector<int32_t> first_positions)
    : offsets_(std::move(offsets)), first_positions_(std::move(first_positions)) {
  defect_unless(!offsets_.empty() && offsets_[0] == 0, "sequence offsets must begin with 0");
  for (int64_t r = 0; r < runs(); r++) defect_unless(length(r) > 0, "sequence " + std::to_string(r) + " has no rows");
  defect_unless(first_positions_.empty() || static_cast<int64_t>(first_positions_.size()) == runs(), "sequences need one first position each");
}

SequenceTable::SequenceTable(std::vector<int64_t> offsets, std::vector<int32_t> first_positions, PrefixTree tree)
    : SequenceTable(std::move(offsets), std::move(first_positions)) {
  tree_ = std::move(tree);
  has_tree_ = true;
  const auto nodes = static_cast<int32_t>(tree_.parents.size());
  for (int32_t n = 0; n < nodes; n++)
    defect_unless(tree_.parents[static_cast<size_t>(n)] >= -1 && tree_.parents[static_cast<size_t>(n)] < n, "the parent of a shared prefix must come before it");
  defect_unless(static_cast<int64_t>(tree_.nodes.size()) == runs(), "runs need one node each");
  for (const int32_t node : tree_.nodes) defect_unless(node >= 0 && node < nodes, "a run is of no node of the tree");
  for (const int32_t node : tree_.ends) defect_unless(node >= 0 && node < nodes, "a sequence ends in no node of the tree");
  node_runs_ = runs_of_nodes(tree_);
  for (int64_t r = 0; r < runs(); r++) defect_unless(node_runs_[static_cast<size_t>(tree_.nodes[static_cast<size_t>(r)])] == r, "two runs are of one node");
}

SequenceTable SequenceTable::uniform(int64_t count, int64_t length) {
  std::vector<int64_t> offsets(count + 1);
  for (int64_t s = 0; s <= count; s++) offsets[s] = s * length;
  return SequenceTable(std::move(offsets));
}

int64_t SequenceTable::chosen_row(int64_t s, RowChoice choice) const {
  defect_unless(choice == RowChoice::last || !has_tree_, "the first row of a sequence was asked for, and sequences share theirs");
  const int64_t run = end_run(s);
  defect_unless(run >= 0, "the last row of sequence " + std::to_string(s) + " is not among these");
  return choice == RowChoice::first ? begin(run) : offsets_[run + 1] - 1;
}

std::vector<int64_t> SequenceTable::runs_of(int64_t s) const {
  if (!has_tree_) return {s};
  std::vector<int64_t> runs;
  for (int32_t node = tree_.ends[static_cast<size_t>(s)]; node >= 0; node = tree_.parents[static_cast<size_t>(node)]) {
    const int64_t run = node_runs_[static_cast<size_t>(node)];
    defect_unless(run >= 0, "some rows of sequence " + std::to_string(s) + " are not among these");
    runs.push_back(run);
  }
  std::reverse(runs.begin(), runs.end());
  return runs;
}

const char* name_of(Pooling pooling) {
  switch (pooling) {
    case Pooling::first: return "first";
    case Pooling::last: return "last";
    case Pooling::mean: return "mean";
    case Pooling::max: return "max";
    case Pooling::mean_sqrt_length: return "mean_sqrt_length";
    case Pooling::weighted_mean: return "weighted_mean";
  }
  return "?";
}

SequenceTable cut_in_two(const SequenceTable& table, int64_t length) {
  defect_unless(!table.has_tree(), "sequences that share rows cannot be cut in two");
  std::vector<int64_t> offsets{0};
  std::vector<int32_t> positions;
  for (int64_t s = 0; s < table.runs(); s++) {
    defect_unless(length > 0 && length < table.length(s), "sequence " + std::to_string(s) + " has no rows behind its first " + std::to_string(length));
    offsets.push_back(table.begin(s) + length);
    offsets.push_back(table.begin(s) + table.length(s));
    positions.push_back(table.first_position(s));
    positions.push_back(table.first_position(s) + static_cast<int32_t>(length));
  }
  return SequenceTable(std::move(offsets), std::move(positions));
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
    const int64_t row = all.chosen_row(s, choice), run = all.end_run(s);
    offsets[s + 1] = s + 1;
    positions[s] = all.first_position(run) + static_cast<int32_t>(row - all.begin(run));
  }
  if (!all.has_tree()) return make_sequences(SequenceTable(std::move(offsets), std::move(positions)));
  return make_sequences(SequenceTable(std::move(offsets), std::move(positions), {all.tree().parents, all.tree().ends, all.tree().ends}));
}

KeyChains key_chains(const SequenceTable& queries, const SequenceTable& keys) {
  KeyChains chains;
  chains.offsets.reserve(static_cast<size_t>(queries.runs()) + 1);
  chains.offsets.push_back(0);
  if (!queries.has_tree()) {
    defect_unless(!keys.has_tree() && keys.runs() == queries.runs(), "attention: keys and queries are of different sequences");
    for (int64_t q = 0; q < queries.runs(); q++) {
      chains.runs.push_back(q);
      chains.offsets.push_back(q + 1);
    }
    return chains;
  }
  const PrefixTree& tree = queries.tree();
  defect_unless(keys.has_tree() && keys.tree().parents == tree.parents, "attention: keys and queries share prefixes by different trees");
  const std::vector<int64_t> run_of = runs_of_nodes(keys.tree());
  for (const int32_t own : tree.nodes) {
    for (int32_t node = own; node >= 0; node = tree.parents[static_cast<size_t>(node)])
      if (const int64_t run = run_of[static_cast<size_t>(node)]; run >= 0) chains.runs.push_back(run);
    std::reverse(chains.runs.begin() + chains.offsets.back(), chains.runs.end());
    chains.offsets.push_back(static_cast<int64_t>(chains.runs.size()));
  }
  return chains;
}

}  // namespace oag
