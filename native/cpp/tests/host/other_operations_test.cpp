#include <doctest/doctest.h>

#include <tuple>

#include "host/host_bench.h"
#include "support/refusal.h"

using namespace oag;
using namespace oag::test;

namespace {

constexpr int64_t width = 19;

std::vector<double> bounds_of(const std::vector<double>& exact, double relative, double absolute) {
  std::vector<double> bounds;
  for (double value : exact) bounds.push_back(relative * std::abs(value) + absolute);
  return bounds;
}

struct PatchCase {
  int64_t images;
  int height, width_pixels, patch;
  int prefix;  // tokens
  bool bias;
};

// A convolution whose stride is its size, in double.
std::vector<double> exact_patches(const PatchCase& c, const MemorySource& source, const std::vector<uint8_t>& pixels,
                                  const std::vector<float>& levels) {
  std::vector<double> out;
  const int64_t grid_rows = c.height / c.patch, grid_columns = c.width_pixels / c.patch;
  for (int64_t image = 0; image < c.images; image++)
    for (int64_t row = -c.prefix; row < grid_rows * grid_columns; row++)
      for (int64_t o = 0; o < width; o++) {
        const int64_t position = row + c.prefix;
        double sum = source.tensors.at("positions")[static_cast<size_t>(position * width + o)];
        if (row < 0) {
          out.push_back(sum + source.tensors.at("prefix")[static_cast<size_t>(position * width + o)]);
          continue;
        }
        if (c.bias) sum += source.tensors.at("bias")[static_cast<size_t>(o)];
        size_t w = static_cast<size_t>(o * 3 * c.patch * c.patch);
        for (int64_t channel = 0; channel < 3; channel++)
          for (int64_t y = 0; y < c.patch; y++)
            for (int64_t x = 0; x < c.patch; x++)
              sum += static_cast<double>(source.tensors.at("weight")[w++]) *
                     levels[static_cast<size_t>(channel) * 256 +
                            pixels[static_cast<size_t>(((image * c.height + row / grid_columns * c.patch + y) * c.width_pixels + row % grid_columns * c.patch + x) * 3 + channel)]];
        out.push_back(sum);
      }
  return out;
}

}  // namespace

TEST_CASE("patches are a convolution, plus a prefix and positions") {
  for (const PatchCase& c : {PatchCase{1, 8, 12, 4, 1, false}, PatchCase{3, 8, 12, 4, 1, true}, PatchCase{2, 11, 9, 4, 0, true}, PatchCase{5, 7, 7, 7, 1, false},
                             PatchCase{1, 50, 48, 2, 1, false}, PatchCase{3, 50, 48, 2, 5, true}, PatchCase{70, 9, 6, 3, 0, false}}) {
    CAPTURE(c.images);
    CAPTURE(c.height);
    ParameterList list;
    PatchOptions options{.weight = list.add({"weight", ParameterKind::matrix, {"weight"}, {width, 3, c.patch, c.patch}}), .positions = {}};
    if (c.bias) options.bias = list.add({"bias", ParameterKind::vector, {"bias"}, {width}});
    if (c.prefix == 1) options.prefix = list.add({"prefix", ParameterKind::vector, {"prefix"}, {width}});
    if (c.prefix > 1) options.prefix = list.add({"prefix", ParameterKind::table, {"prefix"}, {c.prefix, width}});
    const int64_t rows = c.prefix + int64_t{c.height / c.patch} * (c.width_pixels / c.patch);
    options.positions = list.add({"positions", ParameterKind::table, {"positions"}, {rows, width}});
    options.height = c.height;
    options.width = c.width_pixels;
    options.patch = c.patch;
    const MemorySource source(list);
    std::vector<uint8_t> pixels(static_cast<size_t>(c.images * 3 * c.height * c.width_pixels));
    std::mt19937 engine(77);
    for (uint8_t& byte : pixels) byte = static_cast<uint8_t>(engine());
    const std::vector<float> levels = random_floats(3 * 256, 78);  // no two bytes, and no two channels, alike
    const std::vector<double> exact = exact_patches(c, source, pixels, levels);
    const auto patches = [&](Pass& pass, const std::vector<uint8_t>& bytes, int64_t images) {
      const Tensor given = input(pass, {images, 3 * c.height * c.width_pixels}, bytes);
      return pass.patches(given, input(pass, {3, 256}, levels), options);
    };
    for_each_isa([&](host::Isa isa) {
      std::vector<float> first;
      for (int threads : {1, 2, 3}) {
        HostBench bench(isa, threads, list, source);
        std::vector<float> out = room(c.images * rows, width), one = room(rows, width);
        bench.run([&](Pass& pass) { pass.read(patches(pass, pixels, c.images), out.data()); });
        CHECK(worst_over(out, exact, bounds_of(exact, 1e-6, 1e-5)) <= 1);  // sums of up to 147 products of about 1
        const std::vector<uint8_t> picture(pixels.end() - 3 * c.height * c.width_pixels, pixels.end());
        bench.run([&](Pass& pass) { pass.read(patches(pass, picture, 1), one.data()); });
        CHECK(same_bits(one.data(), out.data() + (c.images - 1) * rows * width, rows * width));
        if (first.empty()) first = out;
        CHECK(same_bits(first.data(), out.data(), c.images * rows * width));
      }
    });
  }
}

TEST_CASE("embed adds the token's row and its position's") {
  ParameterList list;
  const Parameter tokens = list.add({"tokens", ParameterKind::table, {"tokens"}, {30, width}}), positions = list.add({"positions", ParameterKind::table, {"positions"}, {6, width}});
  const MemorySource source(list);
  const std::vector<int32_t> ids{3, 29, 0, 7, 7, 1};
  for_each_isa([&](host::Isa isa) {
    HostBench bench(isa, 2, list, source);
    std::vector<float> out = room(6, width);
    const auto program = [&](const std::vector<int32_t>& given, std::vector<int32_t> first_positions) {
      return [&, given, first_positions](Pass& pass) {
        pass.read(pass.embed(input(pass, {6, 1}, given), make_sequences(SequenceTable({0, 3, 4, 6}, first_positions)), tokens, positions), out.data());
      };
    };
    bench.run(program(ids, {0, 5, 2}));
    const int64_t at[6] = {0, 1, 2, 5, 2, 3};
    int wrong = 0;
    for (size_t r = 0; r < 6; r++)
      for (size_t i = 0; i < width; i++)
        wrong += out[r * width + i] != source.tensors.at("tokens")[static_cast<size_t>(ids[r]) * width + i] + source.tensors.at("positions")[static_cast<size_t>(at[r]) * width + i];
    CHECK(wrong == 0);
    CHECK(wrong_refusal(Status::invalid_argument, {"token id 30"}, [&] { bench.run(program({3, 30, 0, 7, 7, 1}, {0, 5, 2})); }) == "");
    CHECK(wrong_refusal(Status::invalid_argument, {"token id -1"}, [&] { bench.run(program({3, -1, 0, 7, 7, 1}, {0, 5, 2})); }) == "");
    CHECK(wrong_refusal(Status::invalid_argument, {"position 6"}, [&] { bench.run(program(ids, {0, 6, 2})); }) == "");
  });
}

TEST_CASE("pool takes each sequence's first or last row as it is") {
  const ParameterList list;
  const MemorySource source(list);
  const std::vector<float> x = random_floats(9 * width, 4);
  for_each_isa([&](host::Isa isa) {
    HostBench bench(isa, 2, list, source);
    for (const auto& [choice, rows] : {std::pair{RowChoice::first, std::vector<int64_t>{0, 1, 6}}, {RowChoice::last, std::vector<int64_t>{0, 5, 8}}}) {
      std::vector<float> out = room(3, width);
      bench.run([&, row_choice = choice](Pass& pass) { pass.read(pass.pool(input(pass, {9, width}, x), make_sequences(SequenceTable({0, 1, 6, 9})), row_choice), out.data()); });
      for (size_t s = 0; s < 3; s++) CHECK(same_bits(out.data() + s * width, x.data() + rows[s] * width, width));
    }
  });
}

TEST_CASE("pool makes one row of all rows of a sequence, whoever its mates are") {
  const ParameterList list;
  const MemorySource source(list);
  const std::vector<float> x = random_floats(79 * width, 4);
  const std::vector<int64_t> offsets{0, 1, 6, 9, 79};
  for_each_isa([&](host::Isa isa) {
    HostBench bench(isa, 2, list, source);
    for (const Pooling pooling : {Pooling::first, Pooling::last, Pooling::mean, Pooling::max, Pooling::mean_sqrt_length, Pooling::weighted_mean}) {
      CAPTURE(std::string(name_of(pooling)));
      std::vector<double> exact;
      for (size_t s = 0; s + 1 < offsets.size(); s++)
        for (int64_t c = 0; c < width; c++) {
          const double n = static_cast<double>(offsets[s + 1] - offsets[s]);
          double sum = 0, weighted = 0, largest = -INFINITY;
          for (int64_t r = offsets[s]; r < offsets[s + 1]; r++) {
            const double value = x[static_cast<size_t>(r * width + c)];
            sum += value;
            weighted += static_cast<double>(r - offsets[s] + 1) * value;
            largest = std::max(largest, value);
          }
          const double first = x[static_cast<size_t>(offsets[s] * width + c)], last = x[static_cast<size_t>((offsets[s + 1] - 1) * width + c)];
          const double all[] = {first, last, sum / n, largest, sum / std::sqrt(n), weighted / (n * (n + 1) / 2)};
          exact.push_back(all[static_cast<int>(pooling)]);
        }
      std::vector<float> out = room(4, width), alone = room(1, width);
      bench.run([&](Pass& pass) { pass.read(pass.pool(input(pass, {79, width}, x), make_sequences(SequenceTable(offsets)), pooling), out.data()); });
      CHECK(worst_over(out, exact, bounds_of(exact, 1e-6, 3e-6)) <= 1);
      const std::vector<float> last(x.begin() + 9 * width, x.end());
      bench.run([&](Pass& pass) { pass.read(pass.pool(input(pass, {70, width}, last), make_sequences(SequenceTable({0, 70})), pooling), alone.data()); });
      CHECK(same_bits(alone.data(), out.data() + 3 * width, width));
    }
  });
}

TEST_CASE("concat puts rows side by side") {
  const ParameterList list;
  const MemorySource source(list);
  const std::vector<float> a = random_floats(4 * 3, 1), b = random_floats(4 * 5, 2);
  for_each_isa([&](host::Isa isa) {
    HostBench bench(isa, 2, list, source);
    std::vector<float> out = room(4, 11);
    bench.run([&](Pass& pass) {
      const Tensor x = input(pass, {4, 3}, a), y = input(pass, {4, 5}, b);
      pass.read(pass.concat({x, y, x}), out.data());
    });
    for (int64_t r = 0; r < 4; r++) {
      CHECK(same_bits(out.data() + r * 11, a.data() + r * 3, 3));
      CHECK(same_bits(out.data() + r * 11 + 3, b.data() + r * 5, 5));
      CHECK(same_bits(out.data() + r * 11 + 8, a.data() + r * 3, 3));
    }
  });
}

TEST_CASE("similarity scores against any number of texts") {
  ParameterList list;
  const Parameter scale = list.add({"log_scale", ParameterKind::scalar, {"log_scale"}, {}}), bias = list.add({"bias", ParameterKind::scalar, {"bias"}, {}});
  MemorySource source(list);
  source.tensors["log_scale"] = {1.5f};
  source.tensors["bias"] = {-9.25f};
  for (const auto& [rows, texts] : {std::pair<int64_t, int64_t>{1, 1}, {3, 1023}, {3, 1024}, {5, 1025}, {2, 2100}, {500, 3}}) {
    CAPTURE(rows);
    CAPTURE(texts);
    const std::vector<float> a = random_floats(rows * width, 1), b = random_floats(texts * width, 2);
    std::vector<double> exact;
    for (int64_t r = 0; r < rows; r++)
      for (int64_t t = 0; t < texts; t++) {
        double sum = 0;
        for (int64_t i = 0; i < width; i++) sum += static_cast<double>(a[static_cast<size_t>(r * width + i)]) * b[static_cast<size_t>(t * width + i)];
        exact.push_back(std::exp(1.5) * sum);
      }
    for_each_isa([&, row_count = rows, text_count = texts](host::Isa isa) {
      std::vector<float> first;
      for (int threads : {1, 3}) {
        HostBench bench(isa, threads, list, source);
        std::vector<float> out = room(row_count, text_count);
        bench.run([&](Pass& pass) { pass.read(pass.similarity(input(pass, {row_count, width}, a), input(pass, {text_count, width}, b), scale), out.data()); });
        CHECK(worst_over(out, exact, bounds_of(exact, 1e-6, 5e-5)) <= 1);
        if (first.empty()) first = out;
        CHECK(same_bits(first.data(), out.data(), row_count * text_count));
        bench.run([&](Pass& pass) { pass.read(pass.similarity(input(pass, {row_count, width}, a), input(pass, {text_count, width}, b), scale, bias), out.data()); });
        std::vector<double> shifted = exact;
        for (double& value : shifted) value -= 9.25;
        CHECK(worst_over(out, shifted, bounds_of(exact, 1e-6, 6e-5)) <= 1);
      }
    });
  }
}

TEST_CASE("repeat gives each sequence the same rows") {
  ParameterList list;
  const Parameter one = list.add({"one", ParameterKind::vector, {"one"}, {1, 1, width}}), three = list.add({"three", ParameterKind::table, {"three"}, {3, width}});
  const MemorySource source(list);
  for_each_isa([&](host::Isa isa) {
    HostBench bench(isa, 2, list, source);
    for (const auto& [rows, name, each] : {std::tuple{one, "one", int64_t{1}}, {three, "three", int64_t{3}}}) {
      std::vector<float> out = room(4 * each, width);
      bench.run([&, given = rows](Pass& pass) { pass.read(pass.repeat(given, 4), out.data()); });
      for (int64_t s = 0; s < 4; s++) CHECK(same_bits(out.data() + s * each * width, source.tensors.at(name).data(), each * width));
    }
  });
}

TEST_CASE("multiply and activate work element by element") {
  const ParameterList list;
  const MemorySource source(list);
  for (const int64_t rows : {1, 7, 1000}) {
    const std::vector<float> a = random_floats(rows * width, 5), b = random_floats(rows * width, 6);
    std::vector<double> products, sigmoids;
    for (size_t i = 0; i < a.size(); i++) {
      products.push_back(static_cast<double>(a[i]) * b[i]);
      sigmoids.push_back(1 / (1 + std::exp(-static_cast<double>(a[i]))));
    }
    for_each_isa([&](host::Isa isa) {
      HostBench bench(isa, 2, list, source);
      std::vector<float> out[2] = {room(rows, width), room(rows, width)};
      bench.run([&](Pass& pass) {
        const Tensor x = input(pass, {rows, width}, a);
        pass.read(pass.multiply(x, input(pass, {rows, width}, b)), out[0].data());
        pass.read(pass.activate(x, Activation::sigmoid), out[1].data());
      });
      CHECK(worst_over(out[0], products, bounds_of(products, 1e-7, 0)) <= 1);
      CHECK(worst_over(out[1], sigmoids, bounds_of(sigmoids, 3e-7, 0)) <= 1);
    });
  }
}

TEST_CASE("layer_norm, l2_normalize and softmax work row by row") {
  ParameterList list;
  const Parameter gain = list.add({"gain", ParameterKind::vector, {"gain"}, {width}}), bias = list.add({"bias", ParameterKind::vector, {"bias"}, {width}});
  const MemorySource source(list);
  for (int64_t rows : {1, 7, 1000}) {
    std::vector<float> x = random_floats(rows * width, 21, 3);
    std::fill_n(x.begin() + (rows - 1) * width, width, 0.0f);
    std::vector<double> normed, unit_length, probabilities;
    for (int64_t r = 0; r < rows; r++) {
      double mean = 0, variance = 0, squares = 0, largest = -INFINITY, sum = 0;
      const auto at = [&](int64_t i) { return static_cast<double>(x[static_cast<size_t>(r * width + i)]); };
      for (int64_t i = 0; i < width; i++) mean += at(i) / width;
      for (int64_t i = 0; i < width; i++) {
        variance += (at(i) - mean) * (at(i) - mean) / width;
        squares += at(i) * at(i);
        largest = std::max(largest, at(i));
      }
      for (int64_t i = 0; i < width; i++) sum += std::exp(at(i) - largest);
      for (int64_t i = 0; i < width; i++) {
        normed.push_back((at(i) - mean) / std::sqrt(variance + 0.01) * source.tensors.at("gain")[static_cast<size_t>(i)] + source.tensors.at("bias")[static_cast<size_t>(i)]);
        unit_length.push_back(squares > 0 ? at(i) / std::sqrt(squares) : 0);
        probabilities.push_back(std::exp(at(i) - largest) / sum);
      }
    }
    for_each_isa([&](host::Isa isa) {
      HostBench bench(isa, 2, list, source);
      std::vector<float> out[3] = {room(rows, width), room(rows, width), room(rows, width)};
      bench.run([&](Pass& pass) {
        const Tensor given = input(pass, {rows, width}, x);
        pass.read(pass.layer_norm(given, gain, bias, 0.01f), out[0].data());
        pass.read(pass.l2_normalize(given), out[1].data());
        pass.read(pass.softmax(given), out[2].data());
      });
      CAPTURE(rows);
      CHECK(worst_over(out[0], normed, bounds_of(normed, 1e-6, 2e-6)) <= 1);
      CHECK(worst_over(out[1], unit_length, bounds_of(unit_length, 1e-6, 1e-7)) <= 1);
      CHECK(worst_over(out[2], probabilities, bounds_of(probabilities, 3e-6, 1e-7)) <= 1);
    });
  }
}
