// The kernels of task.h. All are bound by memory: each number is read and written once, in lines of 16 bytes a lane.
#pragma once

#include "kernels/rows/row.h"

namespace oag::cuda::rows {

SIMT_FN int own_row() { return static_cast<int>(blockIdx.x) * rows_per_block + (static_cast<int>(threadIdx.x) >> 5); }
SIMT_FN int own_lane() { return static_cast<int>(threadIdx.x) & 31; }

template <class T, int V> SIMT_FN void add_norm(const AddParams& p) {
  const int row = own_row(), lane = own_lane();
  if (row >= p.rows) return;  // whole warps
  Row<V> r;
  r.clear();
  r.add(static_cast<const T*>(p.x) + row * p.x_stride, p.width, lane);
  if (p.bias) r.add(p.bias, p.width, lane);
  if (p.residual) r.add(static_cast<const T*>(p.residual) + row * p.residual_stride, p.width, lane);
  if (p.sum) r.store(static_cast<T*>(p.sum) + row * p.sum_stride, p.width, lane);
  if (!p.out) return;
  if (p.norm.gain) r.normalize(p.norm, p.width, lane);
  r.store(static_cast<T*>(p.out) + row * p.out_stride, p.width, lane);
}

template <class T, int V> SIMT_FN void gather_norm(const GatherParams& p) {
  const int row = own_row(), lane = own_lane();
  if (row >= p.rows) return;
  Row<V> r;
  r.clear();
  SIMT_UNROLL
  for (int t = 0; t < most_tables; t++) {
    if (!p.tables[t].rows) continue;
    const int64_t from = p.tables[t].index ? __ldg(p.tables[t].index + row) : row;
    if (from >= 0) r.add(static_cast<const T*>(p.tables[t].rows) + from * p.tables[t].stride, p.width, lane);
  }
  if (p.norm.gain) r.normalize(p.norm, p.width, lane);
  r.store(static_cast<T*>(p.out) + row * p.out_stride, p.width, lane);
}

template <class T, int V> SIMT_FN void pool(const PoolParams& p) {
  const int run = own_row(), lane = own_lane();
  if (run >= p.runs) return;
  Row<V> r;
  r.clear();
  const int first = __ldg(p.first + run), count = __ldg(p.count + run);
  for (int i = 0; i < count; i++) r.add(static_cast<const T*>(p.x) + (first + i) * p.x_stride, p.width, lane);
  // The mean's own division is left out where its length is taken out anyway; a sum of squares below the smallest normal number is taken for a zero row.
  const float squares = r.squares(0.f, p.width, lane);
  const float scale = !p.normalize ? 1.f / static_cast<float>(count) : squares > 1.17549435e-38f ? 1.f / sqrtf(squares) : 0.f;
  SIMT_UNROLL
  for (int v = 0; v < V; v++) {
    if (Row<V>::column(v, lane) >= p.width) continue;
    float* to = p.out + static_cast<int64_t>(run) * p.width + Row<V>::column(v, lane);
    *reinterpret_cast<float4*>(to) = float4{r.x[v][0] * scale, r.x[v][1] * scale, r.x[v][2] * scale, r.x[v][3] * scale};
    *reinterpret_cast<float4*>(to + 4) = float4{r.x[v][4] * scale, r.x[v][5] * scale, r.x[v][6] * scale, r.x[v][7] * scale};
  }
}

constexpr int patch_threads = 256;

// A thread eight columns of a row. Reads are single bytes, but neighbours read neighbours: a picture's bytes come from DRAM once and from L1 after that.
template <class T> SIMT_FN void patches(const PatchParams& p) {
  const int grid_rows = p.height / p.patch, grid_columns = p.width / p.patch, eights = p.columns / 8, area = p.patch * p.patch;
  const int64_t piece = static_cast<int64_t>(blockIdx.x) * patch_threads + threadIdx.x, row = piece / eights;
  if (row >= static_cast<int64_t>(p.images) * grid_rows * grid_columns) return;
  const int column = static_cast<int>(piece % eights) * 8;
  const int x0 = static_cast<int>(row % grid_columns) * p.patch, y0 = static_cast<int>(row / grid_columns % grid_rows) * p.patch;
  const uint8_t* image = p.pixels + row / grid_columns / grid_rows * p.height * p.width * p.channels;
  float v[8];
  SIMT_UNROLL
  for (int i = 0; i < 8; i++) {
    const int channel = (column + i) / area, y = (column + i) % area / p.patch, x = (column + i) % p.patch;
    v[i] = channel < p.channels ? __ldg(p.levels + channel * 256 + image[(static_cast<int64_t>(y0 + y) * p.width + x0 + x) * p.channels + channel]) : 0.f;
  }
  *reinterpret_cast<uint4*>(static_cast<T*>(p.out) + row * p.out_stride + column) =
      uint4{simt::pack2<T>(v[0], v[1]), simt::pack2<T>(v[2], v[3]), simt::pack2<T>(v[4], v[5]), simt::pack2<T>(v[6], v[7])};
}

}  // namespace oag::cuda::rows
