// What a model's matrices are held and multiplied in.
#pragma once

namespace oag {

// Sums are fp32 in every one of them, and int32 in int8. `automatic` is a caller's wish, never what an executor computes in.
enum class Precision : int { automatic = 0, fp32 = 1, bf16 = 2, fp16 = 3, int8 = 4 };  // values of oag_precision

constexpr const char* name_of(Precision precision) {
  switch (precision) {
    case Precision::automatic: return "auto";
    case Precision::fp32: return "fp32";
    case Precision::bf16: return "bf16";
    case Precision::fp16: return "fp16";
    case Precision::int8: return "int8";
  }
  return "?";
}

}  // namespace oag
