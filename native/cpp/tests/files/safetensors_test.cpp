#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <filesystem>

#include "files/safetensors.h"
#include "support/refusal.h"
#include "support/safetensors_file.h"
#include "support/temp_folder.h"

using namespace oag;
using namespace oag::files;
using namespace oag::test;

namespace {

std::vector<float> read_all(const Safetensors& file, const std::string& name, int64_t count) {
  std::vector<float> values(static_cast<size_t>(count));
  file.read(file.tensors().at(name), 0, count, values.data());
  return values;
}

// A half by IEEE 754's definition, not by bit tricks.
double half_value(uint16_t bits) {
  const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
  const double magnitude = exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
  return bits & 0x8000 ? -magnitude : magnitude;
}

// Opens a file with one tensor "t" that this entry describes, before 16 bytes of data.
std::string wrongly_described(const std::string& entry, std::initializer_list<std::string> parts) {
  const TempFolder folder;
  const std::string path = folder.write("x.safetensors", safetensors_with_header("{\"t\":" + entry + "}", std::string(16, 'x')));
  std::string fault = wrong_refusal(Status::bad_model, parts, [&] { Safetensors{path}; });
  return fault.empty() ? wrong_refusal(Status::bad_model, {path}, [&] { Safetensors{path}; }) : fault;
}

}  // namespace

TEST_CASE("F32 is read as it is") {
  const TempFolder folder;
  const std::vector<float> values{1, -0.0f, 1e-42f, 3.4028235e38f, -1.17549435e-38f, 0.1f};
  const Safetensors file(folder.write("a.safetensors", SafetensorsFile().add("t", "F32", {2, 3}, values).bytes()));
  CHECK(file.tensors().at("t").shape == std::vector<int64_t>{2, 3});
  const std::vector<float> read = read_all(file, "t", 6);
  for (size_t i = 0; i < 6; i++) CHECK(std::bit_cast<uint32_t>(read[i]) == std::bit_cast<uint32_t>(values[i]));
  float middle[2];
  file.read(file.tensors().at("t"), 3, 2, middle);
  CHECK(middle[0] == values[3]);
  CHECK(middle[1] == values[4]);
}

TEST_CASE("every finite half becomes its float, subnormals included; infinities and NaN stay what they are") {
  std::vector<uint16_t> halves(65536);
  for (size_t i = 0; i < halves.size(); i++) halves[i] = static_cast<uint16_t>(i);
  const TempFolder folder;
  const Safetensors file(folder.write("a.safetensors", SafetensorsFile().add("t", "F16", {65536}, halves).bytes()));
  const std::vector<float> read = read_all(file, "t", 65536);
  int wrong = 0;
  for (uint32_t bits = 0; bits < 65536; bits++) {
    if ((bits & 0x7c00) == 0x7c00)
      wrong += (bits & 0x3ff) ? !std::isnan(read[bits]) : read[bits] != (bits & 0x8000 ? -INFINITY : INFINITY);
    else
      wrong += read[bits] != half_value(static_cast<uint16_t>(bits)) || std::signbit(read[bits]) != (bits >= 0x8000);
  }
  CHECK(wrong == 0);
}

TEST_CASE("a bfloat16 is the upper half of its float; long tensors are read in pieces") {
  const size_t count = 70001;  // more than one piece
  std::vector<uint16_t> values(count);
  for (size_t i = 0; i < count; i++) values[i] = static_cast<uint16_t>(i * 40503 + (i >> 16));
  const TempFolder folder;
  const Safetensors file(folder.write("a.safetensors", SafetensorsFile().add("t", "BF16", {static_cast<int64_t>(count)}, values).bytes()));
  const std::vector<float> read = read_all(file, "t", static_cast<int64_t>(count));
  int wrong = 0;
  for (size_t i = 0; i < count; i++) wrong += std::bit_cast<uint32_t>(read[i]) != static_cast<uint32_t>(values[i]) << 16;
  CHECK(wrong == 0);
}

TEST_CASE("scalars, empty tensors, metadata and types of no use to a model are taken") {
  SafetensorsFile file;
  file.add<float>("scalar", "F32", {}, {2.5f}).add<int64_t>("ids", "I64", {1, 2}, {3, 4}).add<float>("none", "F32", {0, 7}, {});
  file.header["__metadata__"] = {{"format", "pt"}};
  const TempFolder folder;
  const Safetensors read(folder.write("a.safetensors", file.bytes()));
  CHECK(read.tensors().size() == 3);
  CHECK(read_all(read, "scalar", 1)[0] == 2.5f);
  CHECK(read.tensors().at("ids").dtype == "I64");
  CHECK_FALSE(Safetensors::readable("I64"));
  CHECK(Safetensors::readable("BF16"));
}

TEST_CASE("a file cut anywhere is refused by its name") {
  const std::string whole = SafetensorsFile().add<float>("a", "F32", {2}, {1, 2}).add<float>("b", "F32", {3}, {1, 2, 3}).bytes();
  const TempFolder folder;
  for (size_t length = 0; length < whole.size(); length++) {
    CAPTURE(length);
    const std::string path = folder.write("cut.safetensors", whole.substr(0, length));
    CHECK(wrong_refusal(Status::bad_model, {path}, [&] { Safetensors{path}; }) == "");
  }
  Safetensors{folder.write("whole.safetensors", whole)};
}

TEST_CASE("a file of anything else is refused") {
  const TempFolder folder;
  const auto refused = [&](const std::string& bytes, const char* part) {
    const std::string path = folder.write("bad.safetensors", bytes);
    return wrong_refusal(Status::bad_model, {path, part}, [&] { Safetensors{path}; });
  };
  CHECK(refused(std::string(5000, '\xff'), "more than 100,000,000") == "");
  CHECK(refused("PK\x03\x04 and what else a zip file has in it", "not a safetensors file") == "");
  CHECK(refused("version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 17\n", "not a safetensors file") == "");
  CHECK(refused(safetensors_with_header("", ""), "not valid JSON") == "");
  CHECK(refused(safetensors_with_header("{\"a\":", ""), "not valid JSON") == "");
  CHECK(refused(safetensors_with_header("{\"\xff\xfe\":1}", ""), "not valid JSON") == "");
  CHECK(refused(safetensors_with_header("[]", ""), "not a JSON object") == "");
  CHECK(refused(safetensors_with_header("null", ""), "not a JSON object") == "");
  CHECK(refused(safetensors_with_header("17", ""), "not a JSON object") == "");
  std::string longer = safetensors_with_header("{}", "");
  longer[0] = 3;
  CHECK(refused(longer, "but the file has 10") == "");
  longer[3] = 0x7f;
  CHECK(refused(longer, "more than 100,000,000") == "");
}

TEST_CASE("a header nested without end is refused without using up the stack or the memory") {
  const TempFolder folder;
  const std::string path = folder.write("deep.safetensors", safetensors_with_header(std::string(2'000'000, '['), ""));
  CHECK(wrong_refusal(Status::bad_model, {path, "nested"}, [&] { Safetensors{path}; }) == "");
}

TEST_CASE("an entry must say dtype, shape and offsets, and they must agree") {
  CHECK(wrongly_described("17", {"tensor t lacks dtype, shape or data_offsets"}) == "");
  CHECK(wrongly_described(R"({"shape":[4],"data_offsets":[0,16]})", {"tensor t lacks"}) == "");
  CHECK(wrongly_described(R"({"dtype":"F32","data_offsets":[0,16]})", {"tensor t lacks"}) == "");
  CHECK(wrongly_described(R"({"dtype":"F32","shape":[4]})", {"tensor t lacks"}) == "");
  CHECK(wrongly_described(R"({"dtype":"F32","shape":[4],"data_offsets":[0]})", {"tensor t lacks"}) == "");
  CHECK(wrongly_described(R"({"dtype":7,"shape":[4],"data_offsets":[0,16]})", {"tensor t lacks"}) == "");
  CHECK(wrongly_described(R"({"dtype":"F99","shape":[4],"data_offsets":[0,16]})", {"unknown dtype F99"}) == "");
  CHECK(wrongly_described(R"({"dtype":"F32","shape":[-4],"data_offsets":[0,16]})", {"a size of tensor t", "non-negative"}) == "");
  CHECK(wrongly_described(R"({"dtype":"F32","shape":[4.0],"data_offsets":[0,16]})", {"a size of tensor t"}) == "");
  CHECK(wrongly_described(R"({"dtype":"F32","shape":["4"],"data_offsets":[0,16]})", {"a size of tensor t"}) == "");
  CHECK(wrongly_described(R"({"dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,16]})", {"a size of tensor t"}) == "");
  CHECK(wrongly_described(R"({"dtype":"F32","shape":[4],"data_offsets":[-16,0]})", {"an offset of tensor t"}) == "");
  CHECK(wrongly_described(R"({"dtype":"F32","shape":[4],"data_offsets":[16,0]})", {"lies at bytes 16 … 0"}) == "");
  CHECK(wrongly_described(R"({"dtype":"F32","shape":[4],"data_offsets":[1,17]})", {"of 16", "truncated"}) == "");
  CHECK(wrongly_described(R"({"dtype":"F32","shape":[4],"data_offsets":[9223372036854775800,9223372036854775807]})", {"truncated"}) == "");
  CHECK(wrongly_described(R"({"dtype":"F32","shape":[4],"data_offsets":[0,18446744073709551615]})", {"an offset of tensor t"}) == "");
  CHECK(wrongly_described(R"({"dtype":"F32","shape":[5],"data_offsets":[0,16]})", {"has 16 bytes", "ask for 20"}) == "");
  CHECK(wrongly_described(R"({"dtype":"F16","shape":[4],"data_offsets":[0,16]})", {"has 16 bytes", "ask for 8"}) == "");
  CHECK(wrongly_described(R"({"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,16]})", {"overflow"}) == "");
  CHECK(wrongly_described(R"({"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,16]})", {"overflow"}) == "");
  CHECK(wrongly_described(R"({"dtype":"F64","shape":[2],"data_offsets":[0,16]})", {"x"}).find("nothing was thrown") == 0);
}

TEST_CASE("tensors must not share bytes") {
  const TempFolder folder;
  const auto two = [&](const std::string& first, const std::string& second) {
    const std::string header = R"({"one":{"dtype":"U8","shape":[8],"data_offsets":)" + first + R"(},"two":{"dtype":"U8","shape":[8],"data_offsets":)" + second + "}}";
    return folder.write("x.safetensors", safetensors_with_header(header, std::string(16, 'x')));
  };
  Safetensors{two("[0,8]", "[8,16]")};
  Safetensors{two("[8,16]", "[0,8]")};
  for (const char* second : {"[0,8]", "[1,9]", "[7,15]"}) {
    const std::string path = two("[0,8]", second);
    CHECK(wrong_refusal(Status::bad_model, {path, "one", "two", "overlap"}, [&] { Safetensors{path}; }) == "");
  }
}

TEST_CASE("a file that is truncated after it was opened is an error, not a signal") {
  const TempFolder folder;
  const std::string path = folder.write("a.safetensors", SafetensorsFile().add("t", "F32", {100}, std::vector<float>(100, 1.0f)).bytes());
  const Safetensors file(path);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 40);
  CHECK(wrong_refusal(Status::io, {path, "truncated while it was read"}, [&] { read_all(file, "t", 100); }) == "");
  CHECK(read_all(file, "t", 90).back() == 1.0f);
}
