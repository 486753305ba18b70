#include "files/output.h"

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "core/error.h"

namespace oag::files {
namespace {

[[noreturn]] void give_up(const std::string& path, const char* what) {
  throw Error(Status::io, path + ": " + what + ": " + std::strerror(errno));
}

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

OutputFile::OutputFile(std::string path) : path_(std::move(path)) {
  descriptor_ = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
  if (descriptor_ < 0) give_up(path_, "cannot be opened for writing");
  struct stat status;
  if (fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
    close(descriptor_);
    throw Error(Status::io, path_ + ": is not a regular file");
  }
  if (flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    const bool held = errno == EWOULDBLOCK;
    close(descriptor_);
    if (held) throw Error(Status::io, path_ + ": is being written by another process: wait for it, or end it");
    give_up(path_, "cannot be locked");
  }
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

int64_t OutputFile::size() const {
  struct stat status;
  if (fstat(descriptor_, &status) != 0) give_up(path_, "has no size");
  return status.st_size;
}

void OutputFile::write(int64_t offset, const void* data, int64_t count) {
  const auto* from = static_cast<const char*>(data);
  while (count > 0) {
    const ssize_t done = pwrite(descriptor_, from, static_cast<size_t>(count), offset);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) give_up(path_, "cannot be written");
    from += done;
    offset += done;
    count -= done;
  }
}

void OutputFile::truncate(int64_t size) {
  if (ftruncate(descriptor_, size) != 0) give_up(path_, "cannot be cut to its length");
}

void OutputFile::sync() {
  if (fsync(descriptor_) != 0) give_up(path_, "cannot be brought to the disk");
}

void OutputFile::rename_to(const std::string& target) {
  struct stat status;
  if (stat(target.c_str(), &status) == 0) fchmod(descriptor_, status.st_mode & 07777);  // who could read the old may read the new
  sync();
  if (rename(path_.c_str(), target.c_str()) != 0) give_up(target, "cannot be replaced");
  path_ = target;
  sync_folder_of(target);
}

bool OutputFile::is_in_place() const {
  struct stat own, there;
  return fstat(descriptor_, &own) == 0 && stat(path_.c_str(), &there) == 0 && own.st_dev == there.st_dev && own.st_ino == there.st_ino;
}

std::string resolve_target(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) return path;
  if (!S_ISREG(status.st_mode)) throw Error(Status::io, path + ": is not a regular file");
  char* const resolved = realpath(path.c_str(), nullptr);
  if (!resolved) give_up(path, "cannot be resolved");
  std::string target = resolved;
  std::free(resolved);
  return target;
}

void sync_folder_of(const std::string& path) {
  const std::string folder = folder_of(path);
  const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) give_up(folder, "cannot be opened");
  const bool done = fsync(descriptor) == 0 || errno == EINVAL;  // some file systems cannot sync a folder, and need not
  close(descriptor);
  if (!done) give_up(folder, "cannot be brought to the disk");
}

}  // namespace oag::files
