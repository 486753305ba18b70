// One model, many callers: each result has the bits of a call alone.
#include <doctest/doctest.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "core/error.h"
#include "runtime/model.h"
#include "support/golden.h"
#include "support/machine.h"

using namespace oag;
using namespace oag::test;

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
