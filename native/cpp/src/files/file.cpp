#include "files/file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "core/error.h"

namespace oag::files {
namespace {

// S_IFREG, S_IFDIR …, of what a link leads to; 0 where there is nothing.
mode_t type_of(const std::string& path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0 ? status.st_mode & S_IFMT : 0;
}

}  // namespace

File::File(std::string path) : path_(std::move(path)) {
  // Without O_NONBLOCK, opening a named pipe waits for a writer that may never come.
  descriptor_ = open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor_ < 0) throw Error(Status::io, path_ + ": cannot be opened: " + std::strerror(errno));
  struct stat status;
  if (fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
    close(descriptor_);
    throw Error(Status::io, path_ + ": is not a regular file");
  }
  size_ = status.st_size;
}

File::~File() {
  if (descriptor_ >= 0) close(descriptor_);
}

File::File(File&& other) noexcept : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)), size_(other.size_) {}

void File::read(int64_t offset, int64_t count, void* out) const {
  auto* to = static_cast<char*>(out);
  while (count > 0) {
    const ssize_t got = pread(descriptor_, to, static_cast<size_t>(count), offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw Error(Status::io, path_ + ": cannot be read at byte " + std::to_string(offset) + ": " + std::strerror(errno));
    if (got == 0)
      throw Error(Status::io, path_ + ": ends at byte " + std::to_string(offset) + ", " + std::to_string(count) +
                                  " bytes too early: it was truncated while it was read");
    to += got;
    offset += got;
    count -= got;
  }
}

bool exists(const std::string& path) { return type_of(path) != 0; }
bool is_regular_file(const std::string& path) { return type_of(path) == S_IFREG; }
bool is_folder(const std::string& path) { return type_of(path) == S_IFDIR; }

std::string read_text(const std::string& path, int64_t limit) {
  const File file(path);
  if (file.size() > limit)
    throw Error(Status::bad_model, path + ": has " + std::to_string(file.size()) + " bytes, more than the " + std::to_string(limit) + " such a file may have");
  std::string text(static_cast<size_t>(file.size()), '\0');
  file.read(0, file.size(), text.data());
  return text;
}

}  // namespace oag::files
