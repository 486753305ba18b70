// The image processors of transformers (testdata/pixels/processors.json, made by tools/reference/pictures_processors.py).
#include "image/processor.h"

#include <doctest/doctest.h>

#include <cstring>
#include <limits>
#include <thread>

#include "image/golden.h"

using namespace oag;
using namespace oag::image;
using nlohmann::json;

namespace {

Processor processor(const json& config) { return Processor(config, ProcessorFamily::clip, "preprocessor_config.json"); }

std::vector<float> values(const Processor& p, RgbView source, ResizePath path = best_resize_path()) {
  const Size size = p.output_size(source.width, source.height);
  // Poisoned, so that a value that is not written shows.
  const size_t count = static_cast<size_t>(size.width) * static_cast<size_t>(size.height) * 3;
  std::vector<float> out(count, std::numeric_limits<float>::quiet_NaN());
  p.apply(source, out.data(), path);
  return out;
}

uint32_t bits(float value) {
  uint32_t result;
  std::memcpy(&result, &value, sizeof(result));
  return result;
}

std::string refused(const json& config, Status status = Status::bad_model) {
  return golden::error_text(status, [&] { processor(config); });
}

}  // namespace

TEST_CASE("pixels and values are those of the PIL processors") {
  const auto golden_data = golden::json("pixels/processors.json");
  REQUIRE(golden_data.at("cases").size() >= 70);
  int pictures = 0;
  for (const auto& entry : golden_data.at("cases")) {
    CAPTURE(entry.at("config").dump());
    const Processor p = processor(entry.at("config"));
    for (const auto& r : entry.at("results")) {
      CAPTURE(r.dump());
      const Picture source = golden::noise(r[0], r[1], r[2]);
      CHECK(p.output_size(r[0], r[1]) == Size{r[3], r[4]});
      for (const ResizePath path : resize_paths()) {
        const Picture pixels = p.pixels(source.view(), path);
        CHECK(pixels.size() == Size{r[3], r[4]});
        CHECK(golden::crc(pixels) == r[5]);
        const std::vector<float> v = values(p, source.view(), path);
        for (size_t i = 0; i < 8; ++i) CHECK(bits(v[i * (v.size() - 1) / 7]) == r[7][i].get<uint32_t>());
        CHECK(golden::crc(v.data(), v.size() * sizeof(float)) == r[6]);
      }
      ++pictures;
    }
  }
  CHECK(pictures >= 300);
}

TEST_CASE("what transformers refuses is refused, naming file, key and value") {
  const auto golden_data = golden::json("pixels/processors.json");
  REQUIRE(golden_data.at("bad").size() >= 20);
  for (const auto& config : golden_data.at("bad")) {
    CAPTURE(config.dump());
    const bool unknown = config.at("image_processor_type") == "UnheardOfImageProcessor";
    const std::string text = refused(config, unknown ? Status::unsupported : Status::bad_model);
    CAPTURE(text);
    CHECK(text.starts_with("preprocessor_config.json: "));
    bool names_a_key = false;
    for (const auto& [key, value] : config.items()) {
      names_a_key = names_a_key || (golden::contains(text, key) && (key != "image_processor_type" || unknown));
    }
    CHECK(names_a_key);
    CHECK((golden::contains(text, "expected") || unknown));
  }
}

TEST_CASE("errors of a config say what was expected") {
  CHECK(refused({{"size", {{"shortest_edge", -224}}}}) ==
        "preprocessor_config.json: size.shortest_edge is -224, expected a whole number of pixels from 1 to 16777216");
  CHECK(golden::contains(refused({{"size", 0}}), "size is 0, expected a whole number"));
  CHECK(golden::contains(refused({{"size", true}}), "size is true, expected an integer"));
  CHECK(golden::contains(refused({{"size", {{"height", 1e300}, {"width", 3}}}}), "size.height is 1e+300"));
  CHECK(golden::contains(refused({{"size", {{"height", UINT64_MAX}, {"width", 3}}}}), "size.height is 18446744073709551615"));
  CHECK(golden::contains(refused({{"size", {{"height", 100000}, {"width", 100000}}}}), "at most 2^28 pixels"));
  CHECK(golden::contains(refused({{"crop_size", {100000, 100000}}}), "crop_size is \"100000 x 100000\""));
  CHECK(golden::contains(refused({{"resample", 6}}), "resample is 6, expected 0 (nearest)"));
  CHECK(golden::contains(refused({{"resample", "bicubic"}}), "resample is \"bicubic\""));
  CHECK(golden::contains(refused({{"do_resize", 1}}), "do_resize is 1, expected true or false"));
  CHECK(golden::contains(refused({{"do_convert_rgb", "yes"}}), "do_convert_rgb is \"yes\""));
  CHECK(golden::contains(refused({{"image_std", {0.5, 0, 0.5}}}), "image_std is [0.5,0,0.5]"));
  // Finite numbers that give infinite pixels, beside defaults that are not in the folder.
  CHECK(golden::contains(refused({{"rescale_factor", 1e300}}), "rescale_factor is 1e+300, expected numbers that"));
  CHECK(golden::contains(refused({{"rescale_factor", 1e300}, {"do_normalize", false}}), "rescale_factor is 1e+300"));
  CHECK(golden::contains(refused({{"image_std", 1e-44}}), "image_std is 1e-44, expected numbers that"));
  CHECK(golden::contains(refused({{"image_mean", 1e300}}), "image_mean is 1e+300, expected numbers that"));
  CHECK(golden::contains(refused({{"image_mean", {0.5, "a", 0.5}}}), "image_mean is \"a\", expected a finite number"));
  CHECK(golden::contains(refused({{"image_std", {1, 2, nullptr}}}), "image_std is null, expected a finite number"));
  CHECK(golden::contains(refused({{"image_processor_type", 3}}), "image_processor_type is 3, expected a string"));
  CHECK(golden::contains(refused({{"image_processor_type", "OwlViTImageProcessor"}}, Status::unsupported),
                         "\"OwlViTImageProcessor\"; known are CLIP"));
  CHECK(golden::contains(refused({{"image_processor", 3}}), "the image processor is 3"));
  CHECK(golden::contains(refused(json::array()), "the image processor is []"));
  const json padded = {{"do_pad", true}, {"pad_size", {{"height", 300}, {"width", 300}}}};
  CHECK(golden::contains(refused(padded, Status::unsupported), "do_pad"));
  CHECK(golden::contains(refused({{"do_pad", true}, {"do_center_crop", false}}, Status::unsupported), "do_pad"));
  CHECK(refused({{"do_pad", true}}).empty());  // all pictures have one size: nothing is added
  // What no switch uses is not judged.
  CHECK(refused({{"do_resize", false}, {"size", "x"}, {"resample", 99}, {"do_normalize", false}, {"image_mean", "x"}}).empty());
}

TEST_CASE("keys of processor_config.json stand under image_processor, and the type decides the family") {
  const json inner = {{"image_processor_type", "ViTImageProcessorFast"}, {"size", 30}};
  const json outer = {{"processor_class", "CLIPProcessor"}, {"image_processor", inner}, {"size", 50}};
  CHECK(processor(outer).output_size(100, 200) == Size{30, 30});
  CHECK(processor({{"processor_class", "CLIPProcessor"}, {"image_processor", nullptr}}).output_size(100, 200) == Size{224, 224});

  const auto size_of = [](ProcessorFamily fallback, const json& config) {
    return Processor(config, fallback, "f").output_size(100, 200);
  };
  CHECK(size_of(ProcessorFamily::clip, json::object()) == Size{224, 224});
  CHECK(size_of(ProcessorFamily::blip, json::object()) == Size{384, 384});
  CHECK(size_of(ProcessorFamily::blip, {{"image_processor_type", nullptr}}) == Size{384, 384});
  CHECK(size_of(ProcessorFamily::vit, {{"size", 40}}) == Size{40, 40});
  CHECK(size_of(ProcessorFamily::siglip, {{"size", 40}}) == Size{40, 80});
  CHECK(size_of(ProcessorFamily::siglip, {{"size", 40}, {"feature_extractor_type", "ViTFeatureExtractor"}}) == Size{40, 40});
}

TEST_CASE("open_clip's centre cut begins where torchvision's does: half rounds to even") {
  const json config = {{"image_processor_type", "OpenClipImageProcessor"}, {"do_resize", false}, {"crop_size", 4}, {"do_rescale", false}, {"do_normalize", false}};
  for (const auto& [width, left] : {std::pair{4, 0}, {5, 0}, {6, 1}, {7, 2}, {8, 2}, {9, 2}, {11, 4}, {13, 4}}) {  // round(0.5) is 0, round(1.5) 2, round(2.5) 2
    CAPTURE(width);
    const Picture source = golden::noise(width, 4, 1);
    const Picture cut = processor(config).pixels(source.view());
    for (int y = 0; y < 4; ++y) CHECK(std::memcmp(cut.view().row(y), source.view().row(y) + 3 * left, 12) == 0);
  }
}

TEST_CASE("fixed_size tells whether every picture gets one size") {
  CHECK(processor(json::object()).fixed_size());
  CHECK(processor({{"do_resize", false}}).fixed_size());
  CHECK(processor({{"do_center_crop", false}, {"size", {{"height", 3}, {"width", 4}}}}).fixed_size());
  CHECK_FALSE(processor({{"do_center_crop", false}}).fixed_size());
  CHECK_FALSE(processor({{"do_center_crop", false}, {"do_resize", false}}).fixed_size());
}

TEST_CASE("sources that are empty, or too long and narrow, are refused") {
  const auto text_of = [](const json& config, int width, int height) {
    return golden::error_text(Status::bad_image, [&] { processor(config).output_size(width, height); });
  };
  CHECK(golden::contains(text_of(json::object(), 0, 5), "0 x 5"));
  CHECK(golden::contains(text_of(json::object(), 5, -5), "5 x -5"));
  CHECK(golden::contains(text_of(json::object(), 1, 2147483647), "too long and narrow"));
  const json bounded = {{"size", {{"shortest_edge", 4}, {"longest_edge", 5}}}};
  CHECK(golden::contains(text_of(bounded, 1, 60000), "too long and narrow"));  // 0 x 5
  CHECK(golden::contains(text_of({{"do_center_crop", false}}, 3, 30000), "more than 178956970 pixels"));
  // A crop needs only its part of the resized strip: 224 x 1120000, of which 224 x 224 are made.
  const Picture strip = golden::noise(2, 10000, 3);
  const Processor clip = processor(json::object());
  CHECK(golden::crc(clip.pixels(strip.view(), ResizePath::scalar)) == golden::crc(clip.pixels(strip.view())));
}

TEST_CASE("one processor serves many threads with the same bits") {
  const Processor p = processor(json::object());
  const Picture source = golden::noise(300, 200, 7);
  const std::vector<float> expected = values(p, source.view());
  std::vector<int> failures(8, 0);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < failures.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 5; ++i) failures[t] += values(p, source.view()) != expected;
    });
  }
  for (auto& thread : threads) thread.join();
  for (const int count : failures) CHECK(count == 0);
}
