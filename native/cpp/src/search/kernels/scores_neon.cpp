#include "host/kernels/simd_neon.h"
#include "search/kernels/tables.h"

namespace oag::search {
namespace {

inline host::Vec load_row(const float* p) { return host::load(p); }
inline host::Vec load_row(const Bf16* p) { return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(p), 16)); }
inline host::Vec load_row(const int8_t* p) {
  int32_t four;
  __builtin_memcpy(&four, p, sizeof four);
  return vcvtq_f32_s32(vmovl_s16(vget_low_s16(vmovl_s8(vreinterpret_s8_s32(vdup_n_s32(four))))));
}

constexpr int64_t kIntegerLanes = 8;
using Integers = int16x8_t;
using Sums = int32x4_t;
inline Sums zero_sums() { return vdupq_n_s32(0); }
inline Integers load_integers(const int16_t* p) { return vld1q_s16(p); }
inline Integers load_integers(const int8_t* p) { return vmovl_s8(vld1_s8(p)); }
inline Sums multiply_add(Integers query, Integers row, Sums sums) {
  return vmlal_high_s16(vmlal_s16(sums, vget_low_s16(query), vget_low_s16(row)), query, row);
}
inline int64_t sum(Sums v) { return vaddlvq_s32(v); }

}  // namespace
}  // namespace oag::search

// (last: it is written in the terms of the above)
#include "search/kernels/scores_simd.h"

namespace oag::search {
namespace {
constexpr ScoreKernels kTable = simd_scores("neon", host::Isa::neon);
}

const ScoreKernels* neon_scores() { return &kTable; }

}  // namespace oag::search
