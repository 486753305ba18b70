// int8 by vpdpbusd, which multiplies four bytes and four signed ones and adds them to 32 bits, without saturation: exact.
#include "host/kernels/simd_avx512.h"
// (first: what follows is written in its terms)
#include "host/kernels/int8_avx512.h"
#include "host/kernels/tables.h"

namespace oag::host {
namespace {

struct Int8 {
  using Product = Int8;
  static constexpr int kRows = kRowsPerBlock;
  static constexpr int kRowInputs = 4;
  static constexpr int kPanelBytes = kColumnsPerPanel * 4;
  static Vec columns(const char* step, int word, int v) { return load(reinterpret_cast<const float*>(step) + (word * kVectors + v) * kLanes); }
  static Vec multiply_add(Vec x, Vec w, Vec sum) { return from_bits(_mm512_dpbusd_epi32(bits(sum), bits(x), bits(w))); }
  static void pack_line(const float* x, int64_t left, Vec inverse, Vec zero_point, float* out) {
    for (int quarter = 0; quarter < 4; ++quarter) {
      const __m512i q = row_quanta_ints(x + quarter * kLanes, left - quarter * kLanes, inverse, zero_point);
      const __m128i bytes = _mm512_cvtepi32_epi8(_mm512_min_epi32(q, _mm512_set1_epi32(255)));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out) + quarter, bytes);
    }
  }
};

constexpr MatrixKernels kInt8 = matrix_of<Int8Product<Int8>>("vpdpbusd", true);

}  // namespace

const MatrixKernels* avx512vnni_int8() { return &kInt8; }

}  // namespace oag::host
