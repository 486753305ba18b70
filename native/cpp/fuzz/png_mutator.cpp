// A change of a PNG file nearly always breaks a chunk's checksum, and a fuzzer then sees nothing but the refusal of it. So most changes are followed by a repair.
#include <cstddef>
#include <cstdint>

#include <zlib.h>

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t most);

namespace {

constexpr size_t signature_bytes = 8, head_bytes = 8, checksum_bytes = 4;

uint32_t big_endian(const uint8_t* at) { return uint32_t{at[0]} << 24 | uint32_t{at[1]} << 16 | uint32_t{at[2]} << 8 | at[3]; }

void repair_checksums(uint8_t* data, size_t size) {
  for (size_t at = signature_bytes; at + head_bytes + checksum_bytes <= size;) {
    const size_t length = big_endian(data + at);
    if (length > size - at - head_bytes - checksum_bytes) return;
    const auto sum = static_cast<uint32_t>(crc32_z(0, data + at + 4, length + 4));
    for (size_t i = 0; i < 4; i++) data[at + head_bytes + length + i] = static_cast<uint8_t>(sum >> (24 - 8 * i));
    at += head_bytes + length + checksum_bytes;
  }
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned int seed) {
  size = LLVMFuzzerMutate(data, size, most);
  if (seed % 8 != 0) repair_checksums(data, size);
  return size;
}
