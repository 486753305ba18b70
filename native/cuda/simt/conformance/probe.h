// One warp runs every wrapper of simt.h on drawn bits and writes down what came of it. The same source runs in the emulator and on a GPU, and the words are
// compared: this is what shows that the emulator is the machine.
#pragma once

#include <cstring>

#include "simt/simt.h"

namespace simt::conformance {

constexpr int words = 96, trials = 64;  // words per lane and trial
constexpr int input_words = 1024;

// Words from … to of a lane. Exact: equal bit for bit, else the emulator or a wrapper is wrong. The others are what a tensor core and the special-function unit
// round as they like: compared in units in the last place, and reported.
struct Section {
  const char* name;
  int from, to;
  bool exact;
};
constexpr Section sections[] = {{"cp.async, ldmatrix", 0, 8, true}, {"mma, layout", 8, 12, true}, {"warp operations", 12, 18, true}, {"conversions", 18, 36, true},
                                {"mma, rounding", 36, 60, false},  {"ex2", 60, 72, false},       {"rsqrt", 72, 84, false},          {"lg2", 84, 96, false}};

struct ProbeParams {
  const uint4* input;  // [input_words / 4]
  uint32_t* output;    // [trials, 32, words]
};

__device__ __forceinline__ uint32_t mix(uint32_t x) {
  x ^= x >> 16;
  x *= 0x7feb352du;
  x ^= x >> 15;
  x *= 0x846ca68bu;
  return x ^ x >> 16;
}
__device__ __forceinline__ float number(uint32_t bits) {
  float f;
  memcpy(&f, &bits, 4);
  return f;
}
__device__ __forceinline__ uint32_t bits(float f) {
  uint32_t u;
  memcpy(&u, &f, 4);
  return u;
}
__device__ __forceinline__ float small_integer(uint32_t x) { return static_cast<float>(static_cast<int>(x & 15) - 8); }
__device__ __forceinline__ float scaled(uint32_t twelve_bits, float scale) { return (static_cast<float>(twelve_bits) - 2048.f) * scale / 1024.f; }

template <class T> __device__ __forceinline__ void probe(const ProbeParams& p) {
  SIMT_DYN_SMEM(smem);
  const uint32_t lane = threadIdx.x, trial = blockIdx.x, id = trial * 32 + lane;
  uint32_t* out = p.output + static_cast<size_t>(id) * words;
  int w = 0;
  uint32_t r[4], a[4], b[4];

  for (uint32_t i = 0; i < 2; i++)
    cp_async16(saddr(smem) + (lane + 32 * i) * 16, p.input + (trial * 64 + lane + 32 * i) % (input_words / 4), i ? static_cast<int>(lane % 17) : 16);
  cp_async_commit();
  cp_async_wait<0>();
  syncwarp();
  ldmatrix_x4(r, saddr(smem) + ((lane * 7 + trial) % 64) * 16);
  for (int i = 0; i < 4; i++) out[w++] = r[i];
  ldmatrix_x4_trans(r, saddr(smem) + ((lane * 5 + trial) % 64) * 16);
  for (int i = 0; i < 4; i++) out[w++] = r[i];

  float d[4];  // of small integers every order of sums is exact
  for (uint32_t i = 0; i < 4; i++) {
    const uint32_t x = mix(id * 16 + i);
    a[i] = pack2<T>(small_integer(x), small_integer(x >> 4));
    b[i] = pack2<T>(small_integer(x >> 8), small_integer(x >> 12));
    d[i] = static_cast<float>(x >> 16 & 255);
  }
  mma_m16n8k16<T>(d, a, b[0], b[1]);
  for (int i = 0; i < 4; i++) out[w++] = bits(d[i]);

  out[w++] = shfl_xor(id, 1 + static_cast<int>(trial % 31));
  out[w++] = shfl_down(id, static_cast<int>(trial % 32));
  out[w++] = shfl_idx(id, static_cast<int>(trial * 3 % 32));
  out[w++] = vote_ballot(mix(id) & 1);
  out[w++] = vote_any(mix(id) % 64 == 0);
  out[w++] = vote_all(mix(id) % 64 != 0);

  for (uint32_t i = 0; i < 12; i++) {  // all patterns, and ones near the ends of a half's range
    const uint32_t x = mix(id * 64 + i);
    out[w++] = pack2<T>(number(i < 6 ? x : (x & 0x8fffffffu) + 0x38000000u - 0x08000000u * (i % 3)), number(mix(id * 64 + i + 32)));
  }
  for (uint32_t i = 0; i < 6; i++) {
    const uint16_t pattern = static_cast<uint16_t>(mix(id * 97 + i));
    T value;
    memcpy(&value, &pattern, 2);
    const float f = to_float(value);
    out[w++] = f != f ? 0x7fffffffu : bits(f);
  }

  for (uint32_t k = 0; k < 6; k++) {  // numbers of one size, of many, and on top of a sum
    for (uint32_t i = 0; i < 4; i++) {
      uint32_t x = mix(id * 1024 + k * 8 + i);
      const float scale = k % 3 == 0 ? 1.f : k % 3 == 1 ? number((112u + (x & 15)) << 23) : number((119u + (x & 7)) << 23);
      a[i] = pack2<T>(scaled(x >> 8 & 4095, scale), scaled(x >> 20, 1.f));
      x = mix(x + 1);
      b[i] = pack2<T>(scaled(x >> 8 & 4095, 1.f), scaled(x >> 20, scale));
      d[i] = k < 3 ? 0.f : (static_cast<float>(mix(x) >> 8) - 8388608.f) / 524288.f;
    }
    mma_m16n8k16<T>(d, a, b[0], b[1]);
    for (int i = 0; i < 4; i++) out[w++] = bits(d[i]);
  }
  for (uint32_t i = 0; i < 12; i++) out[w++] = bits(fast_exp2(-static_cast<float>(mix(id + i * 7919) >> 8) / 262144.f));
  for (uint32_t i = 0; i < 12; i++) out[w++] = bits(fast_rsqrt(number((mix(id + i * 104729) & 0x07ffffffu) + 0x3c000000u)));
  for (uint32_t i = 0; i < 12; i++) out[w++] = bits(fast_log2(1.f + static_cast<float>(mix(id + i * 1299709) >> 8) / 4096.f));
}

SIMT_KERNEL(conformance_f16, ProbeParams, 32, 1) { probe<half_t>(p); }
SIMT_KERNEL(conformance_bf16, ProbeParams, 32, 1) { probe<bf16_t>(p); }
constexpr unsigned probe_shared_bytes = 1024;

}  // namespace simt::conformance
