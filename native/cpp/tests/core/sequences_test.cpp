#include <doctest/doctest.h>

#include "core/sequence_table.h"
#include "support/refusal.h"

using namespace oag;
using namespace oag::test;

TEST_CASE("a table says where sequences begin, how long they are and which is the longest") {
  const SequenceTable table({0, 3, 4, 9}, {0, 5, 2});
  CHECK(table.count() == 3);
  CHECK(table.rows() == 9);
  CHECK(table.begin(1) == 3);
  CHECK(table.length(0) == 3);
  CHECK(table.length(2) == 5);
  CHECK(table.longest() == 5);
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
