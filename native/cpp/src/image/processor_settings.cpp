#include "image/processor_settings.h"

#include <cmath>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

namespace oag::image {
namespace {

using nlohmann::json;

// Larger than any model takes; the float tensor of such a picture fills 3 GiB.
constexpr int64_t most_result_pixels = int64_t{1} << 28;

// A look at one processor config. As in transformers a key that is absent has the class's default, and null switches off.
class Reader {
 public:
  Reader(const json& object, const std::string& file) : object_(object), file_(file) {
    if (!object.is_object()) fail("", object, "a JSON object");
  }

  bool has(const char* key) const { return object_.contains(key); }
  bool present(const char* key) const { return has(key) && !object_.at(key).is_null(); }
  const json& at(const char* key) const { return object_.at(key); }
  const std::string& file() const { return file_; }

  bool flag(const char* key, bool by_default) const {
    if (!has(key)) return by_default;
    if (object_.at(key).is_null()) return false;
    if (!object_.at(key).is_boolean()) fail(key, object_.at(key), "true or false");
    return object_.at(key).get<bool>();
  }

  std::optional<std::string> text(const char* key) const {
    if (!present(key)) return std::nullopt;
    if (!object_.at(key).is_string()) fail(key, object_.at(key), "a string");
    return object_.at(key).get<std::string>();
  }

  // An explicit null for a key that is needed.
  void refuse_null(const char* key, const char* expected) const {
    if (has(key) && object_.at(key).is_null()) fail(key, object_.at(key), expected);
  }

  double number(const char* key, double by_default) const {
    refuse_null(key, "a number");
    return has(key) ? number_of(key, object_.at(key)) : by_default;
  }

  std::array<double, 3> channels(const char* key, std::array<double, 3> by_default) const {
    constexpr const char* expected = "a number, or three numbers (red, green, blue)";
    refuse_null(key, expected);
    if (!has(key)) return by_default;
    const json& value = object_.at(key);
    if (value.is_number()) {
      const double all = number_of(key, value);
      return {all, all, all};
    }
    if (!value.is_array() || value.size() != 3) fail(key, value, expected);
    return {number_of(key, value[0]), number_of(key, value[1]), number_of(key, value[2])};
  }

  // A length in pixels.
  int edge(const std::string& key, const json& value) const {
    constexpr const char* expected = "a whole number of pixels from 1 to 16777216";
    static_assert(max_edge == 16777216);
    if (!value.is_number_integer()) fail(key, value, expected);
    const bool fits = value.is_number_unsigned() ? value.get<uint64_t>() - 1 < max_edge
                                                 : value.get<int64_t>() >= 1 && value.get<int64_t>() <= max_edge;
    if (!fits) fail(key, value, expected);
    return value.get<int>();
  }

  [[noreturn]] void fail(const std::string& key, const json& value, const std::string& expected) const {
    std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
    if (text.size() > 60) text = text.substr(0, 57) + "...";
    const std::string what = key.empty() ? "the image processor" : key;
    throw Error(Status::bad_model, file_ + ": " + what + " is " + text + ", expected " + expected);
  }

 private:
  double number_of(const char* key, const json& value) const {
    if (!value.is_number() || !std::isfinite(value.get<double>())) fail(key, value, "a finite number");
    return value.get<double>();
  }

  const json& object_;
  const std::string& file_;
};

// The classes of transformers 5 whose name the folder gives; older names and those of the torchvision classes mean the same.
ProcessorFamily family_of(const Reader& reader, ProcessorFamily fallback) {
  const auto own = reader.text("image_processor_type");
  const auto type = own ? own : reader.text("feature_extractor_type");
  if (!type) return fallback;
  std::string_view name = *type;
  for (const std::string_view suffix : {"Fast", "Pil"}) {
    if (name.ends_with(suffix)) name.remove_suffix(suffix.size());
  }
  for (const std::string_view suffix : {"ImageProcessor", "FeatureExtractor"}) {
    if (!name.ends_with(suffix)) continue;
    name.remove_suffix(suffix.size());
    if (name == "CLIP" || name == "ChineseCLIP") return ProcessorFamily::clip;
    if (name == "ViT") return ProcessorFamily::vit;
    if (name == "Siglip") return ProcessorFamily::siglip;
    if (name == "Blip") return ProcessorFamily::blip;
    if (name == "Bit") return ProcessorFamily::bit;
    if (name == "OpenClip") return ProcessorFamily::open_clip;
    break;
  }
  throw Error(Status::unsupported, reader.file() + ": image_processor_type is \"" + type->substr(0, 60) +
                                       "\"; known are CLIPImageProcessor, ViTImageProcessor, SiglipImageProcessor, "
                                       "BlipImageProcessor and BitImageProcessor");
}

// Class attributes of CLIPImageProcessorPil, ViTImageProcessorPil, SiglipImageProcessorPil, BlipImageProcessorPil, BitImageProcessorPil.
struct Defaults {
  ProcessorSettings settings;
  bool default_to_square;  // a plain integer as size means height and width, not the shortest edge
  bool has_crop_size;
};

Defaults defaults_of(ProcessorFamily family) {
  constexpr std::array<double, 3> openai_mean = {0.48145466, 0.4578275, 0.40821073};
  constexpr std::array<double, 3> openai_std = {0.26862954, 0.26130258, 0.27577711};
  constexpr std::array<double, 3> half = {0.5, 0.5, 0.5};
  ProcessorSettings s;
  s.do_resize = s.do_rescale = s.do_normalize = true;
  switch (family) {
    case ProcessorFamily::clip:
    case ProcessorFamily::bit:
    case ProcessorFamily::open_clip:
      s.crop_rounds_to_even = family == ProcessorFamily::open_clip;
      s.size_rule = SizeRule::shortest_edge;
      s.shortest_edge = 224;
      s.do_center_crop = true;
      s.crop = {224, 224};
      s.mean = openai_mean;
      s.standard_deviation = openai_std;
      return {s, false, true};
    case ProcessorFamily::vit:
      s.filter = Filter::bilinear;
      s.size = {224, 224};
      s.mean = s.standard_deviation = half;
      return {s, true, false};
    case ProcessorFamily::siglip:
      s.size = {224, 224};
      s.mean = s.standard_deviation = half;
      return {s, false, false};
    case ProcessorFamily::blip:
      s.size = {384, 384};
      s.mean = openai_mean;
      s.standard_deviation = openai_std;
      return {s, true, false};
  }
  throw Error(Status::internal, "an image processor family without defaults");
}

bool has_exactly(const json& object, std::initializer_list<const char*> keys) {
  if (object.size() != keys.size()) return false;
  for (const char* key : keys) {
    if (!object.contains(key)) return false;
  }
  return true;
}

constexpr const char* size_forms =
    "an integer, [height, width], {\"height\", \"width\"}, {\"shortest_edge\"}, {\"shortest_edge\", \"longest_edge\"} or "
    "{\"max_height\", \"max_width\"}";

void read_size(const Reader& reader, bool default_to_square, ProcessorSettings& s) {
  reader.refuse_null("size", size_forms);
  if (!reader.has("size")) return;
  const json& value = reader.at("size");
  const auto edge = [&](const char* key) { return reader.edge(std::string("size.") + key, value.at(key)); };
  if (value.is_number_integer()) {
    s.size_rule = default_to_square ? SizeRule::exact : SizeRule::shortest_edge;
    s.shortest_edge = reader.edge("size", value);
    s.size = {s.shortest_edge, s.shortest_edge};
  } else if (value.is_array() && value.size() == 2) {
    s.size_rule = SizeRule::exact;
    s.size = {reader.edge("size[1]", value[1]), reader.edge("size[0]", value[0])};
  } else if (value.is_object() && has_exactly(value, {"height", "width"})) {
    s.size_rule = SizeRule::exact;
    s.size = {edge("width"), edge("height")};
  } else if (value.is_object() && has_exactly(value, {"shortest_edge"})) {
    s.size_rule = SizeRule::shortest_edge;
    s.shortest_edge = edge("shortest_edge");
  } else if (value.is_object() && has_exactly(value, {"shortest_edge", "longest_edge"})) {
    s.size_rule = SizeRule::shortest_and_longest_edge;
    s.shortest_edge = edge("shortest_edge");
    s.longest_edge = edge("longest_edge");
  } else if (value.is_object() && has_exactly(value, {"max_height", "max_width"})) {
    s.size_rule = SizeRule::within;
    s.size = {edge("max_width"), edge("max_height")};
  } else {
    reader.fail("size", value, size_forms);
  }
}

void read_crop_size(const Reader& reader, bool has_default, ProcessorSettings& s) {
  constexpr const char* forms = "an integer, [height, width] or {\"height\", \"width\"}";
  reader.refuse_null("crop_size", forms);
  if (!reader.has("crop_size")) {
    if (has_default) return;
    throw Error(Status::bad_model, reader.file() + ": do_center_crop is true and crop_size is missing, expected " + forms);
  }
  const json& value = reader.at("crop_size");
  if (value.is_number_integer()) {
    const int edge = reader.edge("crop_size", value);
    s.crop = {edge, edge};
  } else if (value.is_array() && value.size() == 2) {
    s.crop = {reader.edge("crop_size[1]", value[1]), reader.edge("crop_size[0]", value[0])};
  } else if (value.is_object() && has_exactly(value, {"height", "width"})) {
    s.crop = {reader.edge("crop_size.width", value.at("width")), reader.edge("crop_size.height", value.at("height"))};
  } else {
    reader.fail("crop_size", value, forms);
  }
}

void read_resample(const Reader& reader, ProcessorSettings& s) {
  constexpr const char* codes = "0 (nearest), 1 (lanczos), 2 (bilinear), 3 (bicubic), 4 (box) or 5 (hamming)";
  reader.refuse_null("resample", codes);
  if (!reader.has("resample")) return;
  const json& value = reader.at("resample");
  if (!value.is_number_integer() || value < 0 || value > 5) reader.fail("resample", value, codes);
  s.filter = static_cast<Filter>(value.get<int>());
}

// Padding adds nothing where all pictures have one size. Elsewhere it depends on the other pictures of a batch, or needs sizes
// that these families do not have.
void refuse_padding(const Reader& reader, const ProcessorSettings& s) {
  const bool one_size = s.do_center_crop || (s.do_resize && s.size_rule == SizeRule::exact);
  if (!reader.flag("do_pad", false) || (one_size && !reader.present("pad_size"))) return;
  throw Error(Status::unsupported, reader.file() + ": do_pad is true, expected false: padding of pictures is not supported");
}

void check_area(const Reader& reader, const char* key, Size size) {
  if (int64_t{size.width} * size.height <= most_result_pixels) return;
  reader.fail(key, std::to_string(size.width) + " x " + std::to_string(size.height), "at most 2^28 pixels");
}

// Numbers may be finite one by one and give pixels that are not. What the folder does not say is a default, and harmless.
void refuse_infinite_values(const Reader& reader, const ProcessorSettings& s) {
  const double scale = s.do_rescale ? s.rescale_factor : 1.0;
  for (size_t channel = 0; channel < s.mean.size(); channel++) {
    for (const double byte : {0.0, 255.0}) {
      const auto rescaled = static_cast<float>(byte * scale);
      const float value = s.do_normalize ? (rescaled - static_cast<float>(s.mean[channel])) / static_cast<float>(s.standard_deviation[channel]) : rescaled;
      if (std::isfinite(value)) continue;
      const char* key = !std::isfinite(rescaled) ? "rescale_factor" : reader.has("image_mean") ? "image_mean" : "image_std";
      reader.fail(key, reader.at(key), "numbers that, with image_mean, image_std and rescale_factor, give finite pixels");
    }
  }
}

}  // namespace

ProcessorSettings read_processor_settings(const json& config, ProcessorFamily fallback, const std::string& file) {
  const bool nested = config.is_object() && config.contains("image_processor") && !config.at("image_processor").is_null();
  const Reader reader(nested ? config.at("image_processor") : config, file);
  const ProcessorFamily family = family_of(reader, fallback);
  const Defaults defaults = defaults_of(family);

  ProcessorSettings s = defaults.settings;
  reader.flag("do_convert_rgb", true);  // every picture is RGB here; a wrong type is an error all the same
  s.do_resize = reader.flag("do_resize", true);
  s.do_center_crop = reader.flag("do_center_crop", s.do_center_crop);
  s.do_rescale = reader.flag("do_rescale", true);
  s.do_normalize = reader.flag("do_normalize", true);
  if (s.do_resize) {
    read_size(reader, reader.flag("default_to_square", defaults.default_to_square), s);
    if (family == ProcessorFamily::clip && reader.flag("use_square_size", false)) {  // KOSMOS-2; it overrules size
      s.size_rule = SizeRule::exact;
      s.size = {224, 224};
    }
    if (s.size_rule == SizeRule::exact) check_area(reader, "size", s.size);
    read_resample(reader, s);
  }
  if (s.do_center_crop) {
    read_crop_size(reader, defaults.has_crop_size, s);
    check_area(reader, "crop_size", s.crop);
  }
  if (s.do_rescale) s.rescale_factor = reader.number("rescale_factor", s.rescale_factor);
  if (s.do_normalize) {
    s.mean = reader.channels("image_mean", s.mean);
    s.standard_deviation = reader.channels("image_std", s.standard_deviation);
    for (const double deviation : s.standard_deviation) {
      if (static_cast<float>(deviation) != 0.0f) continue;
      reader.fail("image_std", reader.at("image_std"), "numbers other than 0: pixels are divided by them");
    }
  }
  refuse_infinite_values(reader, s);
  refuse_padding(reader, s);
  return s;
}

}  // namespace oag::image
