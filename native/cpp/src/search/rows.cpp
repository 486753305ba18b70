#include "search/rows.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/error.h"

namespace oag::search {
namespace {

Bf16 to_bf16(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  bits += 0x7fff + ((bits >> 16) & 1);  // to nearest, ties to even; no infinity, for magnitudes are below 1e19
  return static_cast<Bf16>(bits >> 16);
}

float from_bf16(Bf16 x) {
  const uint32_t bits = uint32_t{x} << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

float largest_magnitude(const float* x, int64_t width) {
  float largest = 0;
  for (int64_t j = 0; j < width; ++j) largest = std::max(largest, std::fabs(x[j]));
  return largest;
}

// x in steps of `largest` / `steps`, to nearest.
template <class Integer>
void to_integers(const float* x, int64_t width, float largest, int steps, Integer* out) {
  const double per_step = largest > 0 ? steps / double{largest} : 0;
  for (int64_t j = 0; j < width; ++j) out[j] = static_cast<Integer>(std::lrint(x[j] * per_step));
}

// 1 / √squares; a row too short to have a direction scores 0.
float inverse_length(double squares) {
  const double length = std::sqrt(squares);
  return length < 1e-37 ? 0.0f : static_cast<float>(1 / length);
}

template <class Row, class Value>
double squared_length(const void* row, int64_t width, Value value) {
  const Row* elements = static_cast<const Row*>(row);
  double sum = 0;
  for (int64_t j = 0; j < width; ++j) {
    const double x = value(elements[j]);
    sum += x * x;
  }
  return sum;
}

double squared_length(RowType type, const void* row, int64_t width) {
  switch (type) {
    case RowType::fp32: return squared_length<float>(row, width, [](float x) { return double{x}; });
    case RowType::bf16: return squared_length<Bf16>(row, width, [](Bf16 x) { return double{from_bf16(x)}; });
    case RowType::int8: return squared_length<int8_t>(row, width, [](int8_t x) { return double(x); });
  }
  return 0;
}

constexpr int kQuerySteps = 32767;

}  // namespace

const char* name_of(Metric metric) {
  switch (metric) {
    case Metric::dot: return "dot";
    case Metric::cosine: return "cosine";
    case Metric::euclidean: return "euclidean";
  }
  return "?";
}

const char* name_of(RowType type) {
  switch (type) {
    case RowType::fp32: return "fp32";
    case RowType::bf16: return "bf16";
    case RowType::int8: return "int8";
  }
  return "?";
}

int64_t element_bytes(RowType type) { return type == RowType::fp32 ? 4 : type == RowType::bf16 ? 2 : 1; }

int64_t padded_width(RowType type, int64_t width) {
  const int64_t block = kPadding / element_bytes(type);
  return (width + block - 1) / block * block;
}

int64_t query_stride(int64_t width) { return padded_width(RowType::int8, width); }

double checked_squared_length(const float* vector, int64_t width, const std::string& name) {
  double sum = 0;
  for (int64_t j = 0; j < width; ++j) sum += double{vector[j]} * vector[j];
  if (sum <= kMostSquaredLength) return sum;
  for (int64_t j = 0; j < width; ++j)
    if (!std::isfinite(vector[j]))
      throw Error(Status::invalid_argument, name + " holds " + (std::isnan(vector[j]) ? "NaN" : "an infinity") + " at element " + std::to_string(j) + ": only finite numbers can be compared");
  throw Error(Status::invalid_argument, name + " is longer than 9e18, so that its products overflow: scale it down");
}

RowFactors encode_row(RowType type, Metric metric, const float* vector, int64_t width, void* row) {
  float scale = 1;
  switch (type) {
    case RowType::fp32: std::memcpy(row, vector, static_cast<size_t>(width) * sizeof(float)); break;
    case RowType::bf16: std::transform(vector, vector + width, static_cast<Bf16*>(row), to_bf16); break;
    case RowType::int8: {
      const float largest = largest_magnitude(vector, width);
      to_integers(vector, width, largest, 127, static_cast<int8_t*>(row));
      scale = largest / 127;
      break;
    }
  }
  return {scale, factor_of(type, metric, row, width, scale)};
}

float factor_of(RowType type, Metric metric, const void* row, int64_t width, float scale) {
  if (metric == Metric::cosine) return scale == 0 ? 0.0f : inverse_length(squared_length(type, row, width));
  return type == RowType::int8 && metric == Metric::dot ? scale : 1.0f;
}

void decode_row(RowType type, const void* row, int64_t width, float scale, float* vector) {
  switch (type) {
    case RowType::fp32: std::memcpy(vector, row, static_cast<size_t>(width) * sizeof(float)); break;
    case RowType::bf16: std::transform(static_cast<const Bf16*>(row), static_cast<const Bf16*>(row) + width, vector, from_bf16); break;
    case RowType::int8: std::transform(static_cast<const int8_t*>(row), static_cast<const int8_t*>(row) + width, vector, [&](int8_t x) { return static_cast<float>(x) * scale; }); break;
  }
}

PreparedQueries::PreparedQueries(RowType type, Metric metric, const float* queries, int64_t count, int64_t width)
    : type_(type), metric_(metric), count_(count), width_(padded_width(type, width)), stride_(query_stride(width)) {
  const size_t elements = static_cast<size_t>(count * stride_);
  const bool integers = type == RowType::int8 && metric != Metric::euclidean;
  floats_ = AlignedBuffer(elements * sizeof(float));
  std::memset(floats_.as(), 0, elements * sizeof(float));
  if (integers) {
    integers_ = AlignedBuffer(elements * sizeof(int16_t));
    std::memset(integers_.as(), 0, elements * sizeof(int16_t));
    scales_ = AlignedBuffer(static_cast<size_t>(count) * sizeof(float));
  }
  for (int64_t q = 0; q < count; ++q) {
    const float* const given = queries + q * width;
    float* const query = floats_.as<float>() + q * stride_;
    const double squares = checked_squared_length(given, width, "queries[" + std::to_string(q) + "]");
    if (metric == Metric::cosine) {
      const double length = std::sqrt(squares);
      for (int64_t j = 0; j < width; ++j) query[j] = length < 1e-37 ? 0.0f : static_cast<float>(given[j] / length);
    } else {
      std::memcpy(query, given, static_cast<size_t>(width) * sizeof(float));
    }
    if (integers) {
      const float largest = largest_magnitude(query, width);
      to_integers(query, width, largest, kQuerySteps, integers_.as<int16_t>() + q * stride_);
      scales_.as<float>()[q] = largest / kQuerySteps;
    }
  }
}

void PreparedQueries::score(const ScoreKernels& kernels, int64_t first, int64_t queries, const Rows& rows, float* scores, int64_t stride) const {
  const auto tile = [&](auto* prepared, auto* elements) {
    using Query = std::remove_pointer_t<decltype(prepared)>;
    using Row = std::remove_const_t<std::remove_pointer_t<decltype(elements)>>;
    return ScoreTile<Query, Row>{.queries = prepared + first * stride_, .query_stride = stride_, .query_count = queries,
                                 .rows = elements, .row_stride = width_, .row_count = rows.count, .scales = rows.scales,
                                 .width = width_, .scores = scores, .score_stride = stride};
  };
  float* const floats = floats_.as<float>();
  const bool distances = metric_ == Metric::euclidean;
  switch (type_) {
    case RowType::fp32: (distances ? kernels.squared_distance_fp32 : kernels.dot_fp32)(tile(floats, static_cast<const float*>(rows.rows))); break;
    case RowType::bf16: (distances ? kernels.squared_distance_bf16 : kernels.dot_bf16)(tile(floats, static_cast<const Bf16*>(rows.rows))); break;
    case RowType::int8:
      if (distances) kernels.squared_distance_int8(tile(floats, static_cast<const int8_t*>(rows.rows)));
      else kernels.dot_int8(tile(integers_.as<int16_t>(), static_cast<const int8_t*>(rows.rows)));
      break;
  }
  for (int64_t q = 0; q < queries; ++q) {
    float* const out = scores + q * stride;
    if (distances) {
      for (int64_t r = 0; r < rows.count; ++r) out[r] = 0.0f - std::sqrt(out[r]);  // no negative zero
    } else if (type_ == RowType::int8) {
      const float scale = scales_.as<float>()[first + q];
      for (int64_t r = 0; r < rows.count; ++r) out[r] *= scale * rows.factors[r];
    } else if (rows.factors) {
      for (int64_t r = 0; r < rows.count; ++r) out[r] *= rows.factors[r];
    }
  }
}

}  // namespace oag::search
