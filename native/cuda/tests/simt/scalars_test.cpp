// Numbers of 16 bits, against their definitions.
#include <doctest/doctest.h>

#include <cmath>

#include "simt/simt.h"

using namespace simt::emulator;

TEST_CASE("every half is the number that IEEE 754 says") {
  for (uint32_t h = 0; h < 0x8000; h++) {
    const uint32_t exponent = h >> 10, fraction = h & 1023;
    const float value = half_to_float(static_cast<uint16_t>(h));
    if (exponent == 31) {
      CHECK((fraction ? std::isnan(value) : std::isinf(value)));
      continue;
    }
    const double want = exponent ? std::ldexp(1024 + fraction, static_cast<int>(exponent) - 25) : std::ldexp(fraction, -24);
    if (value != want) REQUIRE(value == want);
    if (half_to_float(static_cast<uint16_t>(h | 0x8000)) != -want) REQUIRE(half_to_float(static_cast<uint16_t>(h | 0x8000)) == -want);
    if (float_to_half(value) != h) REQUIRE(float_to_half(value) == h);
  }
  CHECK(std::signbit(half_to_float(0x8000)));
}

TEST_CASE("floats go to the nearest half, ties to the even one") {
  for (uint32_t h = 0; h < 0x7bff; h++) {
    const float low = half_to_float(static_cast<uint16_t>(h)), high = half_to_float(static_cast<uint16_t>(h + 1)), middle = low + (high - low) / 2;
    const uint32_t even = h & 1 ? h + 1 : h;
    if (float_to_half(middle) != even) REQUIRE(float_to_half(middle) == even);
    if (float_to_half(std::nextafter(middle, 0.f)) != h) REQUIRE(float_to_half(std::nextafter(middle, 0.f)) == h);
    if (float_to_half(std::nextafter(middle, 1e9f)) != h + 1) REQUIRE(float_to_half(std::nextafter(middle, 1e9f)) == h + 1);
  }
  CHECK(float_to_half(65519.99f) == 0x7bff);
  CHECK(float_to_half(65520.f) == 0x7c00);
  CHECK(float_to_half(-INFINITY) == 0xfc00);
  CHECK(float_to_half(NAN) == 0x7fff);
}

TEST_CASE("floats go to the nearest bf16, ties to the even one") {
  for (uint32_t b = 0; b < 0x7f7f; b += 7) {
    const float low = bf16_to_float(static_cast<uint16_t>(b)), middle = bits_as<float>(b << 16 | 0x8000u);
    CHECK(float_to_bf16(low) == b);
    CHECK(float_to_bf16(middle) == (b & 1 ? b + 1 : b));
    CHECK(float_to_bf16(std::nextafter(middle, 0.f)) == b);
    CHECK(float_to_bf16(std::nextafter(middle, INFINITY)) == b + 1);
  }
  CHECK(float_to_bf16(-INFINITY) == 0xff80);
  CHECK(float_to_bf16(NAN) == 0x7fff);
}

TEST_CASE("a pair holds the first number in its lower half") {
  CHECK(simt::pack2<simt::half_t>(1.f, 2.f) == 0x40003c00u);
  CHECK(simt::pack2<simt::bf16_t>(1.f, 2.f) == 0x40003f80u);
  CHECK(simt::low_float<simt::half_t>(0x40003c00u) == 1.f);
  CHECK(simt::high_float<simt::bf16_t>(0x40003f80u) == 2.f);
}
