// The rows of sorted texts as a tree: what texts have in common at their beginning is there once.
#pragma once

#include <cstdint>
#include <vector>

#include "core/sequence_table.h"

namespace oag {

// The rows of a text: token ids of the caller's, which outlive it.
struct TextRows {
  const int32_t* ids;
  int64_t length;
};

// In how many rows two texts begin alike.
int64_t common_rows(const TextRows& a, const TextRows& b);

// Lexicographic: texts that begin alike are neighbours, and one that another begins with comes right before.
bool before(const TextRows& a, const TextRows& b);

// Node n has rows first_positions[n] … + lengths[n] of text `texts[n]`, and of all others on whose way it lies. A parent comes before its children, and a node's first child
// right after it.
struct TextTree {
  std::vector<int32_t> parents;
  std::vector<int64_t> texts;
  std::vector<int32_t> first_positions;
  std::vector<int32_t> lengths;
  std::vector<bool> kept;     // whether its rows are there from an earlier call
  std::vector<int32_t> ends;  // [texts]: the node that ends with the text's last row
};

// `texts` [count] are sorted and distinct. The first kept[i] rows of text i, never all, need not be computed; with `kept` null no row.
TextTree grow_tree(const TextRows* texts, int64_t count, const int64_t* kept = nullptr);

}  // namespace oag
