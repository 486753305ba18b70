// A model file that is wrong is found when it is recorded, before any executor runs it.
#include <doctest/doctest.h>

#include "core/sequence_table.h"
#include "ops/recorder.h"
#include "ops/tiny_model.h"
#include "support/refusal.h"

using namespace oag;
using namespace oag::test;

namespace {

const TinyModel& tiny() {
  static const TinyModel& model = *new TinyModel;
  return model;
}

const Sequences texts{{1, Symbol::tokens}, {1, Symbol::texts}, nullptr};

const auto nothing = [](void*) {};

// Records one operation on x, f32 [tokens, tiny_width].
template <class Body>
std::string wrongly(const char* operation, const char* culprit, Body&& body) {
  return wrong_refusal(Status::internal, {operation, culprit}, [&] {
    record(tiny().list, [&](Pass& pass) { body(pass, pass.input(DType::f32, {{1, Symbol::tokens}, tiny_width}, nothing)); });
  });
}

Tensor levels(Pass& pass) { return pass.input(DType::f32, {3, 256}, nothing); }
Tensor ids(Pass& pass) { return pass.input(DType::i32, {{1, Symbol::tokens}, 1}, nothing); }

}  // namespace

TEST_CASE("linear takes a matrix that fits, parts that are there, a bias and a residual of the result's shape") {
  CHECK(wrongly("linear", "tiny.gain is not a matrix", [](Pass& pass, const Tensor& x) { pass.linear(x, tiny().gain); }) == "");
  CHECK(wrongly("linear", "tiny.patches takes rows of 12, not [tokens, 8]", [](Pass& pass, const Tensor& x) { pass.linear(x, tiny().patches); }) == "");
  CHECK(wrongly("linear", "tiny.matrix takes rows", [](Pass& pass, const Tensor&) { pass.linear(ids(pass), tiny().matrix); }) == "");
  CHECK(wrongly("linear", "tiny.matrix has no such parts", [](Pass& pass, const Tensor& x) { pass.linear(x, tiny().matrix, {.first_part = 2, .parts = 2}); }) == "");
  CHECK(wrongly("linear", "tiny.matrix has no such parts", [](Pass& pass, const Tensor& x) { pass.linear(x, tiny().matrix, {.first_part = -1, .parts = 1}); }) == "");
  CHECK(wrongly("linear", "tiny.matrix has no such parts", [](Pass& pass, const Tensor& x) { pass.linear(x, tiny().matrix, {.first_part = 3}); }) == "");
  CHECK(wrongly("linear", "tiny.bias does not fit tiny.matrix", [](Pass& pass, const Tensor& x) { pass.linear(x, tiny().matrix, {.bias = tiny().bias}); }) == "");
  CHECK(wrongly("linear", "the residual is [tokens, 8], not [tokens, 24]",
                [](Pass& pass, const Tensor& x) { pass.linear(x, tiny().matrix, {.residual = x}); }) == "");
  CHECK(wrongly("linear", "the residual is [4, 8]", [](Pass& pass, const Tensor& x) {
          const Tensor four = pass.input(DType::f32, {4, tiny_width}, nothing);
          pass.linear(x, tiny().matrix, {.residual = four, .parts = 1});
        }) == "");
}

TEST_CASE("layer_norm takes vectors of the width") {
  CHECK(wrongly("layer_norm", "tiny.short is not a vector of 8", [](Pass& pass, const Tensor& x) { pass.layer_norm(x, tiny().short_vector, tiny().bias, 1e-5f); }) == "");
  CHECK(wrongly("layer_norm", "tiny.short is not a vector of 8", [](Pass& pass, const Tensor& x) { pass.layer_norm(x, tiny().gain, tiny().short_vector, 1e-5f); }) == "");
  CHECK(wrongly("layer_norm", "tiny.tokens is not a vector", [](Pass& pass, const Tensor& x) { pass.layer_norm(x, tiny().tokens, tiny().bias, 1e-5f); }) == "");
  CHECK(wrongly("layer_norm", "tiny.matrix.bias is not a vector", [](Pass& pass, const Tensor& x) { pass.layer_norm(x, tiny().gain, tiny().matrix_bias, 1e-5f); }) == "");
}

TEST_CASE("attention takes columns that are there, and sequences that belong together") {
  const auto attend = [](Pass& pass, const Columns& queries, const Columns& keys, const Columns& values, int heads, const Sequences& query_rows = texts,
                         const Sequences& key_rows = texts) { pass.attention(queries, query_rows, {{keys, values, key_rows}}, {.heads = heads}); };
  CHECK(wrongly("attention", "columns 4 … 12 of [tokens, 8]", [&](Pass& pass, const Tensor& x) { attend(pass, {x, 4, 8}, {x, 0, 8}, {x, 0, 8}, 2); }) == "");
  CHECK(wrongly("attention", "columns -1 … 7", [&](Pass& pass, const Tensor& x) { attend(pass, {x, 0, 8}, {x, -1, 8}, {x, 0, 8}, 2); }) == "");
  CHECK(wrongly("attention", "columns 0 … 0", [&](Pass& pass, const Tensor& x) { attend(pass, {x, 0, 8}, {x, 0, 8}, {x, 0, 0}, 2); }) == "");
  CHECK(wrongly("attention", "heads do not divide", [&](Pass& pass, const Tensor& x) { attend(pass, {x, 0, 8}, {x, 0, 8}, {x, 0, 8}, 3); }) == "");
  CHECK(wrongly("attention", "heads do not divide", [&](Pass& pass, const Tensor& x) { attend(pass, {x, 0, 8}, {x, 0, 8}, {x, 0, 8}, 0); }) == "");
  CHECK(wrongly("attention", "differ in width", [&](Pass& pass, const Tensor& x) { attend(pass, {x, 0, 8}, {x, 0, 4}, {x, 0, 8}, 2); }) == "");
  CHECK(wrongly("attention", "differ in width", [&](Pass& pass, const Tensor& x) { attend(pass, {x, 0, 8}, {x, 0, 8}, {x, 0, 4}, 2); }) == "");
  CHECK(wrongly("attention", "queries and their sequences differ in rows",
                [&](Pass& pass, const Tensor& x) { attend(pass, {x, 0, 8}, {x, 0, 8}, {x, 0, 8}, 2, choose_rows(texts, RowChoice::last)); }) == "");
  CHECK(wrongly("attention", "keys and their sequences differ in rows",
                [&](Pass& pass, const Tensor& x) { attend(pass, {x, 0, 8}, {x, 0, 8}, {x, 0, 8}, 2, texts, choose_rows(texts, RowChoice::last)); }) == "");
  CHECK(wrongly("attention", "keys and queries differ in sequences", [&](Pass& pass, const Tensor& x) {
          attend(pass, {x, 0, 8}, {x, 0, 8}, {x, 0, 8}, 2, texts, {{1, Symbol::tokens}, {1, Symbol::images}, nullptr});
        }) == "");
  CHECK(wrongly("attention", "no keys", [](Pass& pass, const Tensor& x) { pass.attention({x, 0, 8}, texts, {}, {.heads = 2}); }) == "");
}

TEST_CASE("a position bias takes a table of all heads, and buckets that can be told apart") {
  const auto biased = [](Parameter table, int64_t max_distance) {
    return [=](Pass& pass, const Tensor& x) {
      pass.attention({x, 0, 8}, texts, {{{x, 0, 8}, {x, 0, 8}, texts}}, {.heads = 2, .position_bias = PositionBias{.table = table, .max_distance = max_distance}});
    };
  };
  record(tiny().list, [&](Pass& pass) { biased(tiny().biases, 20)(pass, pass.input(DType::f32, {{1, Symbol::tokens}, tiny_width}, nothing)); });
  CHECK(wrongly("attention", "tiny.tokens is not a table of 2 heads", biased(tiny().tokens, 128)) == "");
  CHECK(wrongly("attention", "tiny.gain is not a table of 2 heads", biased(tiny().gain, 128)) == "");
  CHECK(wrongly("attention", "tiny.biases has no such buckets", biased(tiny().biases, 8)) == "");
  CHECK(wrongly("attention", "tiny.odd_biases has no such buckets", biased(tiny().odd_biases, 20)) == "");
}

TEST_CASE("concat takes floats of equally many rows") {
  CHECK(wrongly("concat", "there are no parts", [](Pass& pass, const Tensor&) { pass.concat({}); }) == "");
  CHECK(wrongly("concat", "[3, 8] beside [tokens, 8]", [](Pass& pass, const Tensor& x) { pass.concat({x, pass.input(DType::f32, {3, 8}, nothing)}); }) == "");
  CHECK(wrongly("concat", "takes f32", [](Pass& pass, const Tensor& x) { pass.concat({x, ids(pass)}); }) == "");
}

TEST_CASE("embed takes a column of ids, and two tables of one width") {
  CHECK(wrongly("embed", "ids are [tokens, 8]", [](Pass& pass, const Tensor& x) { pass.embed(x, texts, tiny().tokens, tiny().positions); }) == "");
  CHECK(wrongly("embed", "ids are [texts, 1]", [](Pass& pass, const Tensor&) {
          pass.embed(pass.input(DType::i32, {{1, Symbol::texts}, 1}, nothing), texts, tiny().tokens, tiny().positions);
        }) == "");
  CHECK(wrongly("embed", "tiny.gain is not a table", [](Pass& pass, const Tensor&) { pass.embed(ids(pass), texts, tiny().gain, tiny().positions); }) == "");
  CHECK(wrongly("embed", "tiny.narrow does not fit tiny.tokens", [](Pass& pass, const Tensor&) { pass.embed(ids(pass), texts, tiny().tokens, tiny().narrow_table); }) == "");
}

TEST_CASE("patches take pictures of the size that is said, and positions for all of them") {
  const auto cut = [](PatchOptions change) {
    return [change](Pass& pass, const Tensor&) { pass.patches(pass.input(DType::u8, {{1, Symbol::images}, 3 * 4 * 4}, nothing), levels(pass), change); };
  };
  const PatchOptions right{.weight = tiny().patches, .bias = tiny().bias, .prefix = tiny().gain, .positions = tiny().positions, .height = 4, .width = 4, .patch = 2};
  record(tiny().list, [&](Pass& pass) { cut(right)(pass, {}); });
  PatchOptions wrong = right;
  wrong.patch = 5;
  CHECK(wrongly("patches", "no whole patch", cut(wrong)) == "");
  wrong.patch = 0;
  CHECK(wrongly("patches", "no whole patch", cut(wrong)) == "");
  wrong = right;
  wrong.height = 6;
  CHECK(wrongly("patches", "images are u8 [images, 48]", cut(wrong)) == "");
  wrong = right;
  wrong.patch = 4;
  CHECK(wrongly("patches", "tiny.patches does not fit the patch size", cut(wrong)) == "");
  wrong = right;
  wrong.prefix.reset();
  CHECK(wrongly("patches", "tiny.positions does not have 4 positions", cut(wrong)) == "");
  wrong = right;
  wrong.bias = tiny().short_vector;
  CHECK(wrongly("patches", "tiny.short is not a vector of 8", cut(wrong)) == "");
  wrong = right;
  wrong.prefix = tiny().narrow_table;
  CHECK(wrongly("patches", "tiny.narrow is not a table of 8", cut(wrong)) == "");
  wrong.prefix = tiny().tokens;  // 20 of them
  CHECK(wrongly("patches", "tiny.positions does not have 24 positions", cut(wrong)) == "");
  wrong = right;
  wrong.prefix = tiny().short_vector;
  CHECK(wrongly("patches", "tiny.short is not a vector of 8", cut(wrong)) == "");
  const auto given = [&](DType images, DType dtype, const Shape& shape) {
    return [&right, images, dtype, shape](Pass& pass, const Tensor&) {
      pass.patches(pass.input(images, {{1, Symbol::images}, 48}, nothing), pass.input(dtype, shape, nothing), right);
    };
  };
  CHECK(wrongly("patches", "images are f32 [images, 48]", given(DType::f32, DType::f32, {3, 256})) == "");
  CHECK(wrongly("patches", "levels are f32 [3, 255]", given(DType::u8, DType::f32, {3, 255})) == "");
  CHECK(wrongly("patches", "levels are f32 [1, 256]", given(DType::u8, DType::f32, {1, 256})) == "");
  CHECK(wrongly("patches", "levels are i32 [3, 256]", given(DType::u8, DType::i32, {3, 256})) == "");
}

TEST_CASE("windows slide over whole pictures, with a weight of their size") {
  const Window right{.height = 4, .width = 5, .kernel = 3, .stride = 2, .padding = 1};
  const auto rows = [](Pass& pass, int64_t per_image) { return pass.input(DType::f32, {{per_image, Symbol::images}, tiny_width}, nothing); };
  const auto convolved = [&](const Window& window, const Conv2dOptions& options = {}, int64_t per_image = 20, Parameter weight = tiny().squares) {
    return [=](Pass& pass, const Tensor&) { pass.conv2d(rows(pass, per_image), weight, window, options); };
  };
  record(tiny().list, [&](Pass& pass) {
    const Tensor out = pass.conv2d(rows(pass, 20), tiny().squares, right);
    CHECK(out.shape == Shape{{2 * 3, Symbol::images}, tiny_width - 1});
    CHECK(pass.conv2d(rows(pass, 20), tiny().squares, right, {.bias = tiny().short_vector, .residual = out}).shape == out.shape);
    CHECK(pass.pool2d(rows(pass, 20), right, Pooling::mean).shape == Shape{{2 * 3, Symbol::images}, tiny_width});
    CHECK(pass.pixels(pass.input(DType::u8, {{1, Symbol::images}, 60}, nothing), levels(pass)).shape == Shape{{20, Symbol::images}, 3});
  });
  CHECK(wrongly("conv2d", "[21·images, 8] are no pictures of 4 x 5", convolved(right, {}, 21)) == "");
  CHECK(wrongly("conv2d", "are no pictures of 0 x 5", convolved({.height = 0, .width = 5, .kernel = 3, .padding = 1})) == "");
  for (const Window& window : {Window{.height = 4, .width = 5, .kernel = 0}, {.height = 4, .width = 5, .kernel = 5}, {.height = 4, .width = 5, .kernel = 3, .stride = 0},
                               {.height = 4, .width = 5, .kernel = 3, .padding = 2}, {.height = 4, .width = 5, .kernel = 3, .padding = -1}}) {
    CHECK(wrongly("conv2d", "no such window", convolved(window)) == "");
    CHECK(wrongly("pool2d", "no such window", [&](Pass& pass, const Tensor&) { pass.pool2d(rows(pass, 20), window, Pooling::max); }) == "");
  }
  CHECK(wrongly("conv2d", "tiny.squares does not fit a window of 2", convolved({.height = 4, .width = 5, .kernel = 2})) == "");
  CHECK(wrongly("conv2d", "tiny.gain does not fit", convolved({.height = 4, .width = 5}, {}, 20, tiny().gain)) == "");
  CHECK(wrongly("conv2d", "tiny.matrix does not fit", convolved({.height = 4, .width = 5}, {}, 20, tiny().matrix)) == "");
  CHECK(wrongly("conv2d", "tiny.bias is not a vector of 7", convolved(right, {.bias = tiny().bias})) == "");
  CHECK(wrongly("conv2d", "the residual is [tokens, 8], not [6·images, 7]", [&](Pass& pass, const Tensor& x) { pass.conv2d(rows(pass, 20), tiny().squares, right, {.residual = x}); }) == "");
  CHECK(wrongly("conv2d", "u8", [&](Pass& pass, const Tensor&) { pass.conv2d(pass.input(DType::u8, {{20, Symbol::images}, 8}, nothing), tiny().squares, right); }) == "");
  CHECK(wrongly("pool2d", "the mean and the maximum", [&](Pass& pass, const Tensor&) { pass.pool2d(rows(pass, 20), right, Pooling::last); }) == "");
  CHECK(wrongly("pixels", "images are u8 [images, 61]", [](Pass& pass, const Tensor&) { pass.pixels(pass.input(DType::u8, {{1, Symbol::images}, 61}, nothing), levels(pass)); }) == "");
  CHECK(wrongly("pixels", "images are f32", [](Pass& pass, const Tensor&) { pass.pixels(pass.input(DType::f32, {{1, Symbol::images}, 60}, nothing), levels(pass)); }) == "");
  CHECK(wrongly("pixels", "levels are f32 [3, 255]", [](Pass& pass, const Tensor&) {
          pass.pixels(pass.input(DType::u8, {{1, Symbol::images}, 60}, nothing), pass.input(DType::f32, {3, 255}, nothing));
        }) == "");
  CHECK(wrongly("add", "[tokens, 8] plus [3, 8]", [](Pass& pass, const Tensor& x) { pass.add(x, pass.input(DType::f32, {3, 8}, nothing)); }) == "");
}

TEST_CASE("pool, similarity and the row operations check what they are given") {
  CHECK(wrongly("pool", "differ in rows", [](Pass& pass, const Tensor& x) { pass.pool(x, choose_rows(texts, RowChoice::first), RowChoice::first); }) == "");
  CHECK(wrongly("similarity", "[tokens, 8] against [3, 7]", [](Pass& pass, const Tensor& x) {
          pass.similarity(x, pass.input(DType::f32, {3, 7}, nothing), tiny().log_scale);
        }) == "");
  CHECK(wrongly("similarity", "tiny.gain is not a scalar", [](Pass& pass, const Tensor& x) { pass.similarity(x, x, tiny().gain); }) == "");
  CHECK(wrongly("similarity", "tiny.bias is not a scalar", [](Pass& pass, const Tensor& x) { pass.similarity(x, x, tiny().log_scale, tiny().bias); }) == "");
  CHECK(wrongly("repeat", "tiny.log_scale is neither", [](Pass& pass, const Tensor& x) { pass.repeat(tiny().log_scale, x.shape.rows); }) == "");
  CHECK(wrongly("repeat", "tiny.matrix.bias is neither", [](Pass& pass, const Tensor& x) { pass.repeat(tiny().matrix_bias, x.shape.rows); }) == "");
  CHECK(wrongly("multiply", "[tokens, 8] by [3, 8]", [](Pass& pass, const Tensor& x) { pass.multiply(x, pass.input(DType::f32, {3, 8}, nothing)); }) == "");
}

TEST_CASE("ids are numbers of no quantity: only embed takes them") {
  const PatchOptions one_pixel{.weight = tiny().patches, .positions = tiny().positions, .height = 2, .width = 2, .patch = 2};
  const auto wide_ids = [](Pass& pass, int64_t width) { return pass.input(DType::i32, {{1, Symbol::tokens}, width}, nothing); };
  CHECK(wrongly("layer_norm", "i32", [&](Pass& pass, const Tensor&) { pass.layer_norm(wide_ids(pass, 8), tiny().gain, tiny().bias, 1e-5f); }) == "");
  CHECK(wrongly("attention", "i32", [&](Pass& pass, const Tensor& x) {
          pass.attention({x, 0, 8}, texts, {{{wide_ids(pass, 8), 0, 8}, {x, 0, 8}, texts}}, {.heads = 2});
        }) == "");
  CHECK(wrongly("patches", "images are", [&](Pass& pass, const Tensor&) { pass.patches(wide_ids(pass, 12), levels(pass), one_pixel); }) == "");
  CHECK(wrongly("pool", "i32", [&](Pass& pass, const Tensor&) { pass.pool(wide_ids(pass, 8), texts, RowChoice::first); }) == "");
  CHECK(wrongly("l2_normalize", "i32", [&](Pass& pass, const Tensor&) { pass.l2_normalize(wide_ids(pass, 8)); }) == "");
  CHECK(wrongly("similarity", "i32", [&](Pass& pass, const Tensor& x) { pass.similarity(x, wide_ids(pass, 8), tiny().log_scale); }) == "");
  CHECK(wrongly("multiply", "i32", [&](Pass& pass, const Tensor& x) { pass.multiply(x, wide_ids(pass, 8)); }) == "");
  CHECK(wrongly("activate", "i32", [&](Pass& pass, const Tensor&) { pass.activate(wide_ids(pass, 8), Activation::tanh); }) == "");
  CHECK(wrongly("softmax", "i32", [&](Pass& pass, const Tensor&) { pass.softmax(wide_ids(pass, 8)); }) == "");
  CHECK(wrongly("linear", "i32", [&](Pass& pass, const Tensor& x) { pass.linear(x, tiny().matrix, {.residual = wide_ids(pass, 8), .parts = 1}); }) == "");
}
