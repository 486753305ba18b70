// Layernorm, softmax, normalisation and what is done element by element, on every instruction set.
#include <cmath>
#include <functional>

#include "kernels/comparison.h"
#include "kernels/guarded.h"
#include "kernels/tables.h"

using namespace oag::host;
using namespace oag::host::tests;

namespace {

std::vector<int64_t> widths() {
  std::vector<int64_t> all;
  for (int64_t width = 1; width <= 70; ++width) all.push_back(width);
  for (const int64_t width : {127, 128, 129, 384, 768, 1023}) all.push_back(width);
  return all;
}

// What a kernel of rows does, as a function of x [rows, width] that writes out.
using RowKernel = std::function<void(const Kernels&, const float* x, int64_t rows, int64_t width, float* out)>;
using ExactRow = std::function<std::vector<double>(const std::vector<double>& row)>;

std::vector<float> run(const Kernels& kernels, const RowKernel& kernel, const std::vector<float>& x, int64_t rows, int64_t width) {
  Guarded in(x), out(x.size());
  kernel(kernels, in, rows, width, out);
  REQUIRE(in.surroundings_intact());
  REQUIRE(out.surroundings_intact());
  REQUIRE(same_bits(in.values(), x));
  return out.values();
}

std::vector<double> exactly(const ExactRow& exact, const std::vector<float>& x, int64_t width) {
  std::vector<double> all;
  for (size_t begin = 0; begin < x.size(); begin += static_cast<size_t>(width)) {
    const std::vector<double> row = exact({x.begin() + begin, x.begin() + begin + width});
    all.insert(all.end(), row.begin(), row.end());
  }
  return all;
}

// Error against fp64, in place, and row by row, over all widths and several distributions.
void check_rows(const std::string& name, const RowKernel& kernel, const std::function<ExactRow(int64_t width)>& exact) {
  struct Distribution {
    float deviation, mean;
  };
  constexpr int64_t kRows = 11;
  for_each_table([&](const Kernels& kernels) {
    Summary summary;
    for (const int64_t width : widths()) {
      for (const Distribution d : {Distribution{1, 0}, Distribution{10, 3}, Distribution{0.05f, -2}}) {
        CAPTURE(width);
        CAPTURE(d.deviation);
        const std::vector<float> x = random_floats(static_cast<size_t>(kRows * width), static_cast<unsigned>(width), d.deviation, d.mean);
        const std::vector<float> out = run(kernels, kernel, x, kRows, width);
        const Comparison c = compare(out, run(plain_kernels(), kernel, x, kRows, width), exactly(exact(width), x, width));
        REQUIRE_MESSAGE(c.fault.empty(), c.text());
        summary.take(c);

        Guarded in_place(x);
        kernel(kernels, in_place, kRows, width, in_place);
        REQUIRE(same_bits(in_place.values(), out));
        for (const int64_t row : {int64_t{0}, int64_t{5}, kRows - 1}) {
          const std::vector<float> alone = run(kernels, kernel, {x.begin() + row * width, x.begin() + (row + 1) * width}, 1, width);
          REQUIRE(same_bits(alone, {out.begin() + row * width, out.begin() + (row + 1) * width}));
        }
      }
    }
    MESSAGE((std::string(kernels.name) + " " + name) << ": " << summary.text());
  });
}

std::vector<double> exact_softmax(const std::vector<double>& row) {
  double largest = -INFINITY, sum = 0;
  for (const double x : row) largest = std::fmax(largest, x);
  std::vector<double> out;
  for (const double x : row) out.push_back(std::exp(x - largest)), sum += out.back();
  for (double& x : out) x /= sum;
  return out;
}

}  // namespace

TEST_CASE("layer_norm") {
  const auto gain = [](int64_t width) { return random_floats(static_cast<size_t>(width), 71, 0.3f, 1.0f); };
  const auto bias = [](int64_t width) { return random_floats(static_cast<size_t>(width), 72, 0.5f); };
  constexpr float kEpsilon = 1e-5f;
  check_rows(
      "layer_norm",
      [&](const Kernels& kernels, const float* x, int64_t rows, int64_t width, float* out) {
        Guarded gains(gain(width)), biases(bias(width));
        kernels.layer_norm(x, rows, width, gains, biases, kEpsilon, out);
      },
      [&](int64_t width) {
        return [gains = gain(width), biases = bias(width)](const std::vector<double>& row) {
          double mean = 0, squares = 0;
          for (const double x : row) mean += x / static_cast<double>(row.size());
          for (const double x : row) squares += (x - mean) * (x - mean);
          const double factor = 1 / std::sqrt(squares / static_cast<double>(row.size()) + double{kEpsilon});
          std::vector<double> out;
          for (size_t j = 0; j < row.size(); ++j) out.push_back((row[j] - mean) * factor * gains[j] + biases[j]);
          return out;
        };
      });
}

TEST_CASE("layer_norm: a constant row becomes the bias, and epsilon stands under the root") {
  for_each_table([](const Kernels& kernels) {
    const std::vector<float> gain(20, 3.0f), bias = random_floats(20, 5);
    std::vector<float> out(20);
    kernels.layer_norm(std::vector<float>(20, 0.5f).data(), 1, 20, gain.data(), bias.data(), 1e-5f, out.data());
    CHECK(same_bits(out, bias));

    const float x[] = {-1.0f, 1.0f};  // mean 0, variance 1: ±3 / √(1 + 3) + 0
    const float no_bias[] = {0.0f, 0.0f};
    kernels.layer_norm(x, 1, 2, gain.data(), no_bias, 3.0f, out.data());
    CHECK(out[0] == -1.5f);
    CHECK(out[1] == 1.5f);
  });
}

TEST_CASE("softmax") {
  check_rows(
      "softmax", [](const Kernels& kernels, const float* x, int64_t rows, int64_t width, float* out) { kernels.softmax(x, rows, width, out); },
      [](int64_t) { return exact_softmax; });
}

TEST_CASE("softmax: small probabilities keep their digits") {
  for_each_table([](const Kernels& kernels) {
    Summary summary;
    for (float low = -85.0f; low < 0.0f; low += 5.0f) {
      // A 0 holds the maximum; the others are compared among themselves, or their error would drown in its ulp.
      std::vector<float> x(500, 0.0f);
      for (int j = 1; j < 500; ++j) x[j] = low + 5.0f * static_cast<float>(j) / 500;
      const RowKernel kernel = [](const Kernels& k, const float* in, int64_t rows, int64_t width, float* out) { k.softmax(in, rows, width, out); };
      const auto tail = [](auto values) { return decltype(values)(values.begin() + 1, values.end()); };
      const Comparison c = compare(tail(run(kernels, kernel, x, 1, 500)), tail(run(plain_kernels(), kernel, x, 1, 500)),
                                   tail(exactly(exact_softmax, x, 500)));
      CAPTURE(low);
      CHECK_MESSAGE(c.fault.empty(), c.text());
      summary.take(c);
    }
    MESSAGE(std::string(kernels.name) << " softmax, tails: " << summary.text());
  });
}

TEST_CASE("softmax: infinities, NaN and large values, at every place of a vector") {
  for_each_table([](const Kernels& kernels) {
    for (const int64_t width : {1, 2, 7, 8, 9, 16, 17, 33, 70}) {
      for (int64_t at = 0; at < width; ++at) {
        CAPTURE(width);
        CAPTURE(at);
        std::vector<float> x = random_floats(static_cast<size_t>(width), 4), out(x.size());
        const auto softmax = [&](float value) {
          x[at] = value;
          kernels.softmax(x.data(), 1, width, out.data());
        };
        softmax(-INFINITY);
        if (width > 1) {
          REQUIRE(out[at] == 0.0f);
          float sum = 0;
          for (const float p : out) sum += p;
          REQUIRE(sum == doctest::Approx(1.0));
        }
        softmax(3e38f);
        for (int64_t j = 0; j < width; ++j) REQUIRE(out[j] == (j == at ? 1.0f : 0.0f));
        softmax(-3e38f);
        if (width > 1) REQUIRE(out[at] == 0.0f);
        softmax(std::nanf(""));
        for (const float p : out) REQUIRE(std::isnan(p));
        softmax(INFINITY);
        REQUIRE(std::isnan(out[at]));
      }
      std::vector<float> none(static_cast<size_t>(width), -INFINITY), out(none.size());
      kernels.softmax(none.data(), 1, width, out.data());
      for (const float p : out) REQUIRE(std::isnan(p));
    }
  });
}

TEST_CASE("l2_normalize") {
  check_rows(
      "l2_normalize",
      [](const Kernels& kernels, const float* x, int64_t rows, int64_t width, float* out) { kernels.l2_normalize(x, rows, width, out); },
      [](int64_t) {
        return [](const std::vector<double>& row) {
          double squares = 0;
          for (const double x : row) squares += x * x;
          std::vector<double> out;
          for (const double x : row) out.push_back(x / std::sqrt(squares));
          return out;
        };
      });
}

TEST_CASE("l2_normalize: a zero row stays zero, a NaN spreads over its row alone") {
  for_each_table([](const Kernels& kernels) {
    std::vector<float> x(3 * 19, 0.0f), out(x.size(), 7.0f);
    x[19 + 18] = std::nanf("");
    x[2 * 19 + 4] = -5.0f;
    kernels.l2_normalize(x.data(), 3, 19, out.data());
    for (int j = 0; j < 19; ++j) {
      CHECK(out[j] == 0.0f);
      CHECK(std::isnan(out[19 + j]));
      CHECK(out[2 * 19 + j] == (j == 4 ? -1.0f : 0.0f));
    }
  });
}

TEST_CASE("add and multiply: exact, into either operand too") {
  for_each_table([](const Kernels& kernels) {
    for (const bool product : {false, true}) {
      const auto kernel = product ? kernels.multiply : kernels.add;
      for (const int64_t count : widths()) {
        CAPTURE(count);
        const std::vector<float> a = random_floats(static_cast<size_t>(count), 1), b = random_floats(static_cast<size_t>(count), 2);
        std::vector<float> exact;
        for (int64_t j = 0; j < count; ++j) exact.push_back(product ? a[j] * b[j] : a[j] + b[j]);
        Guarded left(a), right(b), out(a.size());
        kernel(left, right, count, out);
        REQUIRE(same_bits(out.values(), exact));
        REQUIRE(out.surroundings_intact());
        Guarded second(b);
        kernel(left, second, count, second);
        REQUIRE(same_bits(second.values(), exact));
        kernel(left, right, count, left);
        REQUIRE(same_bits(left.values(), exact));
      }
    }
  });
}

TEST_CASE("activate: each function that a product fuses, with its bits, in place too") {
  for_each_table([](const Kernels& kernels) {
    for (int which = 0; which <= static_cast<int>(oag::Activation::sigmoid); ++which) {
      const auto activation = static_cast<oag::Activation>(which);
      for (const int64_t count : {1, 3, 7, 8, 9, 16, 31, 64, 129}) {
        CAPTURE(which);
        CAPTURE(count);
        const std::vector<float> x = random_floats(static_cast<size_t>(count), 5, 3.0f);
        Guarded in(x), out(x.size());
        kernels.activate(activation, in, count, out);
        REQUIRE(out.surroundings_intact());
        std::vector<float> fused;  // of a product with 1
        const float one = 1.0f;
        const MatrixKernels& product = kernels.fp32;
        Guarded panel(static_cast<size_t>(product.panel_bytes(1)) / sizeof(float));
        product.pack_weights(&one, 1, 1, 1, panel);
        for (const float value : x) {
          Guarded packed(static_cast<size_t>(product.row_bytes(1)) / sizeof(float), 64);
          product.pack_rows(&value, 1, 1, 1, packed);
          GemmTile tile{};
          tile.rows = packed;
          tile.panel = panel;
          tile.inputs = tile.row_count = tile.column_count = 1;
          tile.out_stride = 1;
          float result = 0;
          tile.out = &result;
          tile.activation = activation;
          product.gemm(tile);
          fused.push_back(result);
        }
        REQUIRE(same_bits(out.values(), fused));
        kernels.activate(activation, in, count, in);
        REQUIRE(same_bits(in.values(), fused));
      }
    }
  });
}
