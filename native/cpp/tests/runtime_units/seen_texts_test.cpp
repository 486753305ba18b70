#include <doctest/doctest.h>

#include "runtime/seen_texts.h"
#include "support/texts.h"

using namespace oag;
using namespace oag::test;

namespace {

TextRows rows(const std::vector<int32_t>& ids) { return {ids.data(), static_cast<int64_t>(ids.size())}; }

}  // namespace

TEST_CASE("a beginning counts once enough other texts have it; the text itself and equal ones do not count") {
  SeenTexts seen;
  const Texts texts{{1, 5, 6, 7, 9}, {1, 5, 6, 8, 9}, {1, 5, 4, 9}, {1, 2, 9}, {3, 9}};
  for (int twice = 0; twice < 2; twice++)
    for (const auto& text : texts) seen.add(rows(text));
  CHECK(seen.count() == texts.size());
  const std::vector<int32_t> next{1, 5, 6, 2, 9};
  CHECK(seen.common_beginning(rows(next), 1) == 3);
  CHECK(seen.common_beginning(rows(next), 2) == 3);
  CHECK(seen.common_beginning(rows(next), 3) == 2);
  CHECK(seen.common_beginning(rows(next), 4) == 1);
  CHECK(seen.common_beginning(rows(next), 5) == 0);
  CHECK(seen.common_beginning(rows(texts[0]), 1) == 3);
  CHECK(seen.common_beginning(rows(texts[0]), 2) == 2);
  CHECK(seen.common_beginning(rows(texts[4]), 1) == 0);
  CHECK(SeenTexts().common_beginning(rows(next), 1) == 0);
}

TEST_CASE("a text's last row is no part of its beginning") {
  SeenTexts seen;
  for (int32_t i = 0; i < 3; i++) {
    const std::vector<int32_t> longer{1, 2, 3, i};
    seen.add(rows(longer));
  }
  const std::vector<int32_t> text{1, 2, 3};
  CHECK(seen.common_beginning(rows(text), 3) == 2);
}

TEST_CASE("the oldest texts are forgotten, and texts that are too long are not seen") {
  SeenTexts seen;
  const auto text = [](int32_t i) { return std::vector<int32_t>{i, i, i}; };
  for (int32_t i = 0; i < 3000; i++) seen.add(rows(text(i)));
  CHECK(seen.count() == 1024);
  CHECK(seen.common_beginning(rows({0, 0, 1}), 1) == 0);
  CHECK(seen.common_beginning(rows({2999, 2999, 1}), 1) == 2);
  seen.add(rows(std::vector<int32_t>((1 << 16) + 1, 7)));
  CHECK(seen.count() == 1024);
  seen.add(rows(std::vector<int32_t>(1 << 16, 7)));
  CHECK(seen.count() == 1);
}
