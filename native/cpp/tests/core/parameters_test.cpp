#include <doctest/doctest.h>

#include "core/parameters.h"
#include "support/refusal.h"

using namespace oag;
using namespace oag::test;

TEST_CASE("rows and widths of every kind of parameter") {
  const ParameterSpec convolution{"patches", ParameterKind::matrix, {"w"}, {32, 3, 4, 4}};
  CHECK(convolution.part_rows() == 32);
  CHECK(convolution.width() == 48);
  const ParameterSpec fused{"qkv", ParameterKind::matrix, {"q", "k", "v"}, {8, 5}};
  CHECK(fused.parts() == 3);
  CHECK(fused.part_numbers() == 40);
  const ParameterSpec token{"class_token", ParameterKind::vector, {"c"}, {1, 1, 7}};
  CHECK(token.part_rows() == 1);
  CHECK(token.width() == 7);
  const ParameterSpec scale{"log_scale", ParameterKind::scalar, {"s"}, {}};
  CHECK(scale.part_rows() == 1);
  CHECK(scale.part_numbers() == 1);
}

TEST_CASE("a list counts all its numbers and knows each by its place") {
  ParameterList list;
  const Parameter fused = list.add({"qkv", ParameterKind::matrix, {"q", "k", "v"}, {8, 5}});
  const Parameter bias = list.add({"bias", ParameterKind::vector, {"b"}, {8}});
  CHECK(list.size() == 2);
  CHECK(list[fused].role == "qkv");
  CHECK(list[bias].role == "bias");
  CHECK(list.numbers() == 3 * 40 + 8);
  CHECK(wrong_refusal(Status::internal, {"orphan"}, [&] { list.add({"orphan", ParameterKind::vector, {}, {8}}); }) == "");
}
