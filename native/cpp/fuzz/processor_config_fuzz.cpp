// preprocessor_config.json or processor_config.json: from the file to a processor for each family's defaults, and a small picture through it.
#include <cmath>
#include <vector>

#include "files/config.h"
#include "fuzz/memory_file.h"
#include "image/processor.h"

using namespace oag;
using namespace oag::image;

namespace {

constexpr int64_t most_pixels = 1 << 14;  // a larger result is not computed

void process(const Processor& processor, int width, int height) {
  const Size size = processor.output_size(width, height);
  fuzz::require(size.width > 0 && size.height > 0, "a result has pixels");
  if (processor.fixed_size()) fuzz::require(size == processor.output_size(height + 3, width), "a fixed size does not depend on the source");
  if (int64_t{size.width} * size.height > most_pixels) return;
  std::vector<uint8_t> pixels(static_cast<size_t>(width * height * 3));
  for (size_t i = 0; i < pixels.size(); i++) pixels[i] = static_cast<uint8_t>(i * 37);
  std::vector<float> values(static_cast<size_t>(size.width) * static_cast<size_t>(size.height) * 3, NAN);
  processor.apply({pixels.data(), width, height, int64_t{3} * width}, values.data());
  for (const float value : values) fuzz::require(std::isfinite(value), "every value is written, and finite");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const fuzz::MemoryFile file(data, size);
  try {
    const files::Config config = files::Config::read(file.path());
    for (const ProcessorFamily family : {ProcessorFamily::clip, ProcessorFamily::vit, ProcessorFamily::siglip, ProcessorFamily::blip}) {
      try {
        const Processor processor(config.json(), family, config.source());
        process(processor, 9, 7);
        process(processor, 2, 40);
      } catch (const Error& error) {
        fuzz::require_useful(error);
      }
    }
  } catch (const Error& error) {
    fuzz::require_useful(error);
  }
  return 0;
}
