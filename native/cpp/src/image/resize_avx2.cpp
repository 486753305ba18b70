// resize_rows.h for AVX2. Only what is called from outside has external linkage, and no standard library header is included: an
// inline function compiled here could become the copy that every machine runs.
#include "image/resize_pairs.h"
#include "image/resize_x86.h"

namespace oag::image {
namespace {

struct Avx2 {
  using Ints = __m256i;
  static constexpr int step = 4;    // pixels
  static constexpr int bytes = 32;

  static Ints all(int32_t value) { return _mm256_set1_epi32(value); }
  static Ints load(const uint8_t* from) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)); }
  static void store(Ints values, uint8_t* to) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), values); }
  static Ints add(Ints a, Ints b) { return _mm256_add_epi32(a, b); }
  static Ints products(Ints a, Ints b) { return _mm256_madd_epi16(a, b); }
  static Ints unpack_low(Ints a, Ints b) { return _mm256_unpacklo_epi8(a, b); }
  static Ints unpack_high(Ints a, Ints b) { return _mm256_unpackhi_epi8(a, b); }
  template <int bits>
  static Ints shifted_left(Ints a) { return _mm256_slli_epi32(a, bits); }
  template <int bits>
  static Ints shifted_right(Ints a) { return _mm256_srai_epi32(a, bits); }
  static Ints packed(Ints a, Ints b, Ints c, Ints d) { return _mm256_packus_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d)); }

  // Two pairs of weights, each to the four numbers of a lane.
  static Ints spread(const int32_t* pairs) {
    const __m256i two = _mm256_castsi128_si256(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(pairs)));
    return _mm256_permutevar8x32_epi32(two, _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1));
  }
  static Ints pixels(const uint8_t* from) {
    const __m256i places = _mm256_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1, 6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1);
    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))), places);
  }
  static void store_pixel(Ints sums, uint8_t* out) { store_clipped(added_halves(sums), out); }
};

}  // namespace

void horizontal_rows_avx2(const uint8_t* source, int64_t stride, int rows, const PairedTaps& taps, uint8_t* out, int64_t out_stride) {
  horizontal_rows<Avx2>(source, stride, rows, taps, out, out_stride);
}

void vertical_row_avx2(const uint8_t* const* rows, const int32_t* weights, const int32_t* pairs, int taps, int64_t bytes, uint8_t* out) {
  vertical_row<Avx2>(rows, weights, pairs, taps, bytes, out);
}

}  // namespace oag::image
