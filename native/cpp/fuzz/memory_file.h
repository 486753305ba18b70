// A file in memory: the parsers of model folders read by path.
#pragma once

#include <string>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/input.h"

namespace fuzz {

class MemoryFile {
 public:
  MemoryFile(const uint8_t* data, size_t size) : descriptor_(memfd_create("fuzz", MFD_CLOEXEC)) {
    require(descriptor_ >= 0, "the system gives a file in memory");
    for (size_t done = 0; done < size;) {
      const ssize_t now = write(descriptor_, data + done, size - done);
      require(now > 0, "a file in memory takes what is written");
      done += static_cast<size_t>(now);
    }
  }
  ~MemoryFile() { close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

}  // namespace fuzz
