// Products against fp64: every tail, every activation, error at most twice that of the plain implementation in the same precision.
#include <doctest/doctest.h>

#include "kernels/gemm_case.h"

using namespace oag::cuda;
using namespace oag::cuda::test;

namespace {

template <class T> void check(Product<T>& product, int multiprocessors) {
  const gemm::Params& p = product.p;
  const std::vector<double> exact = gemm::reference<T, double>(p), plain = gemm::reference<T, float>(p);
  const Launch l = product.launch(multiprocessors);
  CAPTURE(std::string(l.kernel));
  CAPTURE(p.rows);
  CAPTURE(p.columns);
  CAPTURE(p.inputs);
  CAPTURE(static_cast<int>(p.activation));
  check_rows(product.out, p.rows, p.columns, p.out_stride, exact, plain);
  CHECK(simt::emulator::counts.ldmatrix_conflicts == 0);
}

constexpr int many = 1000, one = 1;  // multiprocessors

template <class T> void every_shape() {
  for (const unsigned seed : seeds()) {
    simt::emulator::options.seed = seed;
    for (const Extent& e : {Extent{1, 8, 8}, {50, 72, 40}, {64, 64, 64}, {77, 136, 96}, {130, 24, 200}})
      for (const int multiprocessors : {one, many}) {
        Product<T> product(e, seed);
        product.epilogue(gemm::Activation::none, seed != 2, seed != 3);
        check(product, multiprocessors);
      }
  }
}

}  // namespace

TEST_CASE("products of every shape") {
  const Emulation emulation;
  SUBCASE("fp16") { every_shape<simt::half_t>(); }
  SUBCASE("bf16") { every_shape<simt::bf16_t>(); }
}

TEST_CASE("every activation behind a product") {
  const Emulation emulation;
  for (int a = 0; a <= static_cast<int>(gemm::Activation::sigmoid); a++) {
    Product<simt::half_t> product({33, 40, 48}, static_cast<unsigned>(a));
    product.epilogue(static_cast<gemm::Activation>(a), true, a % 2 == 0);
    check(product, many);
  }
}

TEST_CASE("the residual may lie where the result goes") {
  const Emulation emulation;
  Product<simt::half_t> apart({70, 72, 64}, 5), in_place({70, 72, 64}, 5);
  apart.epilogue(gemm::Activation::gelu, true, true);
  check(apart, many);
  for (int r = 0; r < 70; r++)
    for (int c = 0; c < 72; c++) in_place.out[static_cast<size_t>(r * in_place.p.out_stride + c)] = in_place.residual[static_cast<size_t>(r * in_place.p.residual_stride + c)];
  in_place.epilogue(gemm::Activation::gelu, true, true);
  in_place.p.residual = in_place.out.data();
  in_place.p.residual_stride = in_place.p.out_stride;
  in_place.launch(many);
  for (size_t i = 0; i < apart.out.size(); i++) CHECK(apart.out[i].bits == in_place.out[i].bits);
}

TEST_CASE("what no product takes is refused with the reason") {
  const Product<simt::half_t> product({8, 8, 8}, 1);
  CHECK(gemm::refusal(product.p) == nullptr);
  const auto refused = [&](auto change) {
    gemm::Params p = product.p;
    change(p);
    const char* why = gemm::refusal(p);
    return std::string(why ? why : "");
  };
  CHECK(contains(refused([](auto& p) { p.columns = 12; }), "multiple of 8"));
  CHECK(contains(refused([](auto& p) { p.inputs = 4; }), "multiple of 8"));
  CHECK(contains(refused([](auto& p) { p.x_stride = 12; }), "stride"));
  CHECK(contains(refused([](auto& p) { p.weights = static_cast<const char*>(p.weights) + 2; }), "16 bytes"));
  CHECK(contains(refused([](auto& p) { p.rows = 65536 * 64; }), "rows"));
}
