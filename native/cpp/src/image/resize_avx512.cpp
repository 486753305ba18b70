// resize_rows.h for AVX-512 (F, BW, VL). What resize_avx2.cpp says of linkage and headers holds here too.

// GCC 12 takes the undefined lanes of its own intrinsics for an oversight (GCC bug 105593).
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#include "image/resize_pairs.h"
#include "image/resize_x86.h"

namespace oag::image {
namespace {

struct Avx512 {
  using Ints = __m512i;
  static constexpr int step = 8;    // pixels
  static constexpr int bytes = 64;

  static Ints all(int32_t value) { return _mm512_set1_epi32(value); }
  static Ints load(const uint8_t* from) { return _mm512_loadu_si512(from); }
  static void store(Ints values, uint8_t* to) { _mm512_storeu_si512(to, values); }
  static Ints add(Ints a, Ints b) { return _mm512_add_epi32(a, b); }
  static Ints products(Ints a, Ints b) { return _mm512_madd_epi16(a, b); }
  static Ints unpack_low(Ints a, Ints b) { return _mm512_unpacklo_epi8(a, b); }
  static Ints unpack_high(Ints a, Ints b) { return _mm512_unpackhi_epi8(a, b); }
  template <int bits>
  static Ints shifted_left(Ints a) { return _mm512_slli_epi32(a, bits); }
  template <int bits>
  static Ints shifted_right(Ints a) { return _mm512_srai_epi32(a, bits); }
  static Ints packed(Ints a, Ints b, Ints c, Ints d) { return _mm512_packus_epi16(_mm512_packs_epi32(a, b), _mm512_packs_epi32(c, d)); }

  // Four pairs of weights, each to the four numbers of a lane.
  static Ints spread(const int32_t* pairs) {
    const __m512i four = _mm512_castsi128_si512(_mm_loadu_si128(reinterpret_cast<const __m128i*>(pairs)));
    return _mm512_permutexvar_epi32(_mm512_set_epi32(3, 3, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0), four);
  }
  // Four pixels from each of two loads of 16 bytes, of which 12 are theirs.
  static Ints pixels(const uint8_t* from) {
    const __m128i places = _mm_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1);
    const __m128i next_places = _mm_setr_epi8(6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1);
    const __m256i both_places = _mm256_inserti128_si256(_mm256_castsi128_si256(places), next_places, 1);
    const __m256i first = _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
    const __m256i second = _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from + 12)));
    return _mm512_shuffle_epi8(_mm512_inserti64x4(_mm512_castsi256_si512(first), second, 1),
                               _mm512_inserti64x4(_mm512_castsi256_si512(both_places), both_places, 1));
  }
  static void store_pixel(Ints sums, uint8_t* out) {
    store_clipped(added_halves(_mm256_add_epi32(_mm512_castsi512_si256(sums), _mm512_extracti64x4_epi64(sums, 1))), out);
  }
};

}  // namespace

void horizontal_rows_avx512(const uint8_t* source, int64_t stride, int rows, const PairedTaps& taps, uint8_t* out, int64_t out_stride) {
  horizontal_rows<Avx512>(source, stride, rows, taps, out, out_stride);
}

void vertical_row_avx512(const uint8_t* const* rows, const int32_t* weights, const int32_t* pairs, int taps, int64_t bytes, uint8_t* out) {
  vertical_row<Avx512>(rows, weights, pairs, taps, bytes, out);
}

}  // namespace oag::image
