// Tiles of 16-bit rows in shared memory, and a warp's fragments of them.
//
// In the accumulators of mma.m16n8k16 lane l holds rows g and g + 8 with g = l / 4, columns t and t + 1 with t = 2 (l % 4): element [n][2 h + e] of a [N / 8][4] array
// is row g + 8 h, column 8 n + t + e.
#pragma once

#include "simt/simt.h"

namespace oag::cuda {

// A tile: rows of D 16-bit elements, in chunks of 16 bytes. The chunk's place is xored with its row so that the eight rows that ldmatrix reads at once touch all
// 32 banks. Rows of 128 bytes and more begin at the same bank, so all eight places differ; rows of 64 and 192 bytes alternate between two halves of the banks.
template <int D> SIMT_FN unsigned slot(int row, int chunk) {
  const int swizzle = D % 64 == 0 ? row & 7 : row >> 1 & 3;
  return static_cast<unsigned>(row * D * 2 + ((chunk ^ swizzle) << 4));
}

// Fragment A of 16 rows from `row` on, elements 16 k …
template <int D> SIMT_FN void load_a(uint32_t (&a)[4], uint32_t tile, int row, int k, int lane) { simt::ldmatrix_x4(a, tile + slot<D>(row + (lane & 15), 2 * k + (lane >> 4))); }
// Fragments B of 16 columns of the product, which are the tile's rows from `row` on, elements 16 k …: b[0], b[1] for the first eight, b[2], b[3] for the others.
template <int D> SIMT_FN void load_b(uint32_t (&b)[4], uint32_t tile, int row, int k, int lane) {
  simt::ldmatrix_x4(b, tile + slot<D>(row + (lane & 7) + ((lane >> 4) << 3), 2 * k + (lane >> 3 & 1)));
}
// Fragments B of 16 columns of the product, which are the tile's columns 16 n …, and its rows from `row` on: b[0], b[1] for the first eight columns, b[2], b[3] for the others.
template <int D> SIMT_FN void load_b_trans(uint32_t (&b)[4], uint32_t tile, int row, int n, int lane) { simt::ldmatrix_x4_trans(b, tile + slot<D>(row + (lane & 15), 2 * n + (lane >> 4))); }

// Over the four lanes that share a row of accumulators.
SIMT_FN float quad_max(float v) {
  v = fmaxf(v, simt::shfl_xor(v, 1));
  return fmaxf(v, simt::shfl_xor(v, 2));
}
SIMT_FN float quad_sum(float v) {
  v += simt::shfl_xor(v, 1);
  return v + simt::shfl_xor(v, 2);
}

}  // namespace oag::cuda
