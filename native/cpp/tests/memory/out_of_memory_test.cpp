// Memory that runs out at any moment of a call: the call says so, nothing is lost, and the next call is as if nothing had been.
#include <functional>
#include <vector>

#include "c_api/api.h"
#include "memory/failing_memory.h"
#include "support/machine.h"
#include "support/test_data.h"

using namespace oag;
using namespace oag::test;

namespace {

constexpr int64_t never = INT64_MAX;

struct Outcome {
  oag_status status;
  std::string text;
  int64_t failed;  // allocations
};

using Call = std::function<oag_status(char* error, size_t capacity)>;

Outcome run(const Call& call, int64_t number, Shortage shortage) {
  char error[256] = "untouched";
  oag_status status;
  int64_t failed;
  {
    const FailingMemory memory(number, shortage);
    status = call(error, sizeof error);
    failed = FailingMemory::failed();
  }
  return {status, error, failed};
}

int64_t allocations(const Call& call) {
  const FailingMemory memory(never, Shortage::one_fails);
  CHECK(call(nullptr, 0) == OAG_OK);
  return FailingMemory::asked();
}

// All of a short call's allocations; of a long one's the first, and then one of each stretch.
std::vector<int64_t> moments(int64_t count) {
  const int64_t every = on_slow_machine(4, 200), more = on_slow_machine(6, 300);
  std::vector<int64_t> chosen;
  for (int64_t n = 0; n < count; n += n < every ? 1 : 1 + (count - every) / more) chosen.push_back(n);
  if (count > 0) chosen.push_back(count - 1);
  return chosen;
}

// Lets `call` run out of memory at each moment, in both ways, and checks what it says, that it gave back what it took, and what `after` checks.
void run_out_everywhere(const char* what, const Call& call, const std::function<bool(const Outcome&)>& expected, const std::function<bool()>& after) {
  for (int warm = 0; warm < 3; warm++) REQUIRE(call(nullptr, 0) == OAG_OK);  // workspaces that stay are there
  const int64_t count = allocations(call);
  int seen = 0;
  for (const Shortage shortage : {Shortage::one_fails, Shortage::none_is_left})
    for (const int64_t number : moments(count)) {
      const int64_t before = pieces_held();
      const Outcome outcome = run(call, number, shortage);
      if (outcome.failed == 0) continue;  // threads make the count differ from call to call
      seen++;
      const int64_t lost = pieces_held() - before - static_cast<int64_t>(outcome.text.capacity() > 15);
      CAPTURE(number);
      CAPTURE(outcome.text);
      CHECK(expected(outcome));
      CHECK(lost == 0);
      REQUIRE(after());
    }
  CHECK(seen > 0);
  MESSAGE(std::string(what) << ": " << count << " allocations, " << seen << " shortages");
}

bool out_of_memory(const Outcome& outcome) { return outcome.status == OAG_OUT_OF_MEMORY && outcome.text.find("memory") != std::string::npos; }

// Where less memory will do (a sort without its buffer, libjpeg with a smaller pool) a call may also succeed, with the right bits.
std::function<bool(const Outcome&)> out_of_memory_or(const std::function<bool()>& right) {
  return [=](const Outcome& outcome) { return outcome.status == OAG_OK ? outcome.text.empty() && right() : out_of_memory(outcome); };
}

oag_runtime_options two_threads() {
  oag_runtime_options options{};
  options.struct_size = sizeof options;
  options.device = OAG_DEVICE_HOST;
  options.threads = 2;
  return options;
}

// What a sound model answers; a call that runs out of memory must leave these bits as they are.
struct Answers {
  std::vector<float> images, texts, logits, probabilities;
  friend bool operator==(const Answers&, const Answers&) = default;
};

struct Model : Api {
  Model() {
    for (size_t i = 0; i < golden.pictures.size(); i++) pictures.push_back(picture(i));
    ids = golden.packed_ids();
    offsets = golden.offsets();
    answers.images.resize(pictures.size() * width);
    answers.texts.resize(golden.ids.size() * width);
    answers.logits.resize(pictures.size() * golden.ids.size());
    answers.probabilities.resize(answers.logits.size());
    const auto images = encode_images(), texts = encode_texts(), scores = forward();
    for (const Call& call : {images, texts, scores}) REQUIRE(call(nullptr, 0) == OAG_OK);
    sound = answers;
  }

  Call encode_images(oag_item* items = nullptr) {
    return [this, items](char* error, size_t capacity) {
      return oag_encode_images(model, pictures.data(), pictures.size(), answers.images.data(), answers.images.size(), items, error, capacity);
    };
  }
  Call encode_texts() {
    return [this](char* error, size_t capacity) {
      return oag_encode_texts(model, ids.data(), offsets.data(), golden.ids.size(), answers.texts.data(), answers.texts.size(), error, capacity);
    };
  }
  Call forward() {
    return [this](char* error, size_t capacity) {
      return oag_forward(model, answers.images.data(), pictures.size(), answers.texts.data(), golden.ids.size(), answers.logits.data(), answers.probabilities.data(), error,
                         capacity);
    };
  }
  bool still_sound() {
    return encode_images()(nullptr, 0) == OAG_OK && encode_texts()(nullptr, 0) == OAG_OK && forward()(nullptr, 0) == OAG_OK && answers == sound;
  }

  std::vector<oag_image> pictures;
  std::vector<int32_t> ids;
  std::vector<int64_t> offsets;
  Answers answers, sound;
};

}  // namespace

TEST_CASE("out of memory while a runtime is created") {
  const oag_runtime_options options = two_threads();
  oag_runtime* runtime = nullptr;
  const Call create = [&](char* error, size_t capacity) {
    const oag_status status = oag_runtime_create(&options, &runtime, error, capacity);
    oag_runtime_close(runtime);  // NULL, or one
    return status;
  };
  run_out_everywhere("oag_runtime_create", create, out_of_memory, [&] { return create(nullptr, 0) == OAG_OK; });
}

TEST_CASE("out of memory while a model loads") {
  Model other;  // of the same runtime, which goes on serving
  const std::string folder = test_data("models/bf16-shards");
  const Call load = [&](char* error, size_t capacity) {
    oag_model* model = reinterpret_cast<oag_model*>(8);
    const oag_status status = oag_model_load(other.runtime, folder.c_str(), nullptr, &model, error, capacity);
    if (status != OAG_OK && model != nullptr) return static_cast<oag_status>(OAG_INTERNAL);
    oag_model_close(model);
    return status;
  };
  run_out_everywhere("oag_model_load", load, out_of_memory, [] { return true; });
  CHECK(load(nullptr, 0) == OAG_OK);
  CHECK(other.still_sound());
}

TEST_CASE("out of memory while texts are encoded and scored") {
  Model model;
  run_out_everywhere("oag_encode_texts", model.encode_texts(), out_of_memory_or([&] { return model.answers == model.sound; }), [&] { return model.still_sound(); });
  run_out_everywhere("oag_forward", model.forward(), out_of_memory_or([&] { return model.answers == model.sound; }), [&] { return model.still_sound(); });
}

TEST_CASE("out of memory while pictures are encoded") {
  Model model;
  run_out_everywhere("oag_encode_images", model.encode_images(), out_of_memory_or([&] { return model.answers == model.sound; }), [&] { return model.still_sound(); });
}

TEST_CASE("out of memory while pictures are encoded item by item: those that failed say so, the others have their bits") {
  Model model;
  std::vector<oag_item> items(model.pictures.size());
  int partly = 0;
  const auto expected = [&](const Outcome& outcome) {
    if (outcome.status != OAG_PARTIAL) return out_of_memory_or([&] { return model.answers == model.sound; })(outcome);
    partly++;
    int failed = 0;
    for (size_t i = 0; i < items.size(); i++) {
      const std::vector<float> row(model.answers.images.begin() + static_cast<int64_t>(i * model.width), model.answers.images.begin() + static_cast<int64_t>((i + 1) * model.width));
      const std::vector<float> right(model.sound.images.begin() + static_cast<int64_t>(i * model.width), model.sound.images.begin() + static_cast<int64_t>((i + 1) * model.width));
      if (items[i].status == OAG_OK && row == right) continue;
      failed++;
      if (items[i].status != OAG_OUT_OF_MEMORY || std::strstr(items[i].error, "memory") == nullptr || row != std::vector<float>(model.width, 0.0f)) return false;
    }
    return failed > 0;
  };
  run_out_everywhere("oag_encode_images with items", model.encode_images(items.data()), expected, [&] { return model.still_sound(); });
  CHECK(partly > 0);
}

TEST_CASE("out of memory while a picture of any kind is decoded: an orientation or a palette is not lost in silence") {
  Model model;
  for (const char* name : {"progressive-420.jpg", "exif-in-two-parts.jpg", "cmyk-adobe.jpg", "xmp-compressed-7.png", "raw-profile.png", "palette-trns.png", "gray-16-interlaced.png",
                           "gamma-and-background.png", "lossy-exif-6.webp", "lossless-alpha.webp", "animated-alpha.webp"}) {
    CAPTURE(std::string(name));
    const std::vector<uint8_t> file = read_bytes(test_data("pictures/") + name);
    oag_image image = model.picture(0);
    image.data = file.data();
    image.size = file.size();
    std::vector<float> row(model.width), sound;
    const Call encode = [&](char* error, size_t capacity) { return oag_encode_images(model.model, &image, 1, row.data(), row.size(), nullptr, error, capacity); };
    REQUIRE(encode(nullptr, 0) == OAG_OK);
    sound = row;
    run_out_everywhere(name, encode, out_of_memory_or([&] { return row == sound; }), [&] { return encode(nullptr, 0) == OAG_OK && row == sound; });
  }
}

TEST_CASE("out of memory while a cache of beginnings is filled: the cache may be emptier, and the bits are the same") {
  const Model other;
  oag_model* model = nullptr;
  oag_model_options options{};
  options.struct_size = sizeof options;
  options.precision = OAG_PRECISION_FP32;
  options.prefix_cache_bytes = 5 << 10;  // room for one of two templates: each call drops one and makes the other
  REQUIRE(oag_model_load(other.runtime, other.golden.folder.c_str(), &options, &model, nullptr, 0) == OAG_OK);
  std::vector<int32_t> ids;
  std::vector<int64_t> offsets{0};
  for (int32_t i = 0; i < 18; i++) {
    for (const int32_t id : {1, 10 + i % 2, 20, 21, 22, 100 + i, 599}) ids.push_back(id);
    offsets.push_back(static_cast<int64_t>(ids.size()));
  }
  std::vector<float> rows(18 * other.width), sound;
  const Call encode = [&](char* error, size_t capacity) { return oag_encode_texts(model, ids.data(), offsets.data(), 18, rows.data(), rows.size(), error, capacity); };
  REQUIRE(encode(nullptr, 0) == OAG_OK);
  sound = rows;
  oag_prefix_statistics statistics{};
  statistics.struct_size = sizeof statistics;
  for (int warm = 0; warm < 4; warm++) REQUIRE(encode(nullptr, 0) == OAG_OK);
  REQUIRE(oag_model_get_prefix_statistics(model, &statistics, nullptr, 0) == OAG_OK);
  REQUIRE(statistics.entries == 1);
  REQUIRE(statistics.evictions >= 3);
  const int64_t limit = statistics.bytes;
  const int64_t count = allocations(encode);
  int seen = 0;
  for (const Shortage shortage : {Shortage::one_fails, Shortage::none_is_left})
    for (const int64_t number : moments(count)) {
      const Outcome outcome = run(encode, number, shortage);
      if (outcome.failed == 0) continue;
      seen++;
      CAPTURE(number);
      CHECK(out_of_memory_or([&] { return rows == sound; })(outcome));
      REQUIRE(encode(nullptr, 0) == OAG_OK);
      CHECK(rows == sound);
      REQUIRE(oag_model_get_prefix_statistics(model, &statistics, nullptr, 0) == OAG_OK);
      CHECK(statistics.bytes <= limit);
    }
  CHECK(seen > 0);
  oag_model_close(model);
}
