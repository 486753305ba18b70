// The format that a type of 16-bit numbers is.
#pragma once

#include <type_traits>

#include "kernels/launch.h"
#include "simt/simt.h"

namespace oag::cuda::test {

template <class T> constexpr Format format_of = std::is_same_v<T, simt::half_t> ? Format::f16 : Format::bf16;

}  // namespace oag::cuda::test
