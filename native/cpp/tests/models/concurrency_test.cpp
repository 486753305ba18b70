// One model, many callers: each result has the bits of a call alone.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "core/error.h"
#include "runtime/model.h"
#include "support/golden.h"
#include "support/machine.h"

using namespace oag;
using namespace oag::test;

namespace {

// How often each worker thread of this process has got or given up a CPU, by thread; -1 for one that is not asleep.
std::map<std::string, int64_t> switches_of_workers() {
  std::map<std::string, int64_t> all;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream file(task.path() / "status");
    bool worker = false, asleep = false;
    int64_t switches = 0;
    for (std::string line; std::getline(file, line);) {
      const std::string value = line.substr(std::min(line.size(), line.find('\t') + 1));
      if (line.rfind("Name:", 0) == 0) worker = value == "openautoglm";
      if (line.rfind("State:", 0) == 0) asleep = value[0] == 'S';
      if (line.find("_ctxt_switches:") != std::string::npos) switches += std::stoll(value);
    }
    if (worker) all[task.path().filename()] = asleep ? switches : -1;
  }
  return all;
}

bool all_asleep(const std::map<std::string, int64_t>& workers) {
  return std::none_of(workers.begin(), workers.end(), [](const auto& worker) { return worker.second < 0; });
}

}  // namespace

TEST_CASE("64 threads on one model get the bits of one thread, whatever the passes, mates and workers") {
  const Golden golden = load_golden("tiny-clip");
  const size_t count = golden.pictures.size(), texts = golden.ids.size();
  std::vector<ImageRequest> images;
  for (const auto& picture : golden.pictures) images.push_back(EncodedImage{picture.data(), picture.size()});

  const Model alone(std::make_shared<Runtime>(RuntimeOptions{.device = Device::host, .threads = 1, .plugin_folder = {}}), golden.folder, Precision::fp32);
  const size_t width = static_cast<size_t>(alone.definition().embedding_size());
  std::vector<float> image_rows(count * width), text_rows(texts * width);
  for (size_t i = 0; i < count; i++) alone.encode_images({images[i]}, image_rows.data() + i * width, nullptr);
  for (size_t t = 0; t < texts; t++) {
    const int64_t offsets[2] = {0, static_cast<int64_t>(golden.ids[t].size())};
    alone.encode_texts(golden.ids[t].data(), offsets, 1, text_rows.data() + t * width);
  }

  // 40 tokens a pass: calls of several pictures and texts are cut. One decoded picture's budget: decoders wait for each other.
  const Model shared(std::make_shared<Runtime>(RuntimeOptions{.device = Device::host, .threads = 3, .max_tokens = 40, .max_passes = 2, .max_pixels_in_flight = 1, .plugin_folder = {}}),
                     golden.folder, Precision::fp32);
  const int threads = on_slow_machine(8, 64), rounds = on_slow_machine(4, 8);
  std::atomic<int> wrong{0}, calls{0};
  std::vector<std::thread> callers;
  for (int caller = 0; caller < threads; caller++)
    callers.emplace_back([&, caller] {
      std::vector<float> out(std::max(count, texts) * width);
      for (int call = 0; call < rounds; call++, calls++) {
        const size_t first = static_cast<size_t>(caller + call) % count, many = 1 + static_cast<size_t>(call) % (count - first);
        if (call % 2) {
          shared.encode_images({images.begin() + static_cast<int64_t>(first), images.begin() + static_cast<int64_t>(first + many)}, out.data(), nullptr);
          wrong += std::memcmp(out.data(), image_rows.data() + first * width, many * width * sizeof(float)) != 0;
        } else {
          shared.encode_texts(golden.packed_ids().data(), golden.offsets().data(), static_cast<int64_t>(texts), out.data());
          wrong += std::memcmp(out.data(), text_rows.data(), texts * width * sizeof(float)) != 0;
        }
      }
    });
  for (std::thread& caller : callers) caller.join();
  CHECK(calls == threads * rounds);
  CHECK(wrong == 0);
}

TEST_CASE("a bad picture among good ones is reported, its row is zero, and the others keep their bits") {
  const Golden golden = load_golden("tiny-clip");
  const Model model(std::make_shared<Runtime>(RuntimeOptions{.device = Device::host, .threads = 2, .plugin_folder = {}}), golden.folder, Precision::fp32);
  const size_t width = static_cast<size_t>(model.definition().embedding_size());
  const ImageRequest good = EncodedImage{golden.pictures[0].data(), golden.pictures[0].size()};
  const ImageRequest bad = EncodedImage{golden.pictures[0].data(), 20};
  std::vector<float> alone(width), rows(3 * width, -1.0f);
  model.encode_images({good}, alone.data(), nullptr);
  std::vector<ItemResult> items(3);
  model.encode_images({good, bad, good}, rows.data(), &items);
  CHECK(items[0].status == Status::ok);
  CHECK(items[1].status == Status::bad_image);
  CHECK_FALSE(items[1].text.empty());
  CHECK(std::memcmp(rows.data(), alone.data(), width * sizeof(float)) == 0);
  CHECK(std::memcmp(rows.data() + 2 * width, alone.data(), width * sizeof(float)) == 0);
  CHECK(rows[width] == 0.0f);
  try {
    model.encode_images({good, bad}, rows.data(), nullptr);
    FAIL("a bad picture was accepted");
  } catch (const Error& e) {
    CHECK(e.status() == Status::bad_image);
    CHECK(e.text().find("image 1: ") == 0);
  }
}

TEST_CASE("pictures that are prepared beside the pass before have the bits and the errors of a call alone") {
  const Golden golden = load_golden("tiny-clip");
  const ImageRequest good = EncodedImage{golden.pictures[0].data(), golden.pictures[0].size()}, other = EncodedImage{golden.pictures[1].data(), golden.pictures[1].size()};
  const ImageRequest bad = EncodedImage{golden.pictures[0].data(), 20};
  std::vector<ImageRequest> images;
  for (int i = 0; i < 23; i++) images.push_back(i % 7 == 5 ? bad : i % 2 ? good : other);
  for (int threads : {1, 2, 3}) {
    CAPTURE(threads);
    // Three pictures a pass; one picture's budget of pixels, so that those who prepare ahead wait for those who prepare now.
    RuntimeOptions options{.device = Device::host, .threads = threads, .max_passes = threads, .max_pixels_in_flight = 1, .plugin_folder = {}};
    {
      const Model whole(std::make_shared<Runtime>(options), golden.folder, Precision::fp32);
      options.max_tokens = 3 * whole.definition().image_spec()->rows_per_image;
    }
    const auto runtime = std::make_shared<Runtime>(options);
    const Model model(runtime, golden.folder, Precision::fp32);
    const auto width = static_cast<size_t>(model.definition().embedding_size());
    std::vector<float> first(width), second(width);
    model.encode_images({good}, first.data(), nullptr);
    model.encode_images({other}, second.data(), nullptr);

    std::atomic<int> wrong{0};
    const auto call = [&] {
      std::vector<float> rows(images.size() * width, -1.0f);
      std::vector<ItemResult> items(images.size());
      model.encode_images(images, rows.data(), &items);
      const std::vector<float> black(width, 0.0f);
      for (size_t i = 0; i < images.size(); i++) {
        const std::vector<float>& right = i % 7 == 5 ? black : i % 2 ? first : second;
        wrong += (items[i].status == Status::bad_image) != (i % 7 == 5) || std::memcmp(rows.data() + i * width, right.data(), width * sizeof(float)) != 0;
      }
      // The first bad one ends the call, while the pictures behind it are being prepared.
      try {
        model.encode_images(images, rows.data(), nullptr);
        wrong++;
      } catch (const Error& e) {
        wrong += e.text().find("image 5: ") != 0;
      }
    };
    std::vector<std::thread> callers;
    for (int c = 0; c < 4; c++) callers.emplace_back([&] { for (int round = 0; round < on_slow_machine(3, 10); round++) call(); });
    for (std::thread& caller : callers) caller.join();
    CHECK(wrong == 0);
    for (int i = 0; i < options.max_passes; i++) {  // all that was taken was given back
      std::vector<std::unique_ptr<Allowance::Held>> all;
      while (static_cast<int>(all.size()) < options.max_passes) all.push_back(std::make_unique<Allowance::Held>(runtime->pictures_ahead()));
      for (const auto& held : all) CHECK(static_cast<bool>(*held));
      CHECK_FALSE(static_cast<bool>(Allowance::Held(runtime->pictures_ahead())));
    }
  }
}

TEST_CASE("between calls no thread of the library runs: each sleeps until the next one") {
  const Golden golden = load_golden("tiny-clip");
  const Model model(std::make_shared<Runtime>(RuntimeOptions{.device = Device::host, .threads = 3, .plugin_folder = {}}), golden.folder, Precision::fp32);
  std::vector<ImageRequest> images;
  for (const auto& picture : golden.pictures) images.push_back(EncodedImage{picture.data(), picture.size()});
  std::vector<float> out(std::max(images.size(), golden.ids.size()) * static_cast<size_t>(model.definition().embedding_size()));
  const auto pause = [] { std::this_thread::sleep_for(std::chrono::milliseconds(20)); };
  for (int call = 0; call < 3; call++) {
    model.encode_images(images, out.data(), nullptr);
    model.encode_texts(golden.packed_ids().data(), golden.offsets().data(), static_cast<int64_t>(golden.ids.size()), out.data());
    // They may take a while on a busy machine, but once asleep they stay so: who has not got a CPU cannot have used one.
    std::map<std::string, int64_t> before = switches_of_workers();
    for (int wait = 0; wait < 1000 && (before.size() != 2 || !all_asleep(before)); wait++, before = switches_of_workers()) pause();
    REQUIRE(before.size() == 2);
    REQUIRE(all_asleep(before));
    for (int moment = 0; moment < 10; moment++) pause();
    CHECK(switches_of_workers() == before);
  }
}
