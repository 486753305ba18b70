#include "core/shape.h"

#include "core/error.h"

namespace oag {

const char* name_of(Symbol symbol) {
  switch (symbol) {
    case Symbol::one: return "1";
    case Symbol::images: return "images";
    case Symbol::texts: return "texts";
    case Symbol::tokens: return "tokens";
  }
  return "?";
}

int64_t Extent::value() const {
  if (!known()) throw Error(Status::internal, "the extent " + text() + " is a symbol here and was used as a number");
  return factor;
}

std::string Extent::text() const {
  if (known()) return std::to_string(factor);
  return factor == 1 ? name_of(symbol) : std::to_string(factor) + "·" + name_of(symbol);
}

std::string Shape::text() const { return "[" + rows.text() + ", " + width.text() + "]"; }

}  // namespace oag
