#include "core/digest.h"

#include <new>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace oag {

struct alignas(64) Digest::State {
  XXH3_state_t xxh;
};

Digest::Digest() : state_(new State) { XXH3_128bits_reset(&state_->xxh); }
Digest::~Digest() { delete state_; }

void Digest::add(const void* data, size_t bytes) { XXH3_128bits_update(&state_->xxh, data, bytes); }

std::string Digest::hex() const {
  const XXH128_hash_t hash = XXH3_128bits_digest(&state_->xxh);
  XXH128_canonical_t bytes;
  XXH128_canonicalFromHash(&bytes, hash);
  std::string text;
  for (unsigned char byte : bytes.digest) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

std::string digest(const void* data, size_t bytes) {
  Digest digest;
  digest.add(data, bytes);
  return digest.hex();
}

}  // namespace oag
