// One product for the tests: drawn matrices with poison between their rows, its kernel in the emulator, its two references.
#pragma once

#include <cmath>
#include <random>
#include <vector>

#include "kernels/gemm/launch.h"
#include "kernels/gemm/reference.h"
#include "support/device_buffer.h"
#include "support/emulation.h"
#include "support/row_errors.h"

namespace oag::cuda::test {

struct Extent {
  int rows, columns, inputs;
};

template <class T> struct Product {
  gemm::Params p{};
  std::mt19937 random;
  DeviceBuffer<T> x, weights, residual, out;
  DeviceBuffer<float> bias;

  Product(const Extent& e, unsigned seed)
      : random(seed), x(static_cast<size_t>(e.rows * (e.inputs + 8))), weights(static_cast<size_t>(e.columns * (e.inputs + 16))), residual(static_cast<size_t>(e.rows * (e.columns + 8))),
        out(static_cast<size_t>(e.rows * (e.columns + 24))), bias(static_cast<size_t>(e.columns)) {
    p.rows = e.rows;
    p.columns = e.columns;
    p.inputs = e.inputs;
    p.x_stride = e.inputs + 8;
    p.weight_stride = e.inputs + 16;
    p.residual_stride = e.columns + 8;
    p.out_stride = e.columns + 24;
    draw_rows(x, e.rows, e.inputs, p.x_stride, 1.f, random);
    draw_rows(weights, e.columns, e.inputs, p.weight_stride, 1.f / std::sqrt(static_cast<float>(e.inputs)), random);
    draw_rows(residual, e.rows, e.columns, p.residual_stride, 1.f, random);
    std::normal_distribution<float> normal;
    for (size_t i = 0; i < bias.size(); i++) bias[i] = normal(random);
    p.x = x.data();
    p.weights = weights.data();
    p.out = out.data();
  }
  void epilogue(gemm::Activation activation, bool with_bias, bool with_residual) {
    p.activation = activation;
    p.bias = with_bias ? bias.data() : nullptr;
    p.residual = with_residual ? residual.data() : nullptr;
  }
  // On a device of so many multiprocessors: one gets the large kernel, a thousand the small one.
  Launch launch(int multiprocessors) {
    const Launch l = gemm::launch(format_of<T>, multiprocessors, p);
    simt::emulator::counts = {};
    simt::emulator::launch(l.kernel, dim3(l.grid_x, l.grid_y, l.grid_z), dim3(l.threads), l.shared_bytes, &p, sizeof p);
    return l;
  }
  RowErrors errors(const std::vector<double>& exact, const std::vector<double>& plain) const { return row_errors(out, p.rows, p.columns, p.out_stride, exact, plain); }
};

}  // namespace oag::cuda::test
