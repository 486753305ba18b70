// Shapes of the products' kernels. Plain C++.
#pragma once

namespace oag::cuda::gemm {

// A block computes rows × columns of the result, a warp a part of it; k goes in steps of 32 through a ring of stages.
struct Shape {
  int rows, columns, warp_rows, warp_columns;
};
constexpr Shape large{128, 128, 64, 32};  // 8 warps
constexpr Shape small{64, 64, 32, 32};    // 4 warps: where the large one would leave SMs idle

constexpr int step = 32, stages = 3;
constexpr int threads(const Shape& s) { return s.rows / s.warp_rows * (s.columns / s.warp_columns) * 32; }
constexpr unsigned stage_bytes(const Shape& s) { return static_cast<unsigned>((s.rows + s.columns) * step * 2); }
constexpr unsigned shared_bytes(const Shape& s) { return stages * stage_bytes(s); }

}  // namespace oag::cuda::gemm
