// The intrinsics of AVX-512 in portable code, by SIMDe, under their usual names: for units that are compiled a second time, into a test.
#pragma once

#define SIMDE_NO_NATIVE
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>
#include <simde/x86/avx2.h>

// What SIMDe 0.7.4 lacks.
static inline simde__m512i oag_mm512_srai_epi32(simde__m512i a, unsigned int bits) {
  simde__m512i_private values = simde__m512i_to_private(a);
  for (int i = 0; i < 16; i++) values.i32[i] >>= bits;
  return simde__m512i_from_private(values);
}
#define _mm512_srai_epi32(a, bits) oag_mm512_srai_epi32(a, bits)
// Its alias asks for a mask.
#undef _mm512_madd_epi16
#define _mm512_madd_epi16(a, b) simde_mm512_madd_epi16(a, b)
