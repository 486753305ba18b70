// Packing, the matrix product and its epilogue, on every instruction set.
#include <algorithm>
#include <cmath>

#include "kernels/comparison.h"
#include "kernels/guarded.h"
#include "kernels/tables.h"

using namespace oag::host;
using oag::test::on_slow_machine;
using namespace oag::host::tests;
using oag::Activation;
using oag::Precision;

namespace {

const Activation kActivations[] = {Activation::none, Activation::quick_gelu, Activation::gelu, Activation::gelu_tanh, Activation::relu, Activation::tanh,
                                   Activation::silu, Activation::sigmoid};

// How far an activation may be off in bf16 and int8: less than a tenth of what rounding its argument costs. (Relative to results above 1.)
constexpr double kReducedError = 1e-4;

struct Problem {
  Problem(int64_t rows_, int64_t inputs_, int64_t outputs_) : rows(rows_), inputs(inputs_), outputs(outputs_) {}

  int64_t rows, inputs, outputs;
  Activation activation = Activation::none;
  bool biased = true, residual = false, in_place = false;  // in_place: the residual is the memory of out
  bool residual_first = false;                             // before the activation
  std::vector<float> x;        // [rows, inputs]
  std::vector<float> weights;  // [outputs, inputs]
  std::vector<float> bias;     // [outputs]
  std::vector<float> added;    // [rows, outputs]
};

Problem make_problem(int64_t rows, int64_t inputs, int64_t outputs, unsigned seed) {
  Problem p(rows, inputs, outputs);
  p.x = random_floats(static_cast<size_t>(rows * inputs), seed);
  p.weights = random_floats(static_cast<size_t>(outputs * inputs), seed + 1, 1.5f / std::sqrt(static_cast<float>(inputs)));
  p.bias = random_floats(static_cast<size_t>(outputs), seed + 2, 0.5f);
  p.added = random_floats(static_cast<size_t>(rows * outputs), seed + 3);
  return p;
}

double exact_activation(Activation activation, double x) {
  switch (activation) {
    case Activation::none: return x;
    case Activation::quick_gelu: return x / (1 + std::exp(-double{1.702f} * x));
    case Activation::gelu: return 0.5 * x * std::erfc(-x / std::sqrt(2.0));
    case Activation::gelu_tanh: {
      const double u = std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x);
      return x / (1 + std::exp(-2 * u));  // ½(1 + tanh u), without its cancellation
    }
    case Activation::relu: return std::max(x, 0.0);
    case Activation::tanh: return std::tanh(x);
    case Activation::silu: return x / (1 + std::exp(-x));
    case Activation::sigmoid: return 1 / (1 + std::exp(-x));
  }
  return x;
}

std::vector<double> exact_product(const Problem& p) {
  std::vector<double> out;
  for (int64_t i = 0; i < p.rows; ++i) {
    for (int64_t j = 0; j < p.outputs; ++j) {
      double sum = p.biased ? p.bias[j] : 0.0;
      for (int64_t k = 0; k < p.inputs; ++k) sum += double{p.x[i * p.inputs + k]} * p.weights[j * p.inputs + k];
      const double added = p.residual ? p.added[i * p.outputs + j] : 0.0;
      out.push_back(p.residual_first ? exact_activation(p.activation, sum + added) : exact_activation(p.activation, sum) + added);
    }
  }
  return out;
}

// How rows are cut into tiles: as many as the kernel takes, one by one, or changing.
enum class Tiles { largest, single, uneven };

// The whole product by tiles, everything in guarded, badly aligned memory with poison between rows.
std::vector<float> product(const MatrixKernels& kernels, const Problem& p, Tiles tiles = Tiles::largest, int columns_per_tile = 0) {
  GuardedRows x(p.rows, p.inputs, p.inputs + 3, p.x), weights(p.outputs, p.inputs, p.inputs + 1, p.weights);
  GuardedRows out(p.rows, p.outputs, p.outputs + 5), added(p.rows, p.outputs, p.outputs + 2, p.added);
  if (p.in_place) {
    for (int64_t i = 0; i < p.rows; ++i) std::copy_n(added.row(i), p.outputs, out.row(i));
  }
  Guarded bias(p.bias);
  const int64_t width = columns_per_tile ? columns_per_tile : kernels.columns_per_panel;
  for (int64_t column = 0; column < p.outputs; column += width) {
    const int columns = static_cast<int>(std::min(width, p.outputs - column));
    Guarded panel(static_cast<size_t>(kernels.panel_bytes(p.inputs)) / sizeof(float));
    kernels.pack_weights(weights.row(column), weights.stride(), columns, p.inputs, panel.data());
    int64_t row = 0;
    for (int step = 0; row < p.rows; ++step) {
      const int64_t wanted = tiles == Tiles::largest ? kernels.rows_per_block : tiles == Tiles::single ? 1 : 1 + step % kernels.rows_per_block;
      const int rows = static_cast<int>(std::min(wanted, p.rows - row));
      Guarded packed(static_cast<size_t>(rows * kernels.row_bytes(p.inputs)) / sizeof(float), 64);
      kernels.pack_rows(x.row(row), x.stride(), rows, p.inputs, packed.data());
      REQUIRE(packed.surroundings_intact());
      GemmTile tile{};
      tile.rows = packed.data();
      tile.panel = panel.data();
      tile.inputs = p.inputs;
      tile.row_count = rows;
      tile.column_count = columns;
      tile.bias = p.biased ? bias.data() + column : nullptr;
      tile.residual = !p.residual ? nullptr : p.in_place ? out.row(row) + column : added.row(row) + column;
      tile.residual_stride = p.in_place ? out.stride() : added.stride();
      tile.out = out.row(row) + column;
      tile.out_stride = out.stride();
      tile.activation = p.activation;
      tile.residual_first = p.residual_first;
      kernels.gemm(tile);
      row += rows;
    }
    REQUIRE(panel.surroundings_intact());
  }
  REQUIRE(out.surroundings_intact());
  return out.values();
}

}  // namespace

TEST_CASE("rows that are packed some columns at a time lie as rows that are packed at once") {
  for_each_table([](const Kernels& table) {
    CHECK((table.int8.pack_columns == nullptr));
    for (const MatrixKernels* kernels : {&table.fp32, &table.bf16}) {
      const int64_t panel = kernels->columns_per_panel;
      for (const int64_t inputs : {int64_t{1}, int64_t{7}, panel - 1, panel, panel + 1, 2 * panel + 3, 5 * panel, int64_t{101}}) {
        for (int rows = 1; rows <= kernels->rows_per_block; rows += 3) {
          CAPTURE(inputs);
          CAPTURE(rows);
          const std::vector<float> values = random_floats(static_cast<size_t>(rows * inputs), 4);
          GuardedRows x(rows, inputs, inputs + 3, values);
          const size_t floats = static_cast<size_t>(rows * kernels->row_bytes(inputs)) / sizeof(float);
          Guarded at_once(floats, 64), in_parts(floats, 64);
          kernels->pack_rows(x.row(0), x.stride(), rows, inputs, at_once.data());
          for (int64_t first = 0; first < inputs; first += 2 * panel) {
            kernels->pack_columns(x.row(0) + first, x.stride(), rows, inputs, first, std::min(2 * panel, inputs - first), in_parts.data());
          }
          REQUIRE(in_parts.surroundings_intact());
          REQUIRE(same_bits(in_parts.values(), at_once.values()));
        }
      }
    }
  });
}

TEST_CASE("pack_weights and unpack_weights: fp32 comes back bit for bit, NaN payloads too, with zeros in what is padded") {
  for_each_table([](const Kernels& table) {
    const MatrixKernels& kernels = table.fp32;
    for (int columns = 1; columns <= kernels.columns_per_panel; ++columns) {
      for (const int64_t inputs : {1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 33, 47, 101}) {
        CAPTURE(columns);
        CAPTURE(inputs);
        std::vector<float> values = random_floats(static_cast<size_t>(columns * inputs), 3);
        const uint32_t signalling = 0xffa12345;
        std::memcpy(&values[values.size() / 2], &signalling, 4);
        GuardedRows weights(columns, inputs, inputs + 2, values), back(columns, inputs, inputs + 1);
        Guarded panel(static_cast<size_t>(kernels.panel_bytes(inputs)) / sizeof(float));
        kernels.pack_weights(weights.row(0), weights.stride(), columns, inputs, panel.data());
        REQUIRE(panel.surroundings_intact());
        int64_t not_zero = 0;
        for (const float value : panel.values()) not_zero += value != 0.0f;
        REQUIRE(not_zero == columns * inputs);
        kernels.unpack_weights(panel.data(), columns, inputs, back.row(0), back.stride());
        REQUIRE(same_bits(back.values(), values));
        REQUIRE(back.surroundings_intact());
      }
    }
  });
}

TEST_CASE("pack_weights and unpack_weights: bf16 and int8 come back as the reference rounds them, which is by definition") {
  for_each_format([](const Format& format) {
    if (format.precision == Precision::fp32) return;
    const MatrixKernels& kernels = format.kernels;
    for (int columns = 1; columns <= kernels.columns_per_panel; ++columns) {
      for (const int64_t inputs : {1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 33, 47, 101}) {
        CAPTURE(columns);
        CAPTURE(inputs);
        std::vector<float> values = random_floats(static_cast<size_t>(columns * inputs), 3);
        for (int64_t k = 0; k < inputs && columns > 2; ++k) values[static_cast<size_t>(inputs + k)] = 0.0f;  // a column of nothing
        if (columns > 3) values[static_cast<size_t>(3 * inputs)] = 3e38f;                                    // and one of great numbers
        GuardedRows weights(columns, inputs, inputs + 2, values), back(columns, inputs, inputs + 1);
        Guarded panel(static_cast<size_t>(kernels.panel_bytes(inputs)) / sizeof(float));
        kernels.pack_weights(weights.row(0), weights.stride(), columns, inputs, panel.data());
        REQUIRE(panel.surroundings_intact());
        kernels.unpack_weights(panel.data(), columns, inputs, back.row(0), back.stride());
        REQUIRE(back.surroundings_intact());
        std::vector<float> expected;
        for (int j = 0; j < columns; ++j) {
          float largest = 0;
          for (int64_t k = 0; k < inputs; ++k) largest = std::max(largest, std::fabs(values[static_cast<size_t>(j * inputs + k)]));
          for (int64_t k = 0; k < inputs; ++k) {
            const float w = values[static_cast<size_t>(j * inputs + k)];
            uint32_t bits;
            std::memcpy(&bits, &w, 4);
            bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000;
            float rounded;
            std::memcpy(&rounded, &bits, 4);
            expected.push_back(format.precision == Precision::bf16 ? rounded : largest == 0 ? 0 : std::nearbyint(w * (127.0f / largest)) * (largest / 127.0f));
          }
        }
        REQUIRE(back.values() == expected);
      }
    }
  });
}

TEST_CASE("gemm: in int8 the bits are the reference's, for sums as great as they become") {
  for_each_format([](const Format& format) {
    if (format.precision != Precision::int8) return;
    unsigned seed = 0;
    for (const int64_t inputs : {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 384, 769, 3072}) {
      for (const int64_t rows : {1, 5, 14, 29}) {
        for (const int64_t outputs : {1, 15, 67}) {
          if (++seed % on_slow_machine(5u, 1u) != 0) continue;
          Problem p = make_problem(rows, inputs, outputs, seed);
          // Weights of ±127 and 0 and rows of 0 and 255 are their own quanta. 255 · 127 twice does not fit 16 bits.
          std::minstd_rand random(seed);
          for (float& w : p.weights) w = seed % 3 == 0 ? 127.0f : static_cast<float>(127 * (static_cast<int>(random() % 3) - 1));
          for (float& x : p.x) x = seed % 2 == 0 ? 255.0f : static_cast<float>(255 * (random() % 2));
          if (seed % 4 == 1)  // a zero point in the middle
            for (float& x : p.x) x -= 128.0f;
          if (seed % 5 == 2) p.x = random_floats(p.x.size(), seed, 3.0f, 1.0f);
          p.residual = seed % 2 == 0;
          CAPTURE(inputs);
          CAPTURE(rows);
          CAPTURE(outputs);
          REQUIRE(same_bits(product(format.kernels, p), product(format.plain, p)));
          if (seed % 5 == 2 || seed % 4 == 1) continue;
          p.biased = p.residual = false;
          const std::vector<float> out = product(format.kernels, p);
          const std::vector<double> exact = exact_product(p);
          for (size_t i = 0; i < out.size(); ++i) REQUIRE(out[i] == static_cast<float>(exact[i]));
        }
      }
    }
  });
}

TEST_CASE("gemm: in int8 a row without numbers is zero, and tiny and great numbers stay what they are") {
  for_each_format([](const Format& format) {
    if (format.precision != Precision::int8) return;
    for (const float magnitude : {0.0f, 1e-38f, 1e-20f, 1e20f, 1e37f}) {
      Problem p = make_problem(3, 20, 7, 2);
      p.biased = false;
      for (float& x : p.x) x *= magnitude;
      const std::vector<float> out = product(format.kernels, p);
      const std::vector<double> exact = exact_product(p);
      CAPTURE(magnitude);
      for (size_t i = 0; i < out.size(); ++i) CHECK(std::fabs(out[i] - exact[i]) <= (magnitude < 1e-30f ? 1e-28 : 0.1 * magnitude));
    }
  });
}

TEST_CASE("gemm: error against fp64, over sizes that straddle every vector width") {
  for_each_format([](const Format& format) {
    const MatrixKernels& kernels = format.kernels;
    Summary summary;
    unsigned seed = 0, taken = 0;
    for (const int64_t inputs : {1, 2, 3, 4, 5, 7, 15, 16, 17, 31, 33, 64, 77, 101, 384, 769}) {
      Samples samples[std::size(kActivations)];
      for (const int64_t rows : {1, 2, 5, 6, 7, 13, 14, 15, 29}) {
        for (const int64_t outputs : {1, 8, 9, 15, 17, 32, 67}) {
          if (inputs > 100 && (rows * outputs) % 3 != 0) continue;  // enough of the long ones
          if (++seed % on_slow_machine(3u, 1u) != 0) continue;
          Problem p = make_problem(rows, inputs, outputs, seed);
          const size_t activation = taken++ % std::size(kActivations);  // each is among the few of a slow machine
          p.activation = kActivations[activation];
          p.biased = seed % 3 != 0;
          p.residual = seed % 2 == 0;
          p.in_place = p.residual && seed % 5 < 3;
          p.residual_first = seed % 4 == 0;
          samples[activation].take(product(kernels, p), product(format.plain, p), exact_product(p));
        }
      }
      for (const Activation activation : kActivations) {
        CAPTURE(inputs);
        CAPTURE(static_cast<int>(activation));
        const Comparison c = samples[static_cast<int>(activation)].judge();
        const bool reduced = format.precision != Precision::fp32 && activation != Activation::none;
        CHECK_MESSAGE((c.fault.empty() || (reduced && c.fast_max <= 2 * c.plain_max + c.ulp + kReducedError)), c.text());
        summary.take(c);
      }
    }
    MESSAGE(format.name() << " gemm: " << summary.text());
  });
}

TEST_CASE("gemm: a row's bits do not depend on its mates, nor on the tile's size") {
  for_each_format([](const Format& format) {
    const MatrixKernels& kernels = format.kernels;
    for (const int64_t inputs : {3, 16, 77, 768}) {
      for (const Activation activation : kActivations) {
        Problem p = make_problem(31, inputs, 2 * kernels.columns_per_panel + 3, 5);
        p.activation = activation;
        p.residual = true;
        const std::vector<float> largest = product(kernels, p);
        CHECK(same_bits(product(kernels, p, Tiles::single), largest));
        CHECK(same_bits(product(kernels, p, Tiles::uneven), largest));
        CHECK(same_bits(product(kernels, p, Tiles::largest, 5), largest));  // panels of five columns

        Problem alone = p;
        alone.rows = 1;
        alone.x.assign(p.x.begin() + 17 * inputs, p.x.begin() + 18 * inputs);
        alone.added.assign(p.added.begin() + 17 * p.outputs, p.added.begin() + 18 * p.outputs);
        CHECK(same_bits(product(kernels, alone), {largest.begin() + 17 * p.outputs, largest.begin() + 18 * p.outputs}));
      }
    }
  });
}

TEST_CASE("gemm: NaN and infinity stay in their row and their column") {
  for_each_format([](const Format& format) {
    const MatrixKernels& kernels = format.kernels;
    Problem p = make_problem(9, 37, 21, 8);
    const std::vector<float> clean = product(kernels, p);
    p.x[4 * 37 + 36] = std::nanf("");
    if (format.precision != Precision::int8) p.weights[20 * 37] = INFINITY;  // in int8 weights are finite by contract
    const std::vector<float> out = product(kernels, p);
    for (int64_t i = 0; i < 9; ++i) {
      for (int64_t j = 0; j < 21; ++j) {
        CAPTURE(i);
        CAPTURE(j);
        if (i == 4) {
          CHECK(std::isnan(out[i * 21 + j]));
        } else if (j == 20 && format.precision != Precision::int8) {
          CHECK(std::isinf(out[i * 21 + j]));
        } else {
          CHECK(out[i * 21 + j] == clean[i * 21 + j]);
        }
      }
    }
  });
}

TEST_CASE("activations: error against fp64 in every range of x") {
  for_each_format([](const Format& format) {
    const MatrixKernels& kernels = format.kernels;
    for (const Activation activation : kActivations) {
      Summary summary;
      const double edges[] = {-200, -80, -30, -14, -10, -7, -6, -5, -4, -3, -2, -1, -0.5, -0.1, -1e-3, -1e-6, -1e-20,
                              1e-20, 1e-6, 1e-3, 0.1, 0.5, 1, 2, 3, 4, 6, 10, 30, 1000, 1e10};
      const int count = on_slow_machine(97, 997);
      for (size_t e = 0; e + 1 < std::size(edges); ++e) {
        Problem p(count, 1, 1);
        p.activation = activation;
        p.biased = false;
        p.weights = {1.0f};
        p.added.assign(static_cast<size_t>(count), 0.0f);
        for (int i = 0; i < count; ++i) p.x.push_back(static_cast<float>(edges[e] + (edges[e + 1] - edges[e]) * i / (count - 1)));
        const Comparison c = compare(product(kernels, p), product(format.plain, p), exact_product(p));
        CAPTURE(static_cast<int>(activation));
        CAPTURE(edges[e]);
        const bool good = format.precision == Precision::fp32 ? c.fault.empty() : c.fast_max <= 2 * c.plain_max + c.ulp + kReducedError;
        CHECK_MESSAGE(good, c.text());
        summary.take(c);
      }
      MESSAGE(format.name() << " activation " << static_cast<int>(activation) << ": " << summary.text());
    }
  });
}

TEST_CASE("activations: zero, infinity and NaN") {
  for_each_format([](const Format& format) {
    const MatrixKernels& kernels = format.kernels;
    for (const Activation activation : kActivations) {
      CAPTURE(static_cast<int>(activation));
      Problem p(5, 1, 1);
      p.activation = activation;
      p.biased = false;
      p.weights = {1.0f};
      p.added.assign(5, 0.0f);
      p.x = {0.0f, INFINITY, std::nanf(""), 3e38f, -3e38f};
      const std::vector<float> out = product(kernels, p);
      CHECK(out[0] == (activation == Activation::sigmoid ? 0.5f : 0.0f));
      const bool bounded = activation == Activation::tanh || activation == Activation::sigmoid;
      if (format.precision == Precision::int8) {
        CHECK(std::isnan(out[1]));
      } else {
        CHECK(out[1] == (bounded ? 1.0f : INFINITY));
      }
      CHECK(std::isnan(out[2]));
      const double rounding = format.precision == Precision::fp32 || bounded ? 0 : 0.003 * double{3e38f};
      CHECK(std::fabs(out[3] - (bounded ? 1 : double{3e38f})) <= rounding);
      CHECK(std::fabs(out[4] - (activation == Activation::tanh ? -1 : activation == Activation::none ? -double{3e38f} : 0)) <= rounding);
    }
  });
}
