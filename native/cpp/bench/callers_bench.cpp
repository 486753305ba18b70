// Whether many callers share a runtime without loss: the same pictures by one caller, and by eight at once. Prints the throughput of both, what eight callers lose, the CPU
// time that a picture took (which other programs disturb less), and how far the callers were apart when the first of them was done.
//
//   oag_callers_bench MODEL-FOLDER [threads] [pictures per call] [calls]
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "runtime/model.h"

using namespace oag;

namespace {

struct Result {
  double pictures_per_second, cpu_ms_per_picture;
  int least_progress, most_progress;  // calls, when the first caller was done
};

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) { return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec); };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Result measure(const Model& model, const std::vector<ImageRequest>& pictures, int callers, int calls) {
  const auto width = static_cast<size_t>(model.definition().embedding_size());
  const int each = std::max(1, calls / callers);
  std::vector<std::atomic<int>> progress(static_cast<size_t>(callers));
  std::atomic<bool> somebody_done{false};
  Result result{};
  std::vector<std::thread> threads;
  const double cpu_before = cpu_seconds();
  const auto begin = std::chrono::steady_clock::now();
  for (size_t c = 0; c < progress.size(); c++)
    threads.emplace_back([&, c] {
      std::vector<float> rows(pictures.size() * width);
      for (int call = 0; call < each; call++) {
        model.encode_images(pictures, rows.data(), nullptr);
        progress[c]++;
      }
      if (somebody_done.exchange(true)) return;
      const auto [least, most] = std::minmax_element(progress.begin(), progress.end(), [](const auto& a, const auto& b) { return a.load() < b.load(); });
      result.least_progress = *least;
      result.most_progress = *most;
    });
  for (std::thread& thread : threads) thread.join();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const double done = static_cast<double>(pictures.size()) * each * callers;
  result.pictures_per_second = done / seconds;
  result.cpu_ms_per_picture = 1e3 * (cpu_seconds() - cpu_before) / done;
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "oag_callers_bench MODEL-FOLDER [threads] [pictures per call] [calls]\n"), 2;
  const auto number = [&](int at, int otherwise) { return argc > at ? std::atoi(argv[at]) : otherwise; };
  const int threads = number(2, 2), per_call = number(3, 1), calls = number(4, 400);
  const Model model(std::make_shared<Runtime>(RuntimeOptions{.device = Device::host, .threads = threads, .plugin_folder = {}}), argv[1], Precision::fp32);
  const models::ImageSpec& spec = *model.definition().image_spec();
  std::vector<uint8_t> pixels(static_cast<size_t>(spec.bytes_per_image()));
  uint32_t random = 1;
  for (uint8_t& byte : pixels) byte = static_cast<uint8_t>((random = random * 1664525u + 1013904223u) >> 24);
  const std::vector<ImageRequest> pictures(static_cast<size_t>(per_call), image::RgbView{pixels.data(), spec.width, spec.height, 3 * spec.width});

  measure(model, pictures, 1, calls / 4);  // warm
  std::printf("%s, %d pictures a call, %d calls\n", model.backend().c_str(), per_call, calls);
  double alone = 0, least_loss = 1;
  for (int round = 0; round < 3; round++)
    for (int callers : {1, 8}) {
      const Result result = measure(model, pictures, callers, calls);
      std::printf("%d caller%s: %8.1f pictures/s, %.3f CPU ms a picture", callers, callers == 1 ? " " : "s", result.pictures_per_second, result.cpu_ms_per_picture);
      if (callers == 1) alone = result.pictures_per_second;
      else {
        std::printf("; %.1f %% lost; calls when the first was done: %d to %d", 100 * (1 - result.pictures_per_second / alone), result.least_progress, result.most_progress);
        least_loss = std::min(least_loss, 1 - result.pictures_per_second / alone);
      }
      std::printf("\n");
    }
  std::printf("least loss of three rounds: %.1f %%\n", 100 * least_loss);
  return 0;
}
