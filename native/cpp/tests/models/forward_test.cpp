// Scores of any number of images and texts: the same bits as in small calls, in memory that does not grow with them.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

#include "runtime/model.h"
#include "support/golden.h"

using namespace oag;
using namespace oag::test;

TEST_CASE("forward is cut into tiles of images and texts; probabilities stay over all texts") {
  const Golden golden = load_golden("tiny-clip");
  const auto runtime = std::make_shared<Runtime>(RuntimeOptions{.device = Device::host, .threads = 2, .plugin_folder = {}});
  const Model model(runtime, golden.folder, Precision::fp32);
  const auto width = static_cast<size_t>(model.definition().embedding_size());
  const int64_t images = 3, texts = 1'500'000;  // 144 MB of rows: several tiles
  std::mt19937 random(1);
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<float> image_rows(static_cast<size_t>(images) * width), text_rows(static_cast<size_t>(texts) * width);
  std::generate(image_rows.begin(), image_rows.end(), [&] { return uniform(random); });
  std::generate(text_rows.begin(), text_rows.end(), [&] { return uniform(random); });

  std::vector<float> logits(static_cast<size_t>(images * texts)), probabilities(logits.size()), few(static_cast<size_t>(images * 5));
  model.forward(image_rows.data(), images, text_rows.data(), texts, logits.data(), probabilities.data());
  const int64_t held = runtime->workspaces().idle_bytes();
  MESSAGE("workspaces hold " << (held >> 20) << " MiB");
  CHECK(held < int64_t{64} << 20);  // two tiles of 16 MiB and their sums; the texts alone have 137 MiB

  for (const int64_t first : {int64_t{0}, int64_t{174'760}, int64_t{700'000}, texts - 5}) {
    model.forward(image_rows.data(), images, text_rows.data() + static_cast<size_t>(first) * width, 5, few.data(), nullptr);
    for (int64_t i = 0; i < images; i++) CHECK(std::memcmp(few.data() + i * 5, logits.data() + i * texts + first, 5 * sizeof(float)) == 0);
  }
  for (int64_t i = 0; i < images; i++) {
    const float* row = logits.data() + i * texts;
    const double largest = *std::max_element(row, row + texts);
    double sum = 0, worst = 0;
    for (int64_t t = 0; t < texts; t++) sum += std::exp(row[t] - largest);
    for (int64_t t = 0; t < texts; t++) worst = std::max(worst, std::fabs(static_cast<double>(probabilities[static_cast<size_t>(i * texts + t)]) * sum / std::exp(row[t] - largest) - 1));
    CHECK(worst < 1e-4);
  }
}
