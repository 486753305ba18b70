// A WebP file.
#include "fuzz/picture.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::decode_picture(data, size);
  return 0;
}
