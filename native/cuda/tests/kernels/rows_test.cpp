// Kernels over rows against fp64: every width a kernel is compiled for, and the ones between.
#include <doctest/doctest.h>

#include <functional>
#include <random>

#include "kernels/rows/launch.h"
#include "support/emulation.h"
#include "support/row_errors.h"

using namespace oag::cuda;
using namespace oag::cuda::test;

namespace {

constexpr int widths[] = {8, 200, 256, 264, 512, 768, 1000, 1024, 1664, 2048};

template <class Params> void run_kernel(Format format, const Params& p) {
  CHECK(rows::refusal(p) == nullptr);
  const Launch l = rows::launch(format, p);
  simt::emulator::launch(l.kernel, dim3(l.grid_x, l.grid_y, l.grid_z), dim3(l.threads), l.shared_bytes, &p, sizeof p);
}

DeviceBuffer<float> vector_of(int width, float mean, std::mt19937& random) {
  std::normal_distribution<float> normal(mean, 0.5f);
  std::vector<float> v(static_cast<size_t>(width));
  for (float& x : v) x = normal(random);
  return DeviceBuffer<float>(v);
}

template <class T> double at(const DeviceBuffer<T>& m, int64_t stride, int64_t r, int c) { return static_cast<double>(simt::to_float(m[static_cast<size_t>(r * stride + c)])); }

// Rows of sums, in fp64 and in fp32, to their normalised forms; the fp32 one is rounded to T.
template <class T, class Number> std::vector<double> normalised(const std::vector<double>& sums, int rows, int width, const rows::Norm& norm) {
  std::vector<double> out;
  for (int r = 0; r < rows; r++) {
    std::vector<Number> row;
    for (int c = 0; c < width; c++) row.push_back(static_cast<Number>(sums[static_cast<size_t>(r * width + c)]));
    if (norm.gain) {
      Number mean = 0, variance = 0;
      for (const Number x : row) mean += x / static_cast<Number>(width);
      for (const Number x : row) variance += (x - mean) * (x - mean) / static_cast<Number>(width);
      for (int c = 0; c < width; c++) {
        Number& x = row[static_cast<size_t>(c)];
        x = (x - mean) / std::sqrt(variance + static_cast<Number>(norm.epsilon)) * static_cast<Number>(norm.gain[c]) + static_cast<Number>(norm.offset[c]);
      }
    }
    for (const Number x : row) out.push_back(std::is_same_v<Number, double> ? static_cast<double>(x) : static_cast<double>(simt::to_float(simt::from_float<T>(static_cast<float>(x)))));
  }
  return out;
}

template <class T> void sums_are_normalised(int width, unsigned seed, bool with_bias, bool with_residual) {
  constexpr int rows_here = 6;
  simt::emulator::options.seed = seed;
  std::mt19937 random(seed);
  DeviceBuffer<T> x(static_cast<size_t>(rows_here * (width + 8))), residual(static_cast<size_t>(rows_here * (width + 16))), sum(static_cast<size_t>(rows_here * (width + 24))),
      out(static_cast<size_t>(rows_here * (width + 32)));
  draw_rows(x, rows_here, width, width + 8, 1.f, random);
  draw_rows(residual, rows_here, width, width + 16, 3.f, random);
  const DeviceBuffer<float> bias = vector_of(width, 10.f, random), gain = vector_of(width, 1.f, random), offset = vector_of(width, 0.f, random);
  const rows::AddParams p{x.data(),   with_bias ? bias.data() : nullptr, with_residual ? residual.data() : nullptr, sum.data(), out.data(), width + 8, width + 16, width + 24, width + 32,
                          {gain.data(), offset.data(), 1e-5f}, rows_here, width};
  run_kernel(format_of<T>, p);
  std::vector<double> sums;
  for (int r = 0; r < rows_here; r++)
    for (int c = 0; c < width; c++) sums.push_back(at(x, width + 8, r, c) + (with_bias ? static_cast<double>(bias[static_cast<size_t>(c)]) : 0) + (with_residual ? at(residual, width + 16, r, c) : 0));
  CAPTURE(width);
  check_rows(out, rows_here, width, width + 32, normalised<T, double>(sums, rows_here, width, p.norm), normalised<T, float>(sums, rows_here, width, p.norm));
  check_rows(sum, rows_here, width, width + 24, sums, normalised<T, float>(sums, rows_here, width, {}));
}

template <class T> void rows_are_gathered(int width, bool norm) {
  constexpr int rows_here = 7;
  std::mt19937 random(static_cast<unsigned>(width));
  DeviceBuffer<T> tokens(static_cast<size_t>(20 * (width + 8))), positions(static_cast<size_t>(rows_here * width)), types(static_cast<size_t>(2 * width)), out(static_cast<size_t>(rows_here * (width + 8)));
  draw_rows(tokens, 20, width, width + 8, 1.f, random);
  draw_rows(positions, rows_here, width, width, 0.3f, random);
  draw_rows(types, 2, width, width, 0.3f, random);
  const DeviceBuffer<float> gain = vector_of(width, 1.f, random), offset = vector_of(width, 0.f, random);
  const DeviceBuffer<int32_t> ids(std::vector<int32_t>{19, 0, 3, 3, 7, 18, 1}), type_ids(std::vector<int32_t>{0, 1, -1, 0, -1, 1, 1});
  rows::GatherParams p{{{tokens.data(), ids.data(), width + 8}, {positions.data(), nullptr, width}, {types.data(), type_ids.data(), width}}, out.data(), width + 8, {}, rows_here, width};
  if (norm) p.norm = {gain.data(), offset.data(), 1e-12f};
  run_kernel(format_of<T>, p);
  std::vector<double> sums;
  for (int r = 0; r < rows_here; r++)
    for (int c = 0; c < width; c++) {
      const int type = type_ids[static_cast<size_t>(r)];
      sums.push_back(at(tokens, width + 8, ids[static_cast<size_t>(r)], c) + at(positions, width, r, c) + (type < 0 ? 0 : at(types, width, type, c)));
    }
  CAPTURE(width);
  check_rows(out, rows_here, width, width + 8, normalised<T, double>(sums, rows_here, width, p.norm), normalised<T, float>(sums, rows_here, width, p.norm));
}

template <class T> void patches_of(int channels, int height, int width, int patch) {
  constexpr int images = 2;
  std::mt19937 random(7);
  DeviceBuffer<uint8_t> pixels(static_cast<size_t>(images * height * width * channels));
  for (size_t i = 0; i < pixels.size(); i++) pixels[i] = static_cast<uint8_t>(random());
  DeviceBuffer<float> levels(static_cast<size_t>(channels * 256));
  for (size_t i = 0; i < levels.size(); i++) levels[i] = static_cast<float>(i) / 128.f - 1.f;
  const int columns = (channels * patch * patch + 7) / 8 * 8, grid_rows = height / patch, grid_columns = width / patch, stride = columns + 8;
  DeviceBuffer<T> out(static_cast<size_t>(images * grid_rows * grid_columns * stride));
  run_kernel(format_of<T>, rows::PatchParams{pixels.data(), levels.data(), out.data(), stride, images, height, width, channels, patch, columns});
  size_t wrong = 0;
  for (int image = 0; image < images; image++)
    for (int y = 0; y < grid_rows; y++)
      for (int x = 0; x < grid_columns; x++)
        for (int c = 0; c < stride; c++) {
          const int row = (image * grid_rows + y) * grid_columns + x, channel = c / (patch * patch), py = c / patch % patch, px = c % patch;
          uint16_t want = 0xffff;
          if (c < columns) want = 0;
          if (channel < channels) {
            const uint8_t byte = pixels[static_cast<size_t>(((image * height + y * patch + py) * width + x * patch + px) * channels + channel)];
            want = simt::from_float<T>(levels[static_cast<size_t>(channel * 256 + byte)]).bits;
          }
          wrong += out[static_cast<size_t>(row * stride + c)].bits != want;
        }
  CHECK(wrong == 0);
}

template <class T> void runs_are_pooled(int width, bool normalize) {
  std::mt19937 random(static_cast<unsigned>(width));
  DeviceBuffer<T> x(static_cast<size_t>(9 * (width + 8)));
  draw_rows(x, 9, width, width + 8, 1.f, random);
  for (int c = 0; c < width; c++) x[static_cast<size_t>(8 * (width + 8) + c)] = simt::from_float<T>(0.f);
  const DeviceBuffer<int32_t> first(std::vector<int32_t>{0, 3, 4, 8, 0}), count(std::vector<int32_t>{3, 1, 4, 1, 8});
  DeviceBuffer<float> out(static_cast<size_t>(5 * width));
  run_kernel(format_of<T>, rows::PoolParams{x.data(), first.data(), count.data(), out.data(), width + 8, 5, width, normalize});
  for (size_t run = 0; run < 5; run++) {
    std::vector<double> mean(static_cast<size_t>(width), 0);
    double length = 0;
    for (int c = 0; c < width; c++) {
      for (int i = 0; i < count[run]; i++) mean[static_cast<size_t>(c)] += at(x, width + 8, first[run] + i, c) / count[run];
      length += mean[static_cast<size_t>(c)] * mean[static_cast<size_t>(c)];
    }
    const double by = normalize && length > 0 ? std::sqrt(length) : 1;
    double worst = 0;
    for (int c = 0; c < width; c++) worst = std::max(worst, std::fabs(static_cast<double>(out[run * static_cast<size_t>(width) + static_cast<size_t>(c)]) - mean[static_cast<size_t>(c)] / by));
    CHECK(worst <= 1e-6);
  }
}

}  // namespace

TEST_CASE("a row, a bias and a residual are added and normalised") {
  const Emulation emulation;
  for (const unsigned seed : seeds())
    for (const int width : widths) {
      sums_are_normalised<simt::half_t>(width, seed, seed != 1, seed != 2);
      sums_are_normalised<simt::bf16_t>(width, seed, seed == 2, true);
    }
}

TEST_CASE("the sum may lie where the residual was, and the result where x was") {
  const Emulation emulation;
  constexpr int width = 264, rows_here = 5;
  std::mt19937 random(1);
  DeviceBuffer<simt::half_t> x(rows_here * width), residual(rows_here * width), sum(rows_here * width), out(rows_here * width);
  draw_rows(x, rows_here, width, width, 1.f, random);
  draw_rows(residual, rows_here, width, width, 1.f, random);
  const DeviceBuffer<float> gain = vector_of(width, 1.f, random), offset = vector_of(width, 0.f, random);
  rows::AddParams p{x.data(), nullptr, residual.data(), sum.data(), out.data(), width, width, width, width, {gain.data(), offset.data(), 1e-5f}, rows_here, width};
  run_kernel(Format::f16, p);
  p.sum = residual.data();
  p.out = x.data();
  run_kernel(Format::f16, p);
  for (size_t i = 0; i < x.size(); i++) {
    CHECK(x[i].bits == out[i].bits);
    CHECK(residual[i].bits == sum[i].bits);
  }
}

TEST_CASE("rows of up to three tables are gathered, and normalised where there is a gain") {
  const Emulation emulation;
  for (const int width : widths) {
    rows_are_gathered<simt::half_t>(width, true);
    rows_are_gathered<simt::bf16_t>(width, width % 3 == 0);
  }
}

TEST_CASE("pictures become rows of patches, bit for bit") {
  const Emulation emulation;
  patches_of<simt::half_t>(3, 33, 40, 8);
  patches_of<simt::bf16_t>(3, 30, 28, 14);  // 588 columns, which 8 does not divide
  patches_of<simt::half_t>(1, 6, 9, 3);
}

TEST_CASE("runs are pooled to their mean, of length 1 where asked") {
  const Emulation emulation;
  for (const int width : widths) {
    runs_are_pooled<simt::half_t>(width, false);
    runs_are_pooled<simt::bf16_t>(width, true);
  }
}

TEST_CASE("what no kernel over rows takes is refused with the reason") {
  alignas(16) static char memory[16];
  const auto text = [](const char* why) { return std::string(why ? why : ""); };
  rows::AddParams add{memory, nullptr, nullptr, nullptr, memory, 8, 8, 8, 8, {}, 1, 8};
  CHECK(rows::refusal(add) == nullptr);
  add.width = 2056;
  CHECK(contains(text(rows::refusal(add)), "width"));
  add.x_stride = 9;
  CHECK(contains(text(rows::refusal(add)), "stride"));
  add.x = memory + 8;
  CHECK(contains(text(rows::refusal(add)), "16 bytes"));
  rows::GatherParams gather{{{memory, nullptr, 8}, {}, {}}, memory, 8, {}, 1, 12};
  CHECK(contains(text(rows::refusal(gather)), "width"));
  gather.tables[0].stride = 4;
  CHECK(contains(text(rows::refusal(gather)), "stride"));
  rows::PatchParams patches{nullptr, nullptr, memory, 8, 1, 4, 4, 3, 5, 80};
  CHECK(contains(text(rows::refusal(patches)), "no patch"));
  patches.patch = 2;
  CHECK(contains(text(rows::refusal(patches)), "columns"));
  rows::PoolParams pool{memory, nullptr, nullptr, nullptr, 12, 1, 8, 0};
  CHECK(contains(text(rows::refusal(pool)), "stride"));
}

TEST_CASE("every kernel has a launcher that knows its threads") {
  for (const KernelShape& shape : rows::kernel_shapes()) CHECK(simt::emulator::find_kernel(shape.kernel).threads == static_cast<int>(shape.threads));
}
