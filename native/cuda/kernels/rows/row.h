// A row in a warp's registers: lane l holds elements 8 (32 v + l) … + 7 for v = 0 … V − 1, so that each load is 512 bytes of one row.
#pragma once

#include "kernels/rows/task.h"
#include "simt/simt.h"

namespace oag::cuda::rows {

constexpr int rows_per_block = 4, row_threads = 32 * rows_per_block;

SIMT_FN float warp_sum(float x) {
  SIMT_UNROLL
  for (int lanes = 16; lanes; lanes >>= 1) x += simt::shfl_xor(x, lanes);
  return x;
}

template <int V> struct Row {
  float x[V][8];

  SIMT_FN static int column(int v, int lane) { return 8 * (32 * v + lane); }

  SIMT_FN void clear() {
    SIMT_UNROLL
    for (int v = 0; v < V; v++) {
      SIMT_UNROLL
      for (int i = 0; i < 8; i++) x[v][i] = 0.f;
    }
  }
  template <class T> SIMT_FN void add(const T* row, int width, int lane) {
    SIMT_UNROLL
    for (int v = 0; v < V; v++) {
      if (column(v, lane) >= width) continue;
      const uint4 pairs = *reinterpret_cast<const uint4*>(row + column(v, lane));
      const uint32_t words[4] = {pairs.x, pairs.y, pairs.z, pairs.w};
      SIMT_UNROLL
      for (int i = 0; i < 4; i++) {
        x[v][2 * i] += simt::low_float<T>(words[i]);
        x[v][2 * i + 1] += simt::high_float<T>(words[i]);
      }
    }
  }
  SIMT_FN void add(const float* vector, int width, int lane) {
    SIMT_UNROLL
    for (int v = 0; v < V; v++) {
      if (column(v, lane) >= width) continue;
      SIMT_UNROLL
      for (int i = 0; i < 8; i++) x[v][i] += __ldg(vector + column(v, lane) + i);
    }
  }
  template <class T> SIMT_FN void store(T* row, int width, int lane) const {
    SIMT_UNROLL
    for (int v = 0; v < V; v++) {
      if (column(v, lane) >= width) continue;
      *reinterpret_cast<uint4*>(row + column(v, lane)) =
          uint4{simt::pack2<T>(x[v][0], x[v][1]), simt::pack2<T>(x[v][2], x[v][3]), simt::pack2<T>(x[v][4], x[v][5]), simt::pack2<T>(x[v][6], x[v][7])};
    }
  }
  SIMT_FN float sum() const {  // columns behind the width are zero
    float s = 0.f;
    SIMT_UNROLL
    for (int v = 0; v < V; v++) {
      SIMT_UNROLL
      for (int i = 0; i < 8; i++) s += x[v][i];
    }
    return warp_sum(s);
  }
  SIMT_FN float squares(float mean, int width, int lane) const {
    float s = 0.f;
    SIMT_UNROLL
    for (int v = 0; v < V; v++) {
      if (column(v, lane) >= width) continue;
      SIMT_UNROLL
      for (int i = 0; i < 8; i++) s += (x[v][i] - mean) * (x[v][i] - mean);
    }
    return warp_sum(s);
  }
  // The mean first, then the squares about it: their difference from raw squares would lose what a large mean leaves.
  SIMT_FN void normalize(const Norm& norm, int width, int lane) {
    const float mean = sum() / static_cast<float>(width);
    const float inverse = simt::fast_rsqrt(squares(mean, width, lane) / static_cast<float>(width) + norm.epsilon);
    SIMT_UNROLL
    for (int v = 0; v < V; v++) {
      if (column(v, lane) >= width) continue;
      SIMT_UNROLL
      for (int i = 0; i < 8; i++) x[v][i] = (x[v][i] - mean) * inverse * __ldg(norm.gain + column(v, lane) + i) + __ldg(norm.offset + column(v, lane) + i);
    }
  }
};

}  // namespace oag::cuda::rows
