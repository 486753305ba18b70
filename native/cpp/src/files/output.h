// Writing files so that a crash leaves the old or the new, and errors name the file.
#pragma once

#include <cstdint>
#include <string>

namespace oag::files {

// An open file that this process alone may write to, by the lock on it. Closed by the destructor.
class OutputFile {
 public:
  // Opens `path`, or makes it. Error(io): it cannot be opened, is no regular file, or another process (or another OutputFile) has it open so.
  explicit OutputFile(std::string path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  const std::string& path() const { return path_; }
  int64_t size() const;

  void write(int64_t offset, const void* data, int64_t count);
  void truncate(int64_t size);
  // What was written is on the disk when it returns.
  void sync();
  // Takes the place of `target`, atomically; the folder, too, is on the disk when it returns.
  void rename_to(const std::string& target);
  // Whether the file at path() still is this one.
  bool is_in_place() const;

 private:
  std::string path_;
  int descriptor_ = -1;
};

// Where writing to `path` would lead: links are followed. Error(io) when there is something that is no regular file.
std::string resolve_target(const std::string& path);
// The names in the folder of `path` are on the disk when it returns.
void sync_folder_of(const std::string& path);

}  // namespace oag::files
