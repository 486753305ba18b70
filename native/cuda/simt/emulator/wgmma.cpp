// wgmma.m64n64k16 with both operands in shared memory. Accumulators are garbage between issue and wait, and the operands must not change in that time.
#include <cstring>

#include "simt/emulator/machine.h"
#include "simt/emulator/sanitizers.h"
#include "simt/emulator/scalars.h"

namespace simt::emulator {
namespace {

// Shared address of element (mn, k) of a descriptor with 128-byte swizzle, 16-bit elements.
uint32_t element_address(uint64_t descriptor, int mn, int k, bool mn_major) {
  const auto field = [&](int shift) { return static_cast<uint32_t>(descriptor >> shift & 0x3fff) << 4; };
  const uint32_t start = field(0), leading = field(16), stride = field(32);
  const auto u = [](int i) { return static_cast<uint32_t>(i); };
  const uint32_t address = mn_major ? start + u(mn / 64) * leading + u(k / 8) * stride + u(k % 8) * 128 + u(mn % 64) * 2
                                    : start + u(mn / 8) * stride + u(mn % 8) * 128 + u(k) * 2;
  return address ^ (address >> 7 & 7) << 4;
}

uint64_t gather(const WgmmaProduct& product, int warp, uint16_t (&A)[16][16], uint16_t (&B)[16][64]) {
  uint64_t hash = 1469598103934665603ull;  // FNV-1a
  const auto get = [&](uint32_t address) {
    const uint32_t offset = address - shared_base;
    if (offset + 2 > view.shared_size) fail("wgmma: an operand lies outside shared memory, at offset " + std::to_string(static_cast<int>(offset)) + "; " + here());
    uint16_t x;
    std::memcpy(&x, view.shared + offset, 2);
    hash = (hash ^ x) * 1099511628211ull;
    return x;
  };
  if (product.a >> 62 != 1 || product.b >> 62 != 1) fail("wgmma: the emulator knows descriptors with 128-byte swizzle alone; " + here());
  for (int i = 0; i < 16; i++)
    for (int k = 0; k < 16; k++) A[i][k] = get(element_address(product.a, (warp & 3) * 16 + i, k, false));
  for (int k = 0; k < 16; k++)
    for (int n = 0; n < 64; n++) B[k][n] = get(element_address(product.b, n, k, product.n_major));
  return hash;
}

WgmmaState& state() { return machine().wgmma[view.current->warp]; }

}  // namespace

void combine_wgmma_fence(uint32_t, void**) { state().fenced = true; }
void combine_wgmma_commit(uint32_t, void**) { state().committed++; }

void combine_wgmma(uint32_t, void** arguments) {
  const Unseen unseen;
  WgmmaState& s = state();
  machine().counts.wgmma++;
  const auto& first = *static_cast<WgmmaArgument*>(arguments[0]);
  for (int lane = 1; lane < 32; lane++) {
    const auto& other = *static_cast<WgmmaArgument*>(arguments[lane]);
    if (other.a != first.a || other.b != first.b || other.keep != first.keep) fail("wgmma: descriptors differ between lanes; " + here());
  }
  if (!s.fenced) fail("wgmma without wgmma_fence after the accumulators were last visible; " + here());
  int at = -1;
  for (size_t i = 0; i < s.sums.size(); i++)
    if (s.sums[i].products && s.sums[i].registers[0] == first.d) at = static_cast<int>(i);
  if (at < 0) {
    at = static_cast<int>(s.sums.size());
    WgmmaSum sum{};
    sum.values.resize(1024);
    for (int lane = 0; lane < 32; lane++) {
      sum.registers[lane] = static_cast<WgmmaArgument*>(arguments[lane])->d;
      std::memcpy(&sum.values[static_cast<size_t>(lane) * 32], sum.registers[lane], 128);
      std::memset(sum.registers[lane], 0xff, 128);
    }
    s.sums.push_back(std::move(sum));
  }
  s.sums[static_cast<size_t>(at)].products++;
  WgmmaProduct product{first.a, first.b, first.n_major, at, s.committed, first.keep, 0};
  uint16_t A[16][16], B[16][64];
  product.operand_hash = gather(product, view.current->warp, A, B);
  s.products.push_back(product);
}

void combine_wgmma_wait(uint32_t, void** arguments) {
  const Unseen unseen;
  WgmmaState& s = state();
  const int in_flight = *static_cast<int*>(arguments[0]);
  size_t done = 0;
  for (const WgmmaProduct& product : s.products) {
    if (product.group >= s.committed - in_flight) break;
    done++;
    uint16_t A[16][16], B[16][64];
    if (gather(product, view.current->warp, A, B) != product.operand_hash) fail("the shared-memory operand of a wgmma changed before its wait; " + here());
    WgmmaSum& sum = s.sums[static_cast<size_t>(product.sum)];
    for (int i = 0; i < 16; i++) {
      const auto value = [&](int n) -> float& {  // row i of the warp's 16, column n
        const int lane = (i & 7) * 4 + (n >> 1 & 3), slot = (n >> 3) * 4 + (i >> 3) * 2 + (n & 1);
        return sum.values[static_cast<size_t>(lane * 32 + slot)];
      };
      for (int n = 0; n < 64; n++) {
        double total = product.keep ? static_cast<double>(value(n)) : 0.;
        for (int k = 0; k < 16; k++) total += static_cast<double>(half_to_float(A[i][k])) * static_cast<double>(half_to_float(B[k][n]));
        value(n) = static_cast<float>(total);
      }
    }
    if (--sum.products == 0) {
      for (int lane = 0; lane < 32; lane++) std::memcpy(sum.registers[lane], &sum.values[static_cast<size_t>(lane) * 32], 128);
      s.fenced = false;
    }
  }
  s.products.erase(s.products.begin(), s.products.begin() + static_cast<long>(done));
  if (s.products.empty()) s.sums.clear();
}

}  // namespace simt::emulator
