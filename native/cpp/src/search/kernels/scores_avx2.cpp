#include "host/kernels/simd_avx2.h"
#include "search/kernels/tables.h"

namespace oag::search {
namespace {

inline host::Vec load_row(const float* p) { return host::load(p); }
inline host::Vec load_row(const Bf16* p) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_load_si128(reinterpret_cast<const __m128i*>(p))), 16));
}
inline host::Vec load_row(const int8_t* p) {
  return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
}

// Sixteen int16, or the eight int32 sums of their products.
using Integers = __m256i;
using Sums = __m256i;
constexpr int64_t kIntegerLanes = 16;
inline Sums zero_sums() { return _mm256_setzero_si256(); }
inline Integers load_integers(const int16_t* p) { return _mm256_load_si256(reinterpret_cast<const __m256i*>(p)); }
inline Integers load_integers(const int8_t* p) { return _mm256_cvtepi8_epi16(_mm_load_si128(reinterpret_cast<const __m128i*>(p))); }
inline Sums multiply_add(Integers query, Integers row, Sums sums) { return _mm256_add_epi32(sums, _mm256_madd_epi16(query, row)); }
inline int64_t sum(Sums v) {
  const __m256i four = _mm256_add_epi64(_mm256_cvtepi32_epi64(_mm256_castsi256_si128(v)), _mm256_cvtepi32_epi64(_mm256_extracti128_si256(v, 1)));
  const __m128i two = _mm_add_epi64(_mm256_castsi256_si128(four), _mm256_extracti128_si256(four, 1));
  return _mm_cvtsi128_si64(two) + _mm_extract_epi64(two, 1);
}

}  // namespace
}  // namespace oag::search

// (last: it is written in the terms of the above)
#include "search/kernels/scores_simd.h"

namespace oag::search {
namespace {
constexpr ScoreKernels kTable = simd_scores("avx2", host::Isa::avx2);
}

const ScoreKernels* avx2_scores() { return &kTable; }

}  // namespace oag::search
