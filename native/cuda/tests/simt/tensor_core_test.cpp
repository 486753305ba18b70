// Fragments of the tensor-core path, from the PTX manual's formulas, and what asynchronous copies promise.
#include <doctest/doctest.h>

#include <random>

#include "support/device_buffer.h"
#include "support/emulation.h"

using namespace oag::cuda::test;
using simt::emulator::launch_function;
using simt::emulator::options;

namespace {

// D [16×8] = A [16×16] · B [16×8] + C by one warp; element indices as in PTX ISA 8.0, figures of m16n8k16.
template <class T> void one_product(const T* a, const T* b, const float* c, float* d) {
  const int lane = static_cast<int>(threadIdx.x), group = lane >> 2, member = lane & 3;
  const auto pair = [](T low, T high) { return static_cast<uint32_t>(low.bits) | static_cast<uint32_t>(high.bits) << 16; };
  uint32_t af[4], bf[2];
  for (int i = 0; i < 8; i += 2) {
    const int row = i < 2 || (i >= 4 && i < 6) ? group : group + 8, column = member * 2 + (i < 4 ? 0 : 8);
    af[i / 2] = pair(a[row * 16 + column], a[row * 16 + column + 1]);
  }
  for (int i = 0; i < 4; i += 2) {
    const int row = member * 2 + (i < 2 ? 0 : 8);
    bf[i / 2] = pair(b[row * 8 + group], b[(row + 1) * 8 + group]);
  }
  float sums[4];
  for (int i = 0; i < 4; i++) sums[i] = c[(i < 2 ? group : group + 8) * 8 + member * 2 + (i & 1)];
  simt::mma_m16n8k16<T>(sums, af, bf[0], bf[1]);
  for (int i = 0; i < 4; i++) d[(i < 2 ? group : group + 8) * 8 + member * 2 + (i & 1)] = sums[i];
}

template <class T> void products_of_integers_are_exact() {
  std::mt19937 random(9);
  std::vector<T> a(256), b(128);
  std::vector<float> c(128), d(128);
  for (T& x : a) x = simt::from_float<T>(static_cast<float>(static_cast<int>(random() % 17) - 8));
  for (T& x : b) x = simt::from_float<T>(static_cast<float>(static_cast<int>(random() % 17) - 8));
  for (float& x : c) x = static_cast<float>(random() % 1000);
  using simt::emulator::Mma;
  for (const Mma sums : {Mma::exact, Mma::fp32, Mma::ampere, Mma::hopper}) {
    options.mma = sums;
    launch_function("product", one_product<T>, dim3(1), dim3(32), 0, a.data(), b.data(), c.data(), d.data());
    for (int i = 0; i < 16; i++)
      for (int j = 0; j < 8; j++) {
        float want = c[static_cast<size_t>(i * 8 + j)];
        for (int k = 0; k < 16; k++) want += simt::to_float(a[static_cast<size_t>(i * 16 + k)]) * simt::to_float(b[static_cast<size_t>(k * 8 + j)]);
        CHECK(d[static_cast<size_t>(i * 8 + j)] == want);
      }
  }
}

void load_matrices(const uint4* rows, uint32_t* plain, uint32_t* transposed) {
  SIMT_DYN_SMEM(smem);
  const uint32_t lane = threadIdx.x;
  simt::cp_async16(simt::saddr(smem) + lane * 16, rows + lane);
  simt::cp_async_commit();
  simt::cp_async_wait<0>();
  simt::syncwarp();
  uint32_t r[4];
  simt::ldmatrix_x4(r, simt::saddr(smem) + lane * 16);
  for (uint32_t j = 0; j < 4; j++) plain[lane * 4 + j] = r[j];
  simt::ldmatrix_x4_trans(r, simt::saddr(smem) + lane * 16);
  for (uint32_t j = 0; j < 4; j++) transposed[lane * 4 + j] = r[j];
}

void conflicting_rows(uint32_t stride) {
  SIMT_DYN_SMEM(smem);
  for (uint32_t i = threadIdx.x; i < 32 * stride / 4; i += 32) simt::smem_at<uint32_t>(smem, 0)[i] = i;
  simt::syncwarp();
  uint32_t r[4];
  simt::ldmatrix_x4(r, simt::saddr(smem) + threadIdx.x * stride);
}

void copy_some(const unsigned char* from, unsigned char* to, int bytes) {
  SIMT_DYN_SMEM(smem);
  if (threadIdx.x == 0) {
    simt::cp_async16(simt::saddr(smem), from, bytes);
    simt::cp_async_commit();
    simt::cp_async_wait<0>();
  }
  __syncthreads();
  if (threadIdx.x < 16) to[threadIdx.x] = smem[static_cast<long>(threadIdx.x)];
}

// Two groups are issued and the first is waited for: what the second brings is not there yet.
void wait_for_the_first(const uint4* from, uint32_t* seen) {
  SIMT_DYN_SMEM(smem);
  const simt::sptr<uint32_t> words = simt::smem_at<uint32_t>(smem, 0);
  for (uint32_t i = 0; i < 2; i++) {
    simt::cp_async16(simt::saddr(smem) + 16 * i, from + i);
    simt::cp_async_commit();
  }
  simt::cp_async_wait<1>();
  seen[0] = words[0];
  seen[1] = words[4];
  simt::cp_async_wait<0>();
  seen[2] = words[4];
}

void change_the_source(unsigned char* from) {
  SIMT_DYN_SMEM(smem);
  simt::cp_async16(simt::saddr(smem), from);
  simt::cp_async_commit();
  from[3] = 77;
  simt::cp_async_wait<0>();
}

}  // namespace

TEST_CASE("mma multiplies the matrices whose fragments the lanes hold") {
  const Emulation emulation;
  products_of_integers_are_exact<simt::half_t>();
  products_of_integers_are_exact<simt::bf16_t>();
}

TEST_CASE("a tensor core that truncates gives a number at most a little smaller") {
  const Emulation emulation;
  std::vector<simt::half_t> a(256, simt::from_float<simt::half_t>(1.f / 3)), b(128, simt::from_float<simt::half_t>(0.7f));
  std::vector<float> c(128, 0.f), exact(128), cut(128);
  launch_function("product", one_product<simt::half_t>, dim3(1), dim3(32), 0, a.data(), b.data(), c.data(), exact.data());
  options.mma = simt::emulator::Mma::ampere;
  launch_function("product", one_product<simt::half_t>, dim3(1), dim3(32), 0, a.data(), b.data(), c.data(), cut.data());
  CHECK(cut[0] <= exact[0]);
  CHECK(cut[0] == doctest::Approx(exact[0]).epsilon(1e-6));
}

TEST_CASE("ldmatrix gives each lane its two elements of every matrix, or of its transpose") {
  const Emulation emulation;
  DeviceBuffer<uint4> rows(32);
  for (uint32_t r = 0; r < 32; r++) rows[r] = {(r * 8 + 1) << 16 | r * 8, (r * 8 + 3) << 16 | (r * 8 + 2), (r * 8 + 5) << 16 | (r * 8 + 4), (r * 8 + 7) << 16 | (r * 8 + 6)};
  std::vector<uint32_t> plain(128), transposed(128);
  launch_function("load", load_matrices, dim3(1), dim3(32), 512, rows.data(), plain.data(), transposed.data());
  CHECK(simt::emulator::counts.ldmatrix_conflicts == 0);
  for (uint32_t lane = 0; lane < 32; lane++)
    for (uint32_t j = 0; j < 4; j++) {
      const auto element = [&](uint32_t row, uint32_t column) { return (j * 8 + row) * 8 + column; };
      const uint32_t g = lane / 4, t = lane % 4 * 2;
      CHECK(plain[lane * 4 + j] == (element(g, t + 1) << 16 | element(g, t)));
      CHECK(transposed[lane * 4 + j] == (element(t + 1, g) << 16 | element(t, g)));
    }
}

TEST_CASE("bank conflicts of ldmatrix are counted") {
  const Emulation emulation;
  launch_function("rows", conflicting_rows, dim3(1), dim3(32), 32 * 128, 128u);  // eight rows in the same four banks
  CHECK(simt::emulator::counts.ldmatrix_conflicts == 4 * 7);
}

TEST_CASE("cp.async fills with zeros behind the bytes it copies") {
  const Emulation emulation;
  DeviceBuffer<unsigned char> from(16);
  for (unsigned char i = 0; i < 16; i++) from[i] = static_cast<unsigned char>(i + 1);
  for (int bytes = 0; bytes <= 16; bytes++) {
    std::vector<unsigned char> to(16, 99);
    launch_function("copy", copy_some, dim3(1), dim3(32), 16, from.data(), to.data(), bytes);
    for (int i = 0; i < 16; i++) CHECK(static_cast<int>(to[static_cast<size_t>(i)]) == (i < bytes ? i + 1 : 0));
  }
}

TEST_CASE("cp.async lands at the wait that asks for its group, not before") {
  const Emulation emulation;
  DeviceBuffer<uint4> from(2);
  from[0] = {10, 0, 0, 0};
  from[1] = {20, 0, 0, 0};
  std::vector<uint32_t> seen(3);
  launch_function("wait", wait_for_the_first, dim3(1), dim3(1), 32, from.data(), seen.data());
  CHECK(seen == std::vector<uint32_t>{10, 0xffffffffu, 20});
}

TEST_CASE("the source of a cp.async must stay") {
  const Emulation emulation;
  DeviceBuffer<unsigned char> from(16);
  CHECK(contains(fault_of([&] { launch_function("change", change_the_source, dim3(1), dim3(1), 16, from.data()); }), "the source of a cp.async changed before its wait"));
}
