#include "host/kernels/simd_avx512.h"
#include "search/kernels/tables.h"

namespace oag::search {
namespace {

inline host::Vec load_row(const float* p) { return host::load(p); }
inline host::Vec load_row(const Bf16* p) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_load_si256(reinterpret_cast<const __m256i*>(p))), 16));
}
inline host::Vec load_row(const int8_t* p) {
  return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_load_si128(reinterpret_cast<const __m128i*>(p))));
}

// Thirty-two int16, or the sixteen int32 sums of their products.
using Integers = __m512i;
using Sums = __m512i;
constexpr int64_t kIntegerLanes = 32;
inline Sums zero_sums() { return _mm512_setzero_si512(); }
inline Integers load_integers(const int16_t* p) { return _mm512_load_si512(p); }
inline Integers load_integers(const int8_t* p) { return _mm512_cvtepi8_epi16(_mm256_load_si256(reinterpret_cast<const __m256i*>(p))); }
inline Sums multiply_add(Integers query, Integers row, Sums sums) { return _mm512_add_epi32(sums, _mm512_madd_epi16(query, row)); }
inline int64_t sum(Sums v) {
  return _mm512_reduce_add_epi64(
      _mm512_add_epi64(_mm512_cvtepi32_epi64(_mm512_castsi512_si256(v)), _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64(v, 1))));
}

}  // namespace
}  // namespace oag::search

// (last: it is written in the terms of the above)
#include "search/kernels/scores_simd.h"

namespace oag::search {
namespace {
constexpr ScoreKernels kTable = simd_scores("avx512", host::Isa::avx512);
}

const ScoreKernels* avx512_scores() { return &kTable; }

}  // namespace oag::search
