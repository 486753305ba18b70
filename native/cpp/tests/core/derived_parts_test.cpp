// Parts made of tensors that lie otherwise in the folder, read in pieces as executors read them.
#include <doctest/doctest.h>

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

  const auto wanted = parameters.tensors();  // of a folder
  REQUIRE(wanted.size() == 3);
  CHECK((wanted[0].tensor == "fused" && wanted[0].shape == std::vector<int64_t>{21, 5}));
  CHECK((wanted[1].tensor == "wide" && wanted[1].shape == std::vector<int64_t>{300, 700}));
  CHECK((wanted[2].tensor == "fused" && wanted[2].shape == std::vector<int64_t>{21, 5}));
}

TEST_CASE("a derived part is declared once, and made of something") {
  ParameterList list;
  list.derive("a", rows_of("t", {4, 2}, 0));
  CHECK(wrong_refusal(Status::internal, {"a", "twice"}, [&] { list.derive("a", rows_of("t", {4, 2}, 2)); }) == "");
  CHECK(wrong_refusal(Status::internal, {"b", "nothing"}, [&] { list.derive("b", {}); }) == "");
}
