// Sizes that may still be symbols: a model is recorded once, before anybody knows how many rows a call will bring.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace oag {

// What the extents of a recorded model count.
enum class Symbol : uint8_t { one, images, texts, tokens };
inline constexpr int symbol_count = 4;

const char* name_of(Symbol symbol);

// The value of each symbol in a pass; `one` is 1.
using Bindings = std::array<int64_t, symbol_count>;

// A number of rows or columns: factor × symbol. With Symbol::one it is a plain number.
struct Extent {
  int64_t factor = 0;
  Symbol symbol = Symbol::one;

  constexpr Extent() = default;
  constexpr Extent(int64_t count) : factor(count) {}  // NOLINT: a plain number is an extent
  constexpr Extent(int64_t per_symbol, Symbol counted) : factor(per_symbol), symbol(counted) {}

  bool known() const { return symbol == Symbol::one; }
  int64_t value() const;  // of a known extent; an internal error otherwise
  int64_t value(const Bindings& bindings) const { return factor * bindings[static_cast<int>(symbol)]; }
  Extent times(int64_t n) const { return {factor * n, symbol}; }
  std::string text() const;  // "197·images", "512"

  friend bool operator==(const Extent&, const Extent&) = default;
};

// Tensors are matrices: packed rows times width.
struct Shape {
  Extent rows;
  Extent width;

  std::string text() const;  // "[tokens, 512]"
  friend bool operator==(const Shape&, const Shape&) = default;
};

}  // namespace oag
