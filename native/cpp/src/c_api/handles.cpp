#include "c_api/handles.h"

#include <algorithm>
#include <cstddef>

namespace oag::c_api {

// The ABI's numbers are those of the rooms behind it.
static_assert(OAG_INVALID_ARGUMENT == static_cast<int>(Status::invalid_argument) && OAG_IO == static_cast<int>(Status::io) &&
              OAG_BAD_MODEL == static_cast<int>(Status::bad_model) && OAG_BAD_IMAGE == static_cast<int>(Status::bad_image) &&
              OAG_UNSUPPORTED == static_cast<int>(Status::unsupported) && OAG_UNAVAILABLE == static_cast<int>(Status::unavailable) &&
              OAG_OUT_OF_MEMORY == static_cast<int>(Status::out_of_memory) && OAG_BUFFER_TOO_SMALL == static_cast<int>(Status::buffer_too_small) &&
              OAG_PARTIAL == static_cast<int>(Status::partial) && OAG_INTERNAL == static_cast<int>(Status::internal) && OAG_BAD_INDEX == static_cast<int>(Status::bad_index));
static_assert(OAG_DEVICE_HOST == static_cast<int>(Device::host) && OAG_DEVICE_CUDA == static_cast<int>(Device::cuda) &&
              OAG_DEVICE_TENSORRT == static_cast<int>(Device::tensorrt));
static_assert(OAG_PRECISION_FP32 == static_cast<int>(Precision::fp32) && OAG_PRECISION_BF16 == static_cast<int>(Precision::bf16) &&
              OAG_PRECISION_FP16 == static_cast<int>(Precision::fp16) && OAG_PRECISION_INT8 == static_cast<int>(Precision::int8));
static_assert(OAG_POOLING_FIRST - 1 == static_cast<int>(Pooling::first) && OAG_POOLING_LAST - 1 == static_cast<int>(Pooling::last) &&
              OAG_POOLING_MEAN - 1 == static_cast<int>(Pooling::mean) && OAG_POOLING_MAX - 1 == static_cast<int>(Pooling::max) &&
              OAG_POOLING_MEAN_SQRT_LENGTH - 1 == static_cast<int>(Pooling::mean_sqrt_length) &&
              OAG_POOLING_WEIGHTED_MEAN - 1 == static_cast<int>(Pooling::weighted_mean));
static_assert(OAG_ISA_REFERENCE == static_cast<int>(host::Isa::reference) && OAG_ISA_AVX2 == static_cast<int>(host::Isa::avx2) &&
              OAG_ISA_AVX512 == static_cast<int>(host::Isa::avx512) && OAG_ISA_NEON == static_cast<int>(host::Isa::neon));

static_assert(OAG_METRIC_DOT == static_cast<int>(search::Metric::dot) && OAG_METRIC_COSINE == static_cast<int>(search::Metric::cosine) &&
              OAG_METRIC_EUCLIDEAN == static_cast<int>(search::Metric::euclidean));
static_assert(OAG_ROWS_FP32 == static_cast<int>(search::RowType::fp32) && OAG_ROWS_BF16 == static_cast<int>(search::RowType::bf16) &&
              OAG_ROWS_INT8 == static_cast<int>(search::RowType::int8));
static_assert(OAG_IDS_NUMBERS == static_cast<int>(search::IdKind::numbers) && OAG_IDS_TEXTS == static_cast<int>(search::IdKind::texts));

void write_error(std::string_view text, char* error, size_t capacity) noexcept {
  if (!error || capacity == 0) return;
  size_t length = std::min(text.size(), capacity - 1);
  while (length > 0 && length < text.size() && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80) length--;  // not within a UTF-8 sequence
  // A name in a hostile file may hold line breaks and what terminals obey.
  std::transform(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(length), error, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c; });
  error[length] = '\0';
}

void write_text(const std::string& text, char* out, size_t capacity, size_t* needed) {
  if (needed) *needed = text.size() + 1;
  if (capacity < text.size() + 1)
    throw Error(Status::buffer_too_small, "the buffer has " + std::to_string(capacity) + " bytes; " + std::to_string(text.size() + 1) + " are needed");
  require(out != nullptr, "the text buffer is NULL");
  std::memcpy(out, text.c_str(), text.size() + 1);
}

}  // namespace oag::c_api
