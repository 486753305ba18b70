// In the place of the compiler's <immintrin.h>, for the units of AVX-512 compiled a second time: SIMDe computes its intrinsics with those of AVX2, so that every machine with AVX2 tests
// the very sources that one with AVX-512 runs. What SIMDe 0.7.4 lacks is below.
#pragma once

#include_next <immintrin.h>

#include <cmath>
#include <cstdint>
#include <cstring>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>
#pragma GCC diagnostic pop

#undef _mm512_madd_epi16  // SIMDe gives it the arguments of another
#define _mm512_madd_epi16 simde_mm512_madd_epi16

#undef _mm512_cvtps_epi32
#undef _mm512_srai_epi32
#undef _mm512_cvtepi32_ps
#undef _mm512_cvtepi32_epi16
#undef _mm512_cvtepi32_epi8
#undef _mm512_maskz_loadu_ps
#undef _mm512_mask_storeu_ps
#undef _mm512_reduce_add_ps
#undef _mm512_reduce_max_ps
#undef _mm512_cvtne2ps_pbh
#undef _mm512_shuffle_f32x4
#define _mm512_cvtps_epi32 emulated_cvtps_epi32
#define _mm512_srai_epi32 emulated_srai_epi32
#define _mm512_cvtepi32_ps emulated_cvtepi32_ps
#define _mm512_cvtepi32_epi16 emulated_cvtepi32_epi16
#define _mm512_cvtepi32_epi8 emulated_cvtepi32_epi8
#define _mm512_maskz_loadu_ps emulated_maskz_loadu_ps
#define _mm512_mask_storeu_ps emulated_mask_storeu_ps
#define _mm512_reduce_add_ps emulated_reduce_add_ps
#define _mm512_reduce_max_ps emulated_reduce_max_ps
#define _mm512_cvtne2ps_pbh emulated_cvtne2ps_pbh
#define _mm512_shuffle_f32x4 emulated_shuffle_f32x4

namespace {

template <class To, class From>
inline To emulated_lanes(const From& from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}
struct Floats16 { float lane[16]; };
struct Ints16 { int32_t lane[16]; };

inline __m512i emulated_srai_epi32(__m512i v, unsigned bits) {
  Ints16 out = emulated_lanes<Ints16>(v);
  for (int32_t& lane : out.lane) lane >>= bits;
  return emulated_lanes<__m512i>(out);
}
inline __m512i emulated_cvtps_epi32(__m512 v) {
  struct Halves { __m256 half[2]; } in = emulated_lanes<Halves>(v);
  struct IntHalves { __m256i half[2]; } out;
  for (int h = 0; h < 2; ++h) out.half[h] = _mm256_cvtps_epi32(in.half[h]);
  return emulated_lanes<__m512i>(out);
}
inline __m512 emulated_cvtepi32_ps(__m512i v) {
  const Ints16 in = emulated_lanes<Ints16>(v);
  Floats16 out;
  for (int i = 0; i < 16; ++i) out.lane[i] = static_cast<float>(in.lane[i]);
  return emulated_lanes<__m512>(out);
}
inline __m256i emulated_cvtepi32_epi16(__m512i v) {
  const Ints16 in = emulated_lanes<Ints16>(v);
  struct { int16_t lane[16]; } out;
  for (int i = 0; i < 16; ++i) out.lane[i] = static_cast<int16_t>(in.lane[i]);
  return emulated_lanes<__m256i>(out);
}
inline __m128i emulated_cvtepi32_epi8(__m512i v) {
  const Ints16 in = emulated_lanes<Ints16>(v);
  struct { int8_t lane[16]; } out;
  for (int i = 0; i < 16; ++i) out.lane[i] = static_cast<int8_t>(in.lane[i]);
  return emulated_lanes<__m128i>(out);
}
// Lanes that the mask leaves out are not touched in memory.
inline __m512 emulated_maskz_loadu_ps(__mmask16 mask, const void* p) {
  Floats16 out;
  for (int i = 0; i < 16; ++i) {
    out.lane[i] = 0;
    if (mask >> i & 1) std::memcpy(&out.lane[i], static_cast<const char*>(p) + 4 * i, 4);
  }
  return emulated_lanes<__m512>(out);
}
inline void emulated_mask_storeu_ps(void* p, __mmask16 mask, __m512 v) {
  const Floats16 in = emulated_lanes<Floats16>(v);
  for (int i = 0; i < 16; ++i)
    if (mask >> i & 1) std::memcpy(static_cast<char*>(p) + 4 * i, &in.lane[i], 4);
}
// In halves, as the compiler's do.
template <class Step>
inline float emulated_reduce(__m512 v, Step step) {
  Floats16 in = emulated_lanes<Floats16>(v);
  for (int width = 8; width > 0; width /= 2)
    for (int i = 0; i < width; ++i) in.lane[i] = step(in.lane[i], in.lane[i + width]);
  return in.lane[0];
}
inline float emulated_reduce_add_ps(__m512 v) {
  return emulated_reduce(v, [](float a, float b) { return a + b; });
}
inline float emulated_reduce_max_ps(__m512 v) {
  return emulated_reduce(v, [](float a, float b) { return a > b ? a : b; });  // of what does not compare, the second
}
inline __m512bh emulated_cvtne2ps_pbh(__m512 upper, __m512 lower) {
  struct { uint16_t lane[32]; } out;
  for (int i = 0; i < 32; ++i) {
    const float x = i < 16 ? emulated_lanes<Floats16>(lower).lane[i] : emulated_lanes<Floats16>(upper).lane[i - 16];
    uint32_t bits = emulated_lanes<uint32_t>(x);
    if (std::fpclassify(x) == FP_SUBNORMAL) bits &= 0x80000000u;
    out.lane[i] = static_cast<uint16_t>(x != x ? bits >> 16 | 0x40 : (bits + 0x7fff + (bits >> 16 & 1)) >> 16);
  }
  return emulated_lanes<__m512bh>(out);
}

inline __m512 emulated_shuffle_f32x4(__m512 a, __m512 b, int choice) {
  struct Quarters { __m128 quarter[4]; } from_a = emulated_lanes<Quarters>(a), from_b = emulated_lanes<Quarters>(b), out;
  for (int i = 0; i < 4; ++i) out.quarter[i] = (i < 2 ? from_a : from_b).quarter[choice >> 2 * i & 3];
  return emulated_lanes<__m512>(out);
}

}  // namespace
