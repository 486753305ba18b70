// A definition of the size a test wants: one of each kind of parameter.
#pragma once

#include "core/parameters.h"

namespace oag::test {

inline constexpr int64_t tiny_width = 8;

struct TinyModel {
  ParameterList list;
  Parameter matrix = list.add({"tiny.matrix", ParameterKind::matrix, {"m0", "m1", "m2"}, {tiny_width, tiny_width}});
  Parameter matrix_bias = list.add({"tiny.matrix.bias", ParameterKind::vector, {"b0", "b1", "b2"}, {tiny_width}});
  Parameter gain = list.add({"tiny.gain", ParameterKind::vector, {"g"}, {tiny_width}});
  Parameter bias = list.add({"tiny.bias", ParameterKind::vector, {"b"}, {tiny_width}});
  Parameter short_vector = list.add({"tiny.short", ParameterKind::vector, {"s"}, {tiny_width - 1}});
  Parameter tokens = list.add({"tiny.tokens", ParameterKind::table, {"t"}, {20, tiny_width}});
  Parameter positions = list.add({"tiny.positions", ParameterKind::table, {"p"}, {5, tiny_width}});
  Parameter narrow_table = list.add({"tiny.narrow", ParameterKind::table, {"n"}, {5, tiny_width - 1}});
  Parameter patches = list.add({"tiny.patches", ParameterKind::matrix, {"x"}, {tiny_width, 3, 2, 2}});
  Parameter squares = list.add({"tiny.squares", ParameterKind::matrix, {"q"}, {tiny_width - 1, 9 * tiny_width}});
  Parameter biases = list.add({"tiny.biases", ParameterKind::table, {"d"}, {8, 2}});
  Parameter odd_biases = list.add({"tiny.odd_biases", ParameterKind::table, {"o"}, {6, 2}});
  Parameter log_scale = list.add({"tiny.log_scale", ParameterKind::scalar, {"l"}, {}});
};

}  // namespace oag::test
