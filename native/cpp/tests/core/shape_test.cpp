#include <doctest/doctest.h>

#include "core/dtype.h"
#include "core/shape.h"
#include "support/refusal.h"

using namespace oag;
using namespace oag::test;

TEST_CASE("an extent is a number or a multiple of a symbol") {
  const Bindings bindings{1, 8, 3, 40};  // images, texts, tokens
  CHECK(Extent(7).value() == 7);
  CHECK(Extent(7).value(bindings) == 7);
  CHECK(Extent(5, Symbol::images).value(bindings) == 40);
  CHECK(Extent(1, Symbol::texts).value(bindings) == 3);
  CHECK(Extent(2, Symbol::tokens).times(3) == Extent(6, Symbol::tokens));
  CHECK(Extent(6) != Extent(6, Symbol::tokens));
}

TEST_CASE("the value of a symbol is not known while a model is recorded") {
  CHECK_FALSE(Extent(1, Symbol::tokens).known());
  CHECK(wrong_refusal(Status::internal, {"2·tokens"}, [] { Extent(2, Symbol::tokens).value(); }) == "");
}

TEST_CASE("shapes for people") {
  CHECK(Shape{{197, Symbol::images}, 768}.text() == "[197·images, 768]");
  CHECK(Shape{{1, Symbol::images}, {1, Symbol::texts}}.text() == "[images, texts]");
  CHECK(Shape{2, 3}.text() == "[2, 3]");
}

TEST_CASE("sizes of element types") {
  CHECK(size_of(DType::f32) == 4);
  CHECK(size_of(DType::f16) == 2);
  CHECK(size_of(DType::bf16) == 2);
  CHECK(size_of(DType::i32) == 4);
  CHECK(size_of(DType::u8) == 1);
}
