#include "files/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "core/error.h"
#include "files/json.h"

namespace oag::files {
namespace {

constexpr int64_t header_limit = 100'000'000;  // the format's own
constexpr int64_t chunk_elements = int64_t{1} << 16;

int64_t bits_of(const std::string& dtype) {
  static const std::map<std::string, int64_t>& bits = *new std::map<std::string, int64_t>{
      {"F64", 64}, {"F32", 32}, {"F16", 16}, {"BF16", 16}, {"I64", 64}, {"I32", 32}, {"I16", 16}, {"I8", 8}, {"U64", 64}, {"U32", 32},
      {"U16", 16}, {"U8", 8}, {"BOOL", 8}, {"F8_E4M3", 8}, {"F8_E5M2", 8}, {"F8_E8M0", 8}, {"C64", 64}, {"F4", 4}, {"F6_E2M3", 6}, {"F6_E3M2", 6}};
  auto found = bits.find(dtype);
  return found == bits.end() ? 0 : found->second;
}

// IEEE half to single, exactly: subnormals become normal, NaN payloads are kept.
float from_f16(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000) << 16;
  const uint32_t exponent = (half >> 10) & 31;
  uint32_t mantissa = half & 0x3ff;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000 | mantissa << 13);
  if (exponent != 0) return std::bit_cast<float>(sign | (exponent + 112) << 23 | mantissa << 13);
  const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
  return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(magnitude));
}

float from_bf16(uint16_t bits) { return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16); }

[[noreturn]] void refuse(const std::string& path, const std::string& what) { throw Error(Status::bad_model, path + ": " + what); }

int64_t integer(const nlohmann::json& value, const std::string& path, const std::string& what) {
  if (!value.is_number_integer() || (value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX) || value.get<int64_t>() < 0)
    refuse(path, what + " is not a non-negative integer");
  return value.get<int64_t>();
}

TensorEntry parse_entry(const nlohmann::json& value, const std::string& path, const std::string& name, int64_t data, int64_t file_size) {
  const std::string tensor = "tensor " + name;
  if (!value.is_object() || !value.contains("dtype") || !value["dtype"].is_string() || !value.contains("shape") || !value["shape"].is_array() ||
      !value.contains("data_offsets") || !value["data_offsets"].is_array() || value["data_offsets"].size() != 2)
    refuse(path, tensor + " lacks dtype, shape or data_offsets");
  TensorEntry entry;
  entry.dtype = value["dtype"].get<std::string>();
  const int64_t bits = bits_of(entry.dtype);
  if (bits == 0) refuse(path, tensor + " has the unknown dtype " + entry.dtype);
  int64_t elements = 1;
  for (const nlohmann::json& size : value["shape"]) {
    entry.shape.push_back(integer(size, path, "a size of " + tensor));
    if (__builtin_mul_overflow(elements, entry.shape.back(), &elements)) refuse(path, "the sizes of " + tensor + " overflow when multiplied");
  }
  int64_t wanted_bits;
  if (__builtin_mul_overflow(elements, bits, &wanted_bits)) refuse(path, "the sizes of " + tensor + " overflow when multiplied");
  const int64_t begin = integer(value["data_offsets"][0], path, "an offset of " + tensor);
  const int64_t end = integer(value["data_offsets"][1], path, "an offset of " + tensor);
  if (begin > end || end > file_size - data)
    refuse(path, tensor + " lies at bytes " + std::to_string(begin) + " … " + std::to_string(end) + " of " + std::to_string(file_size - data) +
                     ": the file is truncated or its header is wrong");
  entry.offset = data + begin;
  entry.bytes = end - begin;
  if (wanted_bits != entry.bytes * 8)
    refuse(path, tensor + " has " + std::to_string(entry.bytes) + " bytes, its dtype and shape ask for " + std::to_string((wanted_bits + 7) / 8));
  return entry;
}

void refuse_overlaps(const std::map<std::string, TensorEntry>& tensors, const std::string& path) {
  std::vector<std::pair<const std::string*, const TensorEntry*>> by_offset;
  for (const auto& [name, entry] : tensors)
    if (entry.bytes > 0) by_offset.emplace_back(&name, &entry);
  std::sort(by_offset.begin(), by_offset.end(), [](const auto& a, const auto& b) { return a.second->offset < b.second->offset; });
  for (size_t i = 1; i < by_offset.size(); i++)
    if (by_offset[i - 1].second->offset + by_offset[i - 1].second->bytes > by_offset[i].second->offset)
      refuse(path, "tensors " + *by_offset[i - 1].first + " and " + *by_offset[i].first + " overlap");
}

}  // namespace

Safetensors::Safetensors(const std::string& path) : file_(path) {
  if (file_.size() < 8) refuse(path, "has " + std::to_string(file_.size()) + " bytes: too short for a safetensors file");
  unsigned char length_bytes[8];
  file_.read(0, 8, length_bytes);
  uint64_t length = 0;
  for (int b = 7; b >= 0; b--) length = length << 8 | length_bytes[b];
  if (length > static_cast<uint64_t>(header_limit)) refuse(path, "says its header has " + std::to_string(length) + " bytes, more than 100,000,000: it is not a safetensors file");
  if (length > static_cast<uint64_t>(file_.size() - 8))
    refuse(path, "says its header has " + std::to_string(length) + " bytes, but the file has " + std::to_string(file_.size()) + ": it is truncated or not a safetensors file");
  std::string header(length, '\0');
  file_.read(8, static_cast<int64_t>(length), header.data());
  const JsonTree parsed = parse_json(header, path + ": its header");
  if (!parsed->is_object()) refuse(path, "its header is not a JSON object");
  for (const auto& [name, value] : parsed->items())
    if (name != "__metadata__") tensors_.emplace(name, parse_entry(value, path, name, 8 + static_cast<int64_t>(length), file_.size()));
  refuse_overlaps(tensors_, path);
}

void Safetensors::read(const TensorEntry& entry, int64_t first, int64_t count, float* out) const {
  if (entry.dtype == "F32") {
    file_.read(entry.offset + first * 4, count * 4, out);
    return;
  }
  const bool half = entry.dtype == "F16";
  std::vector<uint16_t> chunk(static_cast<size_t>(std::min(count, chunk_elements)));
  while (count > 0) {
    const int64_t now = std::min(count, chunk_elements);
    file_.read(entry.offset + first * 2, now * 2, chunk.data());
    for (int64_t i = 0; i < now; i++) out[i] = half ? from_f16(chunk[i]) : from_bf16(chunk[i]);
    first += now;
    count -= now;
    out += now;
  }
}

}  // namespace oag::files
