// Parts made of tensors that lie otherwise in the folder, read in pieces as executors read them.
#include <doctest/doctest.h>

#include <cmath>

#include "core/derived_parts.h"
#include "support/parameters.h"
#include "support/refusal.h"

using namespace oag;
using namespace oag::test;

namespace {

std::vector<float> read_in_pieces(const ParameterSource& source, const std::string& name, int64_t rows, int64_t width, int64_t piece) {
  std::vector<float> all(static_cast<size_t>(rows * width));
  for (int64_t first = 0; first < rows; first += piece) source.read(name, first, std::min(piece, rows - first), width, all.data() + first * width);
  return all;
}

}  // namespace

TEST_CASE("a convolution takes the batch norm behind it in, channels innermost") {
  constexpr int64_t outputs = 5, inputs = 3, kernel = 3;
  ParameterList folder;
  folder.add({"conv", ParameterKind::matrix, {"conv.weight"}, {outputs, inputs, kernel, kernel}});
  for (const std::string name : {"gain", "bias", "mean", "variance"}) folder.add({name, ParameterKind::vector, {name}, {outputs}});
  MemorySource tensors(folder);
  for (float& variance : tensors.tensors.at("variance")) variance = variance * variance + 0.01f;
  const BatchNorm norm{.gain = "gain", .bias = "bias", .mean = "mean", .variance = "variance", .epsilon = 0.25};
  ParameterList parameters;
  const std::string weight = parameters.derive("weight", convolution_with_norm("conv.weight", outputs, inputs, kernel, norm)), bias = parameters.derive("b", bias_with_norm(outputs, norm));
  parameters.add({"weight", ParameterKind::matrix, {weight}, {outputs, kernel * kernel * inputs}});
  parameters.add({"bias", ParameterKind::vector, {bias}, {outputs}});
  CHECK(parameters.tensors().size() == 7);  // some of them twice
  const DerivingSource source(parameters, tensors);

  // A square of x through the convolution and the norm, as torch has them, in fp64.
  const std::vector<float> x = random_floats(kernel * kernel * inputs, 9);  // [cells, inputs]
  std::vector<float> got_bias(outputs);
  source.read(bias, 0, 1, outputs, got_bias.data());
  for (int64_t piece : {1, 2, 100}) {
    const std::vector<float> got = read_in_pieces(source, weight, outputs, kernel * kernel * inputs, piece);
    for (size_t o = 0; o < outputs; o++) {
      double sum = 0, folded = got_bias[o];
      for (size_t i = 0; i < inputs; i++)
        for (size_t k = 0; k < kernel * kernel; k++) sum += double{tensors.tensors.at("conv.weight")[(o * inputs + i) * kernel * kernel + k]} * x[k * inputs + i];
      for (size_t k = 0; k < x.size(); k++) folded += double{got[o * x.size() + k]} * x[k];
      const auto at = [&](const char* name) { return double{tensors.tensors.at(name)[o]}; };
      const double expected = (sum - at("mean")) / std::sqrt(at("variance") + 0.25) * at("gain") + at("bias");
      CHECK(folded == doctest::Approx(expected).epsilon(1e-5));
    }
  }

  tensors.tensors.at("variance")[3] = -0.5f;
  std::vector<float> room(outputs * kernel * kernel * inputs);
  CHECK(wrong_refusal(Status::bad_model, {"tensor variance", "-0.5", "element 3"}, [&] { source.read(weight, 0, outputs, kernel * kernel * inputs, room.data()); }) == "");
  CHECK(wrong_refusal(Status::bad_model, {"tensor variance"}, [&] { source.read(bias, 0, 1, outputs, room.data()); }) == "");
}

TEST_CASE("slices and transposes hold the tensor's numbers, whatever the pieces they are read in") {
  ParameterList list;
  list.add({"fused", ParameterKind::matrix, {"fused"}, {21, 5}});
  list.add({"wide", ParameterKind::matrix, {"wide"}, {300, 700}});
  const MemorySource tensors(list);  // of the folder

  ParameterList parameters;
  const std::string slice = parameters.derive("fused[7:14]", rows_of("fused", {21, 5}, 7)), turned = parameters.derive("wide, transposed", transposed("wide", 300, 700));
  parameters.add({"key", ParameterKind::matrix, {slice}, {7, 5}});
  parameters.add({"projection", ParameterKind::matrix, {turned}, {700, 300}});
  parameters.add({"plain", ParameterKind::matrix, {"fused"}, {21, 5}});
  const DerivingSource source(parameters, tensors);

  const std::vector<float>&fused = tensors.tensors.at("fused"), &wide = tensors.tensors.at("wide");
  for (int64_t piece : {1, 3, 1000}) {
    CAPTURE(piece);
    CHECK(read_in_pieces(source, slice, 7, 5, piece) == std::vector<float>(fused.begin() + 35, fused.begin() + 70));
    CHECK(read_in_pieces(source, "fused", 21, 5, piece) == fused);
    const std::vector<float> columns = read_in_pieces(source, turned, 700, 300, piece * 100);
    int64_t wrong = 0;
    for (int64_t row = 0; row < 700; row++)
      for (int64_t k = 0; k < 300; k++) wrong += columns[static_cast<size_t>(row * 300 + k)] != wide[static_cast<size_t>(k * 700 + row)];
    CHECK(wrong == 0);
  }

  ParameterList vectors;
  list.add({"bias", ParameterKind::vector, {"bias"}, {21}});
  const MemorySource more(list);
  const std::string elements = vectors.derive("bias[7:14]", rows_of("bias", {21}, 7));
  const std::vector<float>& bias = more.tensors.at("bias");
  std::vector<float> slice_of_bias(7);
  DerivingSource(vectors, more).read(elements, 0, 1, 7, slice_of_bias.data());
  CHECK(slice_of_bias == std::vector<float>(bias.begin() + 7, bias.begin() + 14));

  const auto wanted = parameters.tensors();  // of a folder
  REQUIRE(wanted.size() == 3);
  CHECK((wanted[0].tensor == "fused" && wanted[0].shape == std::vector<int64_t>{21, 5}));
  CHECK((wanted[1].tensor == "wide" && wanted[1].shape == std::vector<int64_t>{300, 700}));
  CHECK((wanted[2].tensor == "fused" && wanted[2].shape == std::vector<int64_t>{21, 5}));
}

TEST_CASE("rows are scaled, those of a matrix and the elements of a vector") {
  ParameterList list;
  list.add({"matrix", ParameterKind::matrix, {"matrix"}, {9, 5}});
  list.add({"vector", ParameterKind::vector, {"vector"}, {9}});
  list.add({"scale", ParameterKind::vector, {"scale"}, {9}});
  const MemorySource tensors(list);
  ParameterList parameters;
  const std::string matrix = parameters.derive("m", rows_scaled("matrix", 9, 5, "scale")), vector = parameters.derive("v", rows_scaled("vector", 9, 1, "scale"));
  const DerivingSource source(parameters, tensors);
  const std::vector<float>& scale = tensors.tensors.at("scale");
  std::vector<float> rows = tensors.tensors.at("matrix"), elements = tensors.tensors.at("vector");
  for (size_t i = 0; i < 45; i++) rows[i] *= scale[i / 5];
  for (size_t i = 0; i < 9; i++) elements[i] *= scale[i];
  for (int64_t piece : {1, 4, 100}) CHECK(read_in_pieces(source, matrix, 9, 5, piece) == rows);
  std::vector<float> whole(9);
  source.read(vector, 0, 1, 9, whole.data());
  CHECK(whole == elements);
}

TEST_CASE("tensors are stacked, whatever the pieces they are read in") {
  ParameterList list;
  list.add({"a", ParameterKind::vector, {"a"}, {1, 1, 3}});
  list.add({"b", ParameterKind::matrix, {"b"}, {4, 3}});
  const MemorySource tensors(list);
  ParameterList parameters;
  const std::string both = parameters.derive("both", stacked({{"a", {1, 1, 3}, 1}, {"b", {4, 3}, 4}}));
  const DerivingSource source(parameters, tensors);
  std::vector<float> expected = tensors.tensors.at("a");
  expected.insert(expected.end(), tensors.tensors.at("b").begin(), tensors.tensors.at("b").end());
  for (int64_t piece : {1, 2, 3, 5}) CHECK(read_in_pieces(source, both, 5, 3, piece) == expected);
}

TEST_CASE("positions keep their grid, and are resized to another") {  // the golden DINOv2 models compare with torch
  ParameterList list;
  list.add({"table", ParameterKind::table, {"table"}, {1 + 9, 2}});
  MemorySource tensors(list);
  for (int64_t cell = 0; cell < 9; cell++) {  // a plane over the grid, and a constant
    tensors.tensors.at("table")[static_cast<size_t>(2 + cell * 2)] = static_cast<float>(10 * (cell / 3) + cell % 3);
    tensors.tensors.at("table")[static_cast<size_t>(3 + cell * 2)] = 7;
  }
  const std::vector<float>& table = tensors.tensors.at("table");
  for (const Interpolation interpolation : {Interpolation::bicubic, Interpolation::bicubic_antialiased}) {
    ParameterList parameters;
    const std::string same = parameters.derive("same", resized_positions("table", {1, 10, 2}, 2, 1, 2, {3, 3}, {3, 3}, interpolation));
    const std::string larger = parameters.derive("larger", resized_positions("table", {1, 10, 2}, 2, 1, 0, {3, 3}, {6, 9}, interpolation));
    const DerivingSource source(parameters, tensors);
    std::vector<float> kept = table;
    kept.insert(kept.begin() + 2, 4, 0.0f);  // two tokens without a position
    for (int64_t piece : {1, 5, 12}) CHECK(read_in_pieces(source, same, 12, 2, piece) == kept);
    const std::vector<float> resized = read_in_pieces(source, larger, 1 + 54, 2, 7);
    CHECK(resized[0] == table[0]);
    for (size_t cell = 0; cell < 54; cell++) CHECK(std::abs(resized[3 + cell * 2] - 7) < 1e-5);
    // The middle of both grids is one place; left and right of it, above and below, lie values of equal distance.
    CHECK(std::abs(resized[2 + 2 * (2 * 9 + 4)] + resized[2 + 2 * (3 * 9 + 4)] - 2 * 11) < 1e-4);
    CHECK(resized[2 + 2 * (2 * 9 + 5)] > resized[2 + 2 * (2 * 9 + 4)]);
  }
}

TEST_CASE("a derived part is declared once, and made of something") {
  ParameterList list;
  list.derive("a", rows_of("t", {4, 2}, 0));
  CHECK(wrong_refusal(Status::internal, {"a", "twice"}, [&] { list.derive("a", rows_of("t", {4, 2}, 2)); }) == "");
  CHECK(wrong_refusal(Status::internal, {"b", "nothing"}, [&] { list.derive("b", {}); }) == "");
}
