#include "runtime/text_tree.h"

#include <algorithm>

namespace oag {

int64_t common_rows(const TextRows& a, const TextRows& b) { return std::mismatch(a.ids, a.ids + a.length, b.ids, b.ids + b.length).first - a.ids; }

bool before(const TextRows& a, const TextRows& b) { return std::lexicographical_compare(a.ids, a.ids + a.length, b.ids, b.ids + b.length); }

TextTree grow_tree(const TextRows* texts, int64_t count, const int64_t* kept) {
  TextTree tree;
  tree.ends.resize(static_cast<size_t>(count));
  std::vector<int64_t> common(static_cast<size_t>(count), 0);  // with the text before
  for (int64_t i = 1; i < count; i++) common[static_cast<size_t>(i)] = common_rows(texts[i - 1], texts[i]);

  struct Branch {
    int64_t first, last;  // texts first … last - 1
    int64_t depth;        // have these rows in common, in the nodes up to `parent`
    int32_t parent;
  };
  std::vector<Branch> left{{0, count, 0, -1}};  // a stack of our own: a hostile tree is as deep as its texts are many
  while (!left.empty()) {
    const Branch branch = left.back();
    left.pop_back();
    if (branch.first == branch.last) continue;
    int64_t end = texts[branch.first].length;
    for (int64_t i = branch.first + 1; i < branch.last; i++) end = std::min(end, common[static_cast<size_t>(i)]);
    const int64_t kept_end = kept ? *std::min_element(kept + branch.first, kept + branch.last) : 0;
    if (kept_end > branch.depth) end = std::min(end, kept_end);  // a node of kept rows, and others of the rest
    int32_t node = branch.parent;
    if (end > branch.depth) {
      node = static_cast<int32_t>(tree.parents.size());
      tree.parents.push_back(branch.parent);
      tree.texts.push_back(branch.first);
      tree.first_positions.push_back(static_cast<int32_t>(branch.depth));
      tree.lengths.push_back(static_cast<int32_t>(end - branch.depth));
      tree.kept.push_back(kept_end > branch.depth);
    }
    int64_t last = branch.last;
    const bool ends_here = texts[branch.first].length == end;
    if (ends_here) tree.ends[static_cast<size_t>(branch.first)] = node;
    for (int64_t i = branch.last - 1; i > branch.first; i--) {
      if (common[static_cast<size_t>(i)] != end) continue;
      left.push_back({i, last, end, node});
      last = i;
    }
    if (!ends_here) left.push_back({branch.first, last, end, node});
  }
  return tree;
}

}  // namespace oag
