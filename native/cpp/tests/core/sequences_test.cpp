#include <doctest/doctest.h>

#include "core/sequence_table.h"
#include "support/refusal.h"

using namespace oag;
using namespace oag::test;

TEST_CASE("a table says where sequences begin, how long they are") {
  const SequenceTable table({0, 3, 4, 9}, {0, 5, 2});
  CHECK(table.count() == 3);
  CHECK(table.rows() == 9);
  CHECK(table.begin(1) == 3);
  CHECK(table.length(0) == 3);
  CHECK(table.length(2) == 5);
  CHECK(table.first_position(1) == 5);
}

TEST_CASE("positions begin at 0 unless they are given") {
  const SequenceTable table = SequenceTable::uniform(3, 4);
  CHECK(table.offsets() == std::vector<int64_t>{0, 4, 8, 12});
  CHECK(table.first_position(2) == 0);
  CHECK(SequenceTable::uniform(0, 4).rows() == 0);
}

TEST_CASE("tables that make no sense are refused") {
  CHECK(wrong_refusal(Status::internal, {"begin with 0"}, [] { SequenceTable({}); }) == "");
  CHECK(wrong_refusal(Status::internal, {"begin with 0"}, [] { SequenceTable({1, 2}); }) == "");
  CHECK(wrong_refusal(Status::internal, {"sequence 1 has no rows"}, [] { SequenceTable({0, 2, 2}); }) == "");
  CHECK(wrong_refusal(Status::internal, {"sequence 1 has no rows"}, [] { SequenceTable({0, 2, 1}); }) == "");
  CHECK(wrong_refusal(Status::internal, {"one first position each"}, [] { SequenceTable({0, 2, 3}, {0}); }) == "");
}

TEST_CASE("a handle's extents are those of its table") {
  const Sequences sequences = make_sequences(SequenceTable({0, 3, 4}));
  CHECK(sequences.rows == Extent(4));
  CHECK(sequences.count == Extent(2));
}

TEST_CASE("a chosen row keeps the position it had") {
  const Sequences all = make_sequences(SequenceTable({0, 3, 4, 9}, {0, 5, 2}));
  const Sequences first = choose_rows(all, RowChoice::first), last = choose_rows(all, RowChoice::last);
  CHECK(first.rows == Extent(3));
  CHECK(first.count == Extent(3));
  CHECK(first.table->offsets() == std::vector<int64_t>{0, 1, 2, 3});
  CHECK(first.table->first_positions() == std::vector<int32_t>{0, 5, 2});
  CHECK(last.table->first_positions() == std::vector<int32_t>{2, 5, 6});
}

TEST_CASE("rows are chosen of symbolic sequences too") {
  const Sequences chosen = choose_rows({{1, Symbol::tokens}, {1, Symbol::texts}, nullptr}, RowChoice::last);
  CHECK(chosen.rows == Extent(1, Symbol::texts));
  CHECK(chosen.count == Extent(1, Symbol::texts));
  CHECK(chosen.table == nullptr);
}

namespace {

// "a b", "a b c d", "a e": nodes a, b, cd and e; the rows of e come first.
PrefixTree small_tree() { return {{-1, 0, 1, 0}, {3, 0, 1, 2}, {1, 2, 3}}; }
SequenceTable small_table() { return SequenceTable({0, 1, 2, 3, 5}, {1, 0, 1, 2}, small_tree()); }

}  // namespace

TEST_CASE("a sequence of a tree has its last row at the end of its node, and no first row of its own") {
  const SequenceTable table = small_table();
  CHECK(table.runs() == 4);
  CHECK(table.count() == 3);
  CHECK(table.chosen_row(0, RowChoice::last) == 2);
  CHECK(table.chosen_row(1, RowChoice::last) == 4);
  CHECK(table.chosen_row(2, RowChoice::last) == 0);
  CHECK(wrong_refusal(Status::internal, {"share theirs"}, [&] { table.chosen_row(0, RowChoice::first); }) == "");
  const Sequences handle = make_sequences(table);
  CHECK(handle.rows == Extent(5));
  CHECK(handle.count == Extent(3));
  const Sequences last = choose_rows(handle, RowChoice::last);
  CHECK(last.table->first_positions() == std::vector<int32_t>{1, 3, 1});
  CHECK(last.table->count() == 3);
}

TEST_CASE("queries see the runs of their own way through the tree, in order") {
  const SequenceTable table = small_table();
  const KeyChains all = key_chains(table, table);
  CHECK(all.offsets == std::vector<int64_t>{0, 2, 3, 5, 8});
  CHECK(all.runs == std::vector<int64_t>{1, 0, 1, 1, 2, 1, 2, 3});
  const KeyChains pooled = key_chains(*choose_rows(make_sequences(table), RowChoice::last).table, table);
  CHECK(pooled.offsets == std::vector<int64_t>{0, 2, 5, 7});
  CHECK(pooled.runs == std::vector<int64_t>{1, 2, 1, 2, 3, 1, 0});

  // Node a lies in another table.
  const SequenceTable earlier({0, 1}, {0}, {small_tree().parents, {0}, {}}), own({0, 1, 2, 4}, {1, 1, 2}, {small_tree().parents, {3, 1, 2}, {1, 2, 3}});
  CHECK(key_chains(own, earlier).runs == std::vector<int64_t>{0, 0, 0});
  const KeyChains rest = key_chains(own, own);
  CHECK(rest.offsets == std::vector<int64_t>{0, 1, 2, 4});
  CHECK(rest.runs == std::vector<int64_t>{0, 1, 1, 2});

  const KeyChains plain = key_chains(SequenceTable({0, 2, 3}), SequenceTable({0, 4, 9}));
  CHECK(plain.offsets == std::vector<int64_t>{0, 1, 2});
  CHECK(plain.runs == std::vector<int64_t>{0, 1});
}

TEST_CASE("trees that make no sense are refused") {
  const auto refused = [](const char* why, PrefixTree tree) { return wrong_refusal(Status::internal, {why}, [&] { SequenceTable({0, 1, 2}, {0, 1}, tree); }); };
  CHECK(refused("must come before", {{-1, 1}, {0, 1}, {1}}) == "");
  CHECK(refused("must come before", {{-2, 0}, {0, 1}, {1}}) == "");
  CHECK(refused("one node each", {{-1, 0}, {0}, {1}}) == "");
  CHECK(refused("no node of the tree", {{-1, 0}, {0, 2}, {1}}) == "");
  CHECK(refused("no node of the tree", {{-1, 0}, {0, 1}, {-1}}) == "");
  CHECK(refused("of one node", {{-1, 0}, {1, 1}, {1}}) == "");
  const SequenceTable elsewhere({0, 1}, {1}, {{-1, 0}, {1}, {0}});
  CHECK(wrong_refusal(Status::internal, {"last row of sequence 0 is not among these"}, [&] { elsewhere.chosen_row(0, RowChoice::last); }) == "");
  CHECK(wrong_refusal(Status::internal, {"different trees"}, [&] { key_chains(elsewhere, small_table()); }) == "");
  CHECK(wrong_refusal(Status::internal, {"different sequences"}, [&] { key_chains(SequenceTable({0, 1}), small_table()); }) == "");
  CHECK(wrong_refusal(Status::internal, {"different sequences"}, [&] { key_chains(SequenceTable({0, 1}), SequenceTable({0, 1, 2})); }) == "");
  CHECK(wrong_refusal(Status::internal, {"different trees"}, [&] { key_chains(small_table(), SequenceTable({0, 1, 2, 3, 5})); }) == "");
}

TEST_CASE("sequences are cut in two behind their first rows, and give the runs of a sequence") {
  const SequenceTable table({0, 3, 5}, {0, 7});
  const SequenceTable parts = cut_in_two(table, 1);
  CHECK(parts.offsets() == std::vector<int64_t>{0, 1, 3, 4, 5});
  CHECK(parts.first_positions() == std::vector<int32_t>{0, 1, 7, 8});
  CHECK_THROWS_AS(cut_in_two(table, 2), Error);
  CHECK_THROWS_AS(cut_in_two(table, 0), Error);
  CHECK(table.runs_of(1) == std::vector<int64_t>{1});
  // 0 → 1, 0 → 2 → 3; runs in another order than nodes.
  const SequenceTable tree({0, 2, 3, 5, 6}, {0, 2, 2, 3}, {{-1, 0, 0, 2}, {0, 2, 1, 3}, {1, 3, 0}});
  CHECK(tree.runs_of(0) == std::vector<int64_t>{0, 2});
  CHECK(tree.runs_of(1) == std::vector<int64_t>{0, 1, 3});
  CHECK(tree.runs_of(2) == std::vector<int64_t>{0});
  CHECK_THROWS_AS(cut_in_two(tree, 1), Error);
  const SequenceTable part({0, 2, 3}, {0, 3}, {{-1, 0, 0, 2}, {0, 3}, {1, 3}});  // nodes 1 and 2 are another table's
  CHECK_THROWS_AS(part.runs_of(0), Error);
}
