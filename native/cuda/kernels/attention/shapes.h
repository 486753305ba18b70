// Shapes of the attention kernels: what the kernels are compiled for and their launcher counts with. Plain C++.
#pragma once

namespace oag::cuda::attention {

// `rows` rows of D elements of 16 bits.
template <int D, int rows> constexpr unsigned tile_bytes = static_cast<unsigned>(rows * D * 2);

// tiled.h: queries of a block, and keys of a tile.
constexpr int tile_rows = 64, tiled_threads = 128;
// The queries, two stages of keys and values, the positions of both stages' keys.
template <int D> constexpr unsigned tiled_shared_bytes = 5 * tile_bytes<D, tile_rows> + 2 * tile_rows * 4;
// Blocks that share an SM: what the compiler may take registers for. One more each, and it spills.
template <int D> constexpr int tiled_blocks = D == 32 ? 4 : D == 64 ? 3 : 2;

// short.h: heads of a block. 4 to 8 warps, and no more than half of sm_86's shared memory where the head is small.
template <int N, int D> constexpr int short_heads = (N <= 32 ? 4 : N == 64 ? 2 : 1) / (D > 64 && N >= 32 && N <= 64 ? 2 : 1);
template <int N, int D> constexpr int short_threads = 2 * N * short_heads<N, D>;
template <int N, int D> constexpr unsigned short_shared_bytes = 3 * static_cast<unsigned>(short_heads<N, D>) * tile_bytes<D, N> + N * 4;
template <int N, int D> constexpr int short_blocks = N <= 32 && D <= 64 ? 4 : 2;

}  // namespace oag::cuda::attention
