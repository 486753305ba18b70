// ldmatrix and mma.m16n8k16: which lane holds what (PTX ISA 8.0, 9.7.13), what sums how, and how many shared-memory banks collide.
#include "simt/emulator/tensor_core.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "simt/emulator/machine.h"
#include "simt/emulator/sanitizers.h"

namespace simt::emulator {

// ---- ldmatrix: lane 8j + i names row i of matrix j; lane l receives row l / 4, elements 2 (l % 4) and + 1, of every matrix

namespace {

// Eight rows of 16 bytes are read in one go if together they touch all 32 banks.
unsigned bank_conflicts(void** arguments, int matrix) {
  uint32_t slots = 0;
  unsigned distinct = 0;
  for (int i = 0; i < 8; i++) {
    const uint32_t address = static_cast<LdmatrixArgument*>(arguments[matrix * 8 + i])->address;
    bool repeated = false;
    for (int k = 0; k < i; k++) repeated |= static_cast<LdmatrixArgument*>(arguments[matrix * 8 + k])->address == address;
    if (repeated) continue;
    distinct++;
    slots |= 1u << (address >> 4 & 7);
  }
  return distinct - static_cast<unsigned>(__builtin_popcount(slots));
}

}  // namespace

void combine_ldmatrix(uint32_t, void** arguments) {
  Machine& m = machine();
  m.counts.ldmatrix++;
  uint16_t matrices[4][8][8];
  Fiber* me = view.current;
  for (int lane = 0; lane < 32; lane++) {
    const auto& argument = *static_cast<LdmatrixArgument*>(arguments[lane]);
    view.current = &m.fibers[static_cast<size_t>(me->warp * 32 + lane)];  // blame the lane that gave the address
    view.current->file = me->file;
    view.current->line = me->line;
    const uint32_t offset = argument.address - shared_base;
    if (offset >= view.shared_size || offset + 16 > view.shared_size || (argument.address & 15)) {
      const std::string text = "ldmatrix: the row address at offset " + std::to_string(static_cast<int>(offset)) +
                               (argument.address & 15 ? " is not a multiple of 16; " : " is out of bounds; ") + here();
      view.current = me;
      fail(text);
    }
    if (view.races) {
      try {
        track(offset, 16, Access::read);
      } catch (const Abort&) {
        view.current = me;
        throw;
      }
    }
    SIMT_TSAN_ONLY(__tsan_read_range(view.shared + offset, 16);)
    std::memcpy(matrices[lane >> 3][lane & 7], view.shared + offset, 16);
  }
  view.current = me;
  for (int j = 0; j < 4; j++) m.counts.ldmatrix_conflicts += bank_conflicts(arguments, j);
  for (int lane = 0; lane < 32; lane++) {
    const auto& argument = *static_cast<LdmatrixArgument*>(arguments[lane]);
    const int g = lane >> 2, t = (lane & 3) * 2;
    for (int j = 0; j < 4; j++) {
      const auto& matrix = matrices[j];
      argument.registers[j] = argument.transposed ? matrix[t][g] | static_cast<uint32_t>(matrix[t + 1][g]) << 16 : matrix[g][t] | static_cast<uint32_t>(matrix[g][t + 1]) << 16;
    }
  }
}

// ---- mma

namespace {

// Products (exact) and the accumulator are cut to a common exponent with `extra` bits below fp32's last place, added as integers, and the sum is cut, not
// rounded, to fp32. Ampere: 8 products at a time, 1 extra bit; Hopper: 16 and 2. From published measurements of the chips; not compared with one here.
float aligned_dot(const float* a, const float* b, int n, float c, int extra) {
  double terms[17];
  int top_exponent = -1000;
  bool special = false;
  double plain = c;
  for (int i = 0; i < n; i++) {
    terms[i] = static_cast<double>(a[i]) * b[i];
    plain += terms[i];
  }
  terms[n] = c;
  for (int i = 0; i <= n; i++) {
    if (!std::isfinite(terms[i])) special = true;
    if (terms[i] == 0) continue;
    const int exponent = i == n ? std::ilogb(c) : std::ilogb(a[i]) + std::ilogb(b[i]);  // the product's significand is not normalised first
    top_exponent = std::max(top_exponent, exponent);
  }
  if (special || top_exponent == -1000) return static_cast<float>(plain);
  const int last_place = top_exponent - 23 - extra;
  int64_t sum = 0;
  for (int i = 0; i <= n; i++) sum += static_cast<int64_t>(std::trunc(std::ldexp(terms[i], -last_place)));
  if (!sum) return 0.f;
  const uint64_t magnitude = static_cast<uint64_t>(sum < 0 ? -sum : sum);
  const int drop = std::max(0, 63 - __builtin_clzll(magnitude) - 23);
  const double kept = static_cast<double>(magnitude >> drop << drop);
  return static_cast<float>(std::ldexp(sum < 0 ? -kept : kept, last_place));
}

void multiply(const float (&A)[16][16], const float (&B)[16][8], float (&D)[16][8]) {
  if (options.mma == Mma::exact || options.mma == Mma::fp32) {
    for (int i = 0; i < 16; i++) {
      if (options.mma == Mma::exact) {
        double sum[8];
        for (int j = 0; j < 8; j++) sum[j] = D[i][j];
        for (int k = 0; k < 16; k++)
          for (int j = 0; j < 8; j++) sum[j] += static_cast<double>(A[i][k]) * static_cast<double>(B[k][j]);
        for (int j = 0; j < 8; j++) D[i][j] = static_cast<float>(sum[j]);
      } else {
        for (int k = 0; k < 16; k++)
          for (int j = 0; j < 8; j++) D[i][j] += A[i][k] * B[k][j];
      }
    }
    return;
  }
  const bool hopper = options.mma == Mma::hopper;
  const int step = hopper ? 16 : 8;
  for (int j = 0; j < 8; j++) {
    float column[16];
    for (int k = 0; k < 16; k++) column[k] = B[k][j];
    for (int i = 0; i < 16; i++)
      for (int k = 0; k < 16; k += step) D[i][j] = aligned_dot(A[i] + k, column + k, step, D[i][j], hopper ? 2 : 1);
  }
}

}  // namespace

void combine_mma(uint32_t, void** arguments) {
  machine().counts.mma++;
  const bool bf16 = static_cast<MmaArgument*>(arguments[0])->bf16;
  uint16_t a[16][16], b[16][8];
  float A[16][16], B[16][8], D[16][8];
  const auto low = [](uint32_t pair) { return static_cast<uint16_t>(pair); };
  const auto high = [](uint32_t pair) { return static_cast<uint16_t>(pair >> 16); };
  for (int lane = 0; lane < 32; lane++) {
    const auto& x = *static_cast<MmaArgument*>(arguments[lane]);
    const int g = lane >> 2, t = (lane & 3) * 2;
    for (int half = 0; half < 2; half++) {  // rows g and g + 8, then columns t + 8
      a[g + 8 * half][t] = low(x.a[half]);
      a[g + 8 * half][t + 1] = high(x.a[half]);
      a[g + 8 * half][t + 8] = low(x.a[2 + half]);
      a[g + 8 * half][t + 9] = high(x.a[2 + half]);
      b[t + 8 * half][g] = low(x.b[half]);
      b[t + 1 + 8 * half][g] = high(x.b[half]);
      D[g + 8 * half][t] = x.d[2 * half];
      D[g + 8 * half][t + 1] = x.d[2 * half + 1];
    }
  }
  for (int i = 0; i < 256; i++) (&A[0][0])[i] = bf16 ? bf16_to_float((&a[0][0])[i]) : half_to_float((&a[0][0])[i]);
  for (int i = 0; i < 128; i++) (&B[0][0])[i] = bf16 ? bf16_to_float((&b[0][0])[i]) : half_to_float((&b[0][0])[i]);
  multiply(A, B, D);
  for (int lane = 0; lane < 32; lane++) {
    float* d = static_cast<MmaArgument*>(arguments[lane])->d;
    const int g = lane >> 2, t = (lane & 3) * 2;
    d[0] = D[g][t];
    d[1] = D[g][t + 1];
    d[2] = D[g + 8][t];
    d[3] = D[g + 8][t + 1];
  }
}

uint16_t float_to_half(float x) {
  uint32_t u = bits_as<uint32_t>(x);
  const uint32_t sign = u >> 16 & 0x8000;
  u &= 0x7fffffff;
  if (u > 0x7f800000) return 0x7fff;
  if (u >= 0x477ff000) return static_cast<uint16_t>(sign | 0x7c00);  // rounds to infinity
  if (u >= 0x38800000) return static_cast<uint16_t>(sign | (u - 0x38000000 + 0xfff + (u >> 13 & 1)) >> 13);
  return static_cast<uint16_t>(sign | static_cast<uint32_t>(std::nearbyint(std::ldexp(bits_as<float>(u), 24))));  // subnormal
}

}  // namespace simt::emulator
