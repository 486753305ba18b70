// bf16 by vdpbf16ps, which multiplies two bf16 and two others and adds both products to an fp32, one after the other and each rounded. (It takes subnormal numbers for zero.)
#include "host/kernels/simd_avx512.h"
// (first: what follows is written in its terms)
#include "host/kernels/attention_simd.h"
#include "host/kernels/reduced_math_simd.h"
#include "host/kernels/tables.h"

namespace oag::host {
namespace {

// 32 consecutive numbers as 16 words.
inline Vec bf16_words(Vec first, Vec second) { return __builtin_bit_cast(Vec, _mm512_cvtne2ps_pbh(second, first)); }

struct Bf16 {
  using Product = Bf16;
  static constexpr int kRows = kRowsPerBlock;
  static constexpr int kRowInputs = 2;
  static constexpr int kColumnInputs = 2;
  static constexpr int kPanelBytes = kColumnsPerPanel * 4;
  static Vec columns(const char* step, int word, int v) { return load(reinterpret_cast<const float*>(step) + (word * kVectors + v) * kLanes); }
  static Vec multiply_add(Vec x, Vec w, Vec sum) { return _mm512_dpbf16_ps(sum, __builtin_bit_cast(__m512bh, x), __builtin_bit_cast(__m512bh, w)); }

  static void pack_line(const float* x, int64_t left, Vec factor, float* out) {
    store(out, bf16_words(mul(load_first(x, left), factor), mul(load_or_zero(x + kLanes, left - kLanes), factor)));
  }
  static Vec column_words(const float* x, int64_t left) { return bf16_words(load_first(x, left), load_or_zero(x + kLanes, left - kLanes)); }
  static float unpacked(const void* panel, int64_t k, int column) { return unpacked_bf16(panel, k, column); }

  static Vec value_words(const float* const* rows, int64_t there, int64_t d, int64_t left) {
    const Vec first = round_to_bf16(load_first(rows[0] + d, left)), second = there > 1 ? round_to_bf16(load_first(rows[1] + d, left)) : set1(0.0f);
    return from_bits(_mm512_or_si512(_mm512_srli_epi32(bits(first), 16), bits(second)));
  }
  static void store_probabilities(const Vec* p, float* out) { store(out, bf16_words(p[0], p[1])); }
  static Vec exponential(Vec x) { return reduced_exponential(x); }
};

constexpr MatrixKernels kMatrix = matrix_of<PackedProduct<Bf16, ReducedMath>>("vdpbf16ps", true);
constexpr AttentionKernels kAttention = attention_kernels<Bf16>();

}  // namespace

const MatrixKernels* avx512bf16_matrix() { return &kMatrix; }
const AttentionKernels* avx512bf16_attention() { return &kAttention; }

}  // namespace oag::host
