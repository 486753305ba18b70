// The operations on pictures against fp64 and against what they are made of.
#include <doctest/doctest.h>

#include <tuple>

#include "host/host_bench.h"

using namespace oag;
using namespace oag::test;

namespace {

struct Case {
  Window window;
  int64_t channels = 1, outputs = 1, pictures = 1;
};

// Edges, strides, odd sizes, primes, one cell, a window larger than the picture; several slabs of rows, and more columns than one task takes.
const Case cases[] = {
    {{.height = 1, .width = 1}, 1, 1, 1},
    {{.height = 1, .width = 1, .kernel = 3, .padding = 1}, 5, 3, 2},
    {{.height = 5, .width = 7}, 4, 6, 3},
    {{.height = 5, .width = 7, .stride = 2}, 4, 6, 2},
    {{.height = 6, .width = 4, .kernel = 3}, 3, 17, 2},
    {{.height = 7, .width = 11, .kernel = 3, .stride = 2, .padding = 1}, 3, 13, 3},
    {{.height = 8, .width = 6, .kernel = 3, .stride = 2, .padding = 1}, 3, 32, 2},
    {{.height = 13, .width = 5, .kernel = 3, .padding = 1}, 16, 16, 1},
    {{.height = 3, .width = 2, .kernel = 3, .padding = 1}, 31, 70, 5},
    {{.height = 9, .width = 9, .kernel = 5, .stride = 3, .padding = 2}, 2, 5, 2},
    {{.height = 2, .width = 9, .kernel = 2, .stride = 2, .padding = 1}, 7, 1, 1},
    {{.height = 14, .width = 14, .kernel = 7, .stride = 2, .padding = 3}, 3, 11, 1},
    {{.height = 67, .width = 61, .kernel = 3, .padding = 1}, 3, 9, 2},
};

std::string text(const Case& c) {
  const Window& w = c.window;
  std::string all;
  for (int64_t number : {int64_t{w.height}, int64_t{w.width}, int64_t{w.kernel}, int64_t{w.stride}, int64_t{w.padding}, c.channels, c.outputs, c.pictures}) all += std::to_string(number) + " ";
  return all;
}

// The number of cell (y, x) of the square of row `row` of the result, or null beyond the picture.
const float* cell(const Case& c, const std::vector<float>& x, int64_t row, int y, int column) {
  const Window& w = c.window;
  const int64_t line = row % w.out_cells() / w.out_width() * w.stride + y - w.padding, at = row % w.out_width() * w.stride + column - w.padding;
  if (line < 0 || line >= w.height || at < 0 || at >= w.width) return nullptr;
  return &x[static_cast<size_t>(((row / w.out_cells() * w.height + line) * w.width + at) * c.channels)];
}

// Every square as a row: the matrix that the host never makes.
std::vector<float> squares(const Case& c, const std::vector<float>& x) {
  std::vector<float> all;
  for (int64_t row = 0; row < c.pictures * c.window.out_cells(); row++)
    for (int y = 0; y < c.window.kernel; y++)
      for (int column = 0; column < c.window.kernel; column++) {
        const float* from = cell(c, x, row, y, column);
        for (int64_t i = 0; i < c.channels; i++) all.push_back(from ? from[i] : 0.0f);
      }
  return all;
}

struct Model {
  explicit Model(const Case& c)
      : inputs(c.window.kernel * c.window.kernel * c.channels), weight(list.add({"weight", ParameterKind::matrix, {"weight"}, {c.outputs, inputs}})),
        bias(list.add({"bias", ParameterKind::vector, {"bias"}, {c.outputs}})), source(list) {}
  int64_t inputs;
  ParameterList list;
  Parameter weight, bias;
  MemorySource source;
};

}  // namespace

TEST_CASE("a convolution is within the rounding of its sums") {
  for (const Case& c : cases) {
    CAPTURE(text(c));
    const Model model(c);
    const std::vector<float> x = random_floats(c.pictures * c.window.cells() * c.channels, 3), rows = squares(c, x);
    const std::vector<float>&weight = model.source.tensors.at("weight"), &bias = model.source.tensors.at("bias");
    const int64_t count = c.pictures * c.window.out_cells();
    std::vector<double> exact, bounds;
    for (int64_t r = 0; r < count; r++)
      for (int64_t o = 0; o < c.outputs; o++) {
        double sum = bias[static_cast<size_t>(o)], magnitude = std::abs(sum);
        for (int64_t k = 0; k < model.inputs; k++) {
          const double product = static_cast<double>(rows[static_cast<size_t>(r * model.inputs + k)]) * weight[static_cast<size_t>(o * model.inputs + k)];
          sum += product;
          magnitude += std::abs(product);
        }
        exact.push_back(sum);
        bounds.push_back(0x1p-24 * static_cast<double>(model.inputs + 2) * magnitude);  // Higham 2002, 3.1
      }
    for_each_isa([&](host::Isa isa) {
      HostBench bench(isa, 2, model.list, model.source);
      std::vector<float> out = room(count, c.outputs);
      bench.run([&](Pass& pass) { pass.read(pass.conv2d(input(pass, {c.pictures * c.window.cells(), c.channels}, x), model.weight, c.window, {.bias = model.bias}), out.data()); });
      CHECK(worst_over(out, exact, bounds) <= 1);
    });
  }
}

TEST_CASE("a convolution has the bits of a product with its squares as rows, in every precision, with any end and any number of threads") {
  for_each_isa([](host::Isa isa) {
    for (const Case& c : cases) {
      CAPTURE(text(c));
      const Model model(c);
      const int64_t count = c.pictures * c.window.out_cells();
      const std::vector<float> x = random_floats(c.pictures * c.window.cells() * c.channels, 4), rows = squares(c, x), added = random_floats(count * c.outputs, 5);
      for (Precision precision : {Precision::fp32, Precision::bf16, Precision::int8}) {
        CAPTURE(std::string(name_of(precision)));
        for (int threads : {1, 3}) {
          HostBench bench(isa, threads, model.list, model.source, Pages::small, {.precision = precision, .kept = {}});
          std::vector<float> out[3] = {room(count, c.outputs), room(count, c.outputs), room(count, c.outputs)}, expected[3] = {out[0], out[0], out[0]};
          bench.run([&](Pass& pass) {
            const Tensor given = input(pass, {c.pictures * c.window.cells(), c.channels}, x), residual = input(pass, {count, c.outputs}, added);
            pass.read(pass.conv2d(given, model.weight, c.window), out[0].data());
            pass.read(pass.conv2d(given, model.weight, c.window, {.bias = model.bias, .activation = Activation::relu, .residual = residual, .residual_first = true}), out[1].data());
            pass.read(pass.conv2d(given, model.weight, c.window, {.bias = model.bias, .activation = Activation::gelu, .residual = residual}), out[2].data());
          });
          bench.run([&](Pass& pass) {
            const Tensor given = input(pass, {count, model.inputs}, rows), residual = input(pass, {count, c.outputs}, added);
            pass.read(pass.linear(given, model.weight), expected[0].data());
            pass.read(pass.linear(given, model.weight, {.bias = model.bias, .activation = Activation::relu, .residual = residual, .residual_first = true}), expected[1].data());
            pass.read(pass.linear(given, model.weight, {.bias = model.bias, .activation = Activation::gelu, .residual = residual}), expected[2].data());
          });
          for (int i = 0; i < 3; i++) CHECK(same_bits(out[i].data(), expected[i].data(), count * c.outputs));
        }
      }
    }
  });
}

TEST_CASE("a picture's convolution has the same bits alone as among others") {
  const Case c{{.height = 9, .width = 7, .kernel = 3, .stride = 2, .padding = 1}, 5, 19, 4};
  const Model model(c);
  const int64_t numbers = c.window.cells() * c.channels, results = c.window.out_cells() * c.outputs;
  const std::vector<float> x = random_floats(c.pictures * numbers, 6);
  for_each_isa([&](host::Isa isa) {
    for (Precision precision : {Precision::fp32, Precision::bf16, Precision::int8}) {
      HostBench bench(isa, 2, model.list, model.source, Pages::small, {.precision = precision, .kept = {}});
      std::vector<float> all = room(c.pictures, results), alone = room(1, results);
      bench.run([&](Pass& pass) { pass.read(pass.conv2d(input(pass, {c.pictures * c.window.cells(), c.channels}, x), model.weight, c.window), all.data()); });
      for (int64_t p = 0; p < c.pictures; p++) {
        const std::vector<float> one(x.begin() + p * numbers, x.begin() + (p + 1) * numbers);
        bench.run([&](Pass& pass) { pass.read(pass.conv2d(input(pass, {c.window.cells(), c.channels}, one), model.weight, c.window), alone.data()); });
        CHECK(same_bits(alone.data(), all.data() + p * results, results));
      }
    }
  });
}

TEST_CASE("a residual comes before the activation or behind it") {
  const Case c{{.height = 1, .width = 1}, 3, 5, 2};
  const Model model(c);
  const std::vector<float> x = random_floats(c.pictures * c.channels, 1), added = random_floats(c.pictures * c.outputs, 2);
  for_each_isa([&](host::Isa isa) {
    HostBench bench(isa, 1, model.list, model.source);
    std::vector<float> sums = room(2, 5), before = room(2, 5), behind = room(2, 5);
    bench.run([&](Pass& pass) {
      const Tensor given = input(pass, {2, 3}, x), residual = input(pass, {2, 5}, added);
      pass.read(pass.linear(given, model.weight, {.bias = model.bias}), sums.data());
      pass.read(pass.linear(given, model.weight, {.bias = model.bias, .activation = Activation::relu, .residual = residual, .residual_first = true}), before.data());
      pass.read(pass.linear(given, model.weight, {.bias = model.bias, .activation = Activation::relu, .residual = residual}), behind.data());
    });
    int64_t differ = 0;
    for (size_t i = 0; i < sums.size(); i++) {
      CHECK(before[i] == std::max(0.0f, sums[i] + added[i]));
      CHECK(behind[i] == std::max(0.0f, sums[i]) + added[i]);
      differ += before[i] != behind[i];
    }
    CHECK(differ > 2);
  });
}

TEST_CASE("pool2d takes the mean or the maximum of the cells that lie in the picture") {
  const ParameterList list;
  const MemorySource source(list);
  for (const Case& c : cases) {
    CAPTURE(text(c));
    const int64_t count = c.pictures * c.window.out_cells();
    const std::vector<float> x = random_floats(c.pictures * c.window.cells() * c.channels, 7);
    std::vector<double> means, largest, bounds;
    for (int64_t r = 0; r < count; r++)
      for (int64_t i = 0; i < c.channels; i++) {
        double sum = 0, most = -INFINITY, magnitude = 0, cells = 0;
        for (int y = 0; y < c.window.kernel; y++)
          for (int column = 0; column < c.window.kernel; column++)
            if (const float* from = cell(c, x, r, y, column)) {
              sum += from[i];
              magnitude += std::abs(from[i]);
              most = std::max(most, double{from[i]});
              cells++;
            }
        means.push_back(sum / cells);
        largest.push_back(most);
        bounds.push_back(0x1p-24 * (cells + 1) * magnitude / cells);
      }
    for_each_isa([&](host::Isa isa) {
      HostBench bench(isa, 2, list, source);
      std::vector<float> mean = room(count, c.channels), maximum = room(count, c.channels);
      bench.run([&](Pass& pass) {
        const Tensor given = input(pass, {c.pictures * c.window.cells(), c.channels}, x);
        pass.read(pass.pool2d(given, c.window, Pooling::mean), mean.data());
        pass.read(pass.pool2d(given, c.window, Pooling::max), maximum.data());
      });
      CHECK(worst_over(mean, means, bounds) <= 1);
      CHECK(std::equal(maximum.begin(), maximum.end(), largest.begin(), [](float a, double b) { return double{a} == b; }));
    });
  }
}

TEST_CASE("pixels are the levels of their bytes, and add adds") {
  const ParameterList list;
  const MemorySource source(list);
  const std::vector<float> levels = random_floats(3 * 256, 8), a = random_floats(2 * 3000 * 3, 9);
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i < a.size(); i++) bytes.push_back(static_cast<uint8_t>(i * 37 + i / 256));
  for_each_isa([&](host::Isa isa) {
    HostBench bench(isa, 2, list, source);
    std::vector<float> values = room(6000, 3), sums = room(6000, 3);
    bench.run([&](Pass& pass) {
      const Tensor rows = pass.pixels(input(pass, {2, 9000}, bytes), input(pass, {3, 256}, levels));
      pass.read(rows, values.data());
      pass.read(pass.add(rows, input(pass, {6000, 3}, a)), sums.data());
    });
    int64_t wrong = 0;
    for (size_t i = 0; i < a.size(); i++) {
      const float level = levels[i % 3 * 256 + bytes[i]];
      wrong += values[i] != level || sums[i] != level + a[i];
    }
    CHECK(wrong == 0);
  });
}
