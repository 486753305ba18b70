// Reading files by position. Nothing is mapped: a file that is truncated or replaced under a mapping kills the process.
#pragma once

#include <cstdint>
#include <string>

namespace oag::files {

// A regular file open for reading; closed by the destructor. Any number of threads may read at once.
class File {
 public:
  explicit File(std::string path);  // Error(io): missing, unreadable, or not a regular file (a folder, a pipe)
  ~File();
  File(File&& other) noexcept;
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  File& operator=(File&&) = delete;

  const std::string& path() const { return path_; }
  int64_t size() const { return size_; }  // when it was opened

  // Reads exactly `count` bytes from `offset`; Error(io) when the file has fewer by now.
  void read(int64_t offset, int64_t count, void* out) const;

 private:
  std::string path_;
  int descriptor_ = -1;
  int64_t size_ = 0;
};

// Whether there is anything at all; a link that leads nowhere is nothing.
bool exists(const std::string& path);
bool is_regular_file(const std::string& path);
bool is_folder(const std::string& path);

// The whole file; Error(io), or Error(bad_model) when it is longer than `limit` bytes.
std::string read_text(const std::string& path, int64_t limit);

}  // namespace oag::files
