#include <doctest/doctest.h>

#include "files/config.h"
#include "support/refusal.h"
#include "support/temp_folder.h"

using namespace oag;
using namespace oag::files;
using namespace oag::test;

namespace {

Config parse(const std::string& text) { return Config("config.json", nlohmann::json::parse(text)); }

template <class Body>
std::string refused(std::initializer_list<std::string> parts, Body&& body) {
  return wrong_refusal(Status::bad_model, parts, body);
}

}  // namespace

TEST_CASE("values, defaults, and null for a default") {
  const Config config = parse(R"({"n": 5, "x": 1e-5, "whole": 2, "s": "gelu", "b": true, "none": null})");
  CHECK(config.integer("n", 7) == 5);
  CHECK(config.integer("absent", 7) == 7);
  CHECK(config.integer("none", 7) == 7);
  CHECK(config.number("x", std::nullopt) == 1e-5);
  CHECK(config.number("whole", std::nullopt) == 2);
  CHECK(config.number("none", 0.5) == 0.5);
  CHECK(config.text("s", "relu") == "gelu");
  CHECK(config.text("absent", "relu") == "relu");
  CHECK(config.boolean("b", false));
  CHECK(config.boolean("none", true));
  CHECK(config.has("n"));
  CHECK_FALSE(config.has("none"));
  CHECK_FALSE(config.has("absent"));
}

TEST_CASE("an error names file, path, value and what was expected") {
  const Config config = parse(R"({"text_config": {"hidden_size": "wide", "layers": {"n": -1}}, "vision_config": 3})");
  const Config text = config.section("text_config");
  CHECK(refused({"config.json: text_config.hidden_size is \"wide\"; expected an integer from 1 to 64"}, [&] { text.integer("hidden_size", 8, 1, 64); }) == "");
  CHECK(refused({"config.json: text_config.layers.n is -1; expected an integer from 0 to 9"}, [&] { text.section("layers").integer("n", 8, 0, 9); }) == "");
  CHECK(refused({"config.json: text_config.absent is missing and has no default"}, [&] { text.integer("absent", std::nullopt); }) == "");
  CHECK(refused({"config.json: vision_config is 3; expected an object"}, [&] { config.section("vision_config"); }) == "");
  CHECK(refused({"config.json: nowhere.n is missing"}, [&] { config.section("nowhere").text("n", std::nullopt); }) == "");
}

TEST_CASE("integers out of range, of any size, are refused") {
  for (const char* value : {"0", "65", "-1", "1.0", "1e3", "true", "[1]", "\"1\"", "9223372036854775807", "18446744073709551615", "-9223372036854775808", "1e400"}) {
    CAPTURE(std::string(value));
    const std::string text = std::string("{\"n\": ") + value + "}";
    if (!nlohmann::json::accept(text)) continue;  // 1e400 is no number of JSON for the parser
    CHECK(refused({"config.json: n is ", "from 1 to 64"}, [&] { parse(text).integer("n", 8, 1, 64); }) == "");
  }
  CHECK(refused({"n is 18446744073709551615"}, [] { parse(R"({"n": 18446744073709551615})").integer("n", 0, -5, 5); }) == "");  // not -1
  CHECK(parse(R"({"n": 64})").integer("n", 8, 1, 64) == 64);
  CHECK(parse(R"({"n": 1})").integer("n", 8, 1, 64) == 1);
}

TEST_CASE("other types are refused") {
  const Config config = parse(R"({"n": 1, "s": "x", "b": "true", "null_text": ["a"]})");
  CHECK(refused({"s is \"x\"; expected a number"}, [&] { config.number("s", 1.0); }) == "");
  CHECK(refused({"n is 1; expected a string"}, [&] { config.text("n", ""); }) == "");
  CHECK(refused({"b is \"true\"; expected true or false"}, [&] { config.boolean("b", false); }) == "");
  CHECK(refused({"n is 1; expected true or false"}, [&] { config.boolean("n", false); }) == "");
}

TEST_CASE("a size is an integer, one in a list, or height and width") {
  const Config config = parse(R"({"edge": 224, "one": [7], "two": [4, 9], "none": [], "three": [1, 2, 3], "zero": [0, 1], "huge": [18446744073709551615, 1], "text": "9", "part": [1, 2.5]})");
  using Size = std::pair<int64_t, int64_t>;
  CHECK(config.size("edge", 1) == Size{224, 224});
  CHECK(config.size("one", 1) == Size{7, 7});
  CHECK(config.size("two", 1) == Size{4, 9});
  CHECK(config.size("absent", 3) == Size{3, 3});
  for (const char* bad : {"none", "three", "zero", "huge", "text", "part"}) CHECK(refused({std::string("config.json: ") + bad + " is "}, [&] { config.size(bad, 1); }) == "");
}

TEST_CASE("a long value is cut in the error") {
  const Config config = parse("{\"n\": \"" + std::string(1'000'000, 'y') + "\"}");
  try {
    config.integer("n", 1);
    FAIL("nothing was thrown");
  } catch (const Error& e) {
    CHECK(e.text().size() < 300);
  }
}

TEST_CASE("files that are no JSON object are refused by name") {
  const TempFolder folder;
  const auto written = [&](const std::string& text) { return folder.write("config.json", text); };
  CHECK(Config::read(written("{\"a\": 1}")).integer("a", 0) == 1);
  for (const char* text : {"", "{", "{\"a\": 1,}", "{\"a\": NaN}", "// no\n{}", "\xef\xbb\xbf", "{\"a\": \"\xff\"}", "{} {}"}) {
    CAPTURE(std::string(text));
    CHECK(refused({folder.file("config.json"), "not valid JSON"}, [&] { Config::read(written(text)); }) == "");
  }
  CHECK(refused({folder.file("config.json"), "not a JSON object but array"}, [&] { Config::read(written("[]")); }) == "");
  CHECK(refused({folder.file("config.json"), "not a JSON object but null"}, [&] { Config::read(written("null")); }) == "");
  CHECK(wrong_refusal(Status::io, {folder.file("none.json")}, [&] { Config::read(folder.file("none.json")); }) == "");
}

TEST_CASE("the error of a broken file is short and UTF-8, whatever is in the file") {
  const TempFolder folder;
  for (const std::string& text : {"{\"a\": \"" + std::string(1'000'000, 'z'), std::string("{\"a\": \"\xff\xfe\"}")}) {
    try {
      Config::read(folder.write("config.json", text));
      FAIL("nothing was thrown");
    } catch (const Error& e) {
      CHECK(e.text().size() < 400);
      CHECK_NOTHROW(nlohmann::json(e.text()).dump());  // throws for what is not UTF-8
    }
  }
}

TEST_CASE("an object nested without end is refused without using up the stack") {
  const TempFolder folder;
  for (const std::string& text : {"{\"hidden_size\": " + std::string(1'000'000, '['),
                                  "{\"hidden_size\": " + std::string(100'000, '[') + std::string(100'000, ']') + "}"})
    CHECK(refused({folder.file("config.json"), "nested"}, [&] { Config::read(folder.write("config.json", text)); }) == "");
  std::string deep_enough;
  for (int i = 0; i < 50; i++) deep_enough += "{\"a\": ";
  Config::read(folder.write("config.json", deep_enough + "1" + std::string(50, '}')));
}
