// Safetensors files, right and wrong.
#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace oag::test {

// The bytes of a file with this header, whatever it says, and this data.
inline std::string safetensors_with_header(const std::string& header, const std::string& data) {
  std::string bytes(8, '\0');
  for (size_t b = 0; b < 8; b++) bytes[b] = static_cast<char>(static_cast<uint64_t>(header.size()) >> (8 * b));
  return bytes + header + data;
}

// A file that is built tensor by tensor, in order, without gaps.
class SafetensorsFile {
 public:
  template <class Value>
  SafetensorsFile& add(const std::string& name, const std::string& dtype, const std::vector<int64_t>& shape, const std::vector<Value>& values) {
    const size_t begin = data_.size(), bytes = values.size() * sizeof(Value);
    data_.resize(begin + bytes);
    if (bytes) std::memcpy(data_.data() + begin, values.data(), bytes);
    header[name] = {{"dtype", dtype}, {"shape", shape}, {"data_offsets", {begin, data_.size()}}};
    return *this;
  }
  std::string bytes() const { return safetensors_with_header(header.dump(), data_); }

  nlohmann::json header = nlohmann::json::object();

 private:
  std::string data_;
};

}  // namespace oag::test
