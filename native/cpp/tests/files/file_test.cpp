#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

#include "files/file.h"
#include "support/refusal.h"
#include "support/temp_folder.h"

using namespace oag;
using namespace oag::files;
using namespace oag::test;

TEST_CASE("a file is read by position") {
  const TempFolder folder;
  const File file(folder.write("a", "0123456789"));
  CHECK(file.size() == 10);
  char some[4] = "";
  file.read(5, 3, some);
  CHECK(std::string(some) == "567");
  CHECK(wrong_refusal(Status::io, {file.path(), "ends at byte 10"}, [&] { file.read(8, 3, some); }) == "");
}

TEST_CASE("what is no regular file is refused, and a named pipe does not hang") {
  const TempFolder folder;
  CHECK(wrong_refusal(Status::io, {folder.file("none"), "cannot be opened", "No such file"}, [&] { File{folder.file("none")}; }) == "");
  CHECK(wrong_refusal(Status::io, {folder.path(), "not a regular file"}, [&] { File{folder.path()}; }) == "");
  REQUIRE(mkfifo(folder.file("pipe").c_str(), 0600) == 0);
  CHECK(wrong_refusal(Status::io, {"pipe", "not a regular file"}, [&] { File{folder.file("pipe")}; }) == "");
  CHECK(wrong_refusal(Status::io, {"/dev/null", "not a regular file"}, [] { File{"/dev/null"}; }) == "");
}

TEST_CASE("a moved file is closed once, and by its new owner") {
  const TempFolder folder;
  File first(folder.write("a", "abc"));
  const File second(std::move(first));
  char byte;
  second.read(2, 1, &byte);
  CHECK(byte == 'c');
}

TEST_CASE("a text has a limit") {
  const TempFolder folder;
  const std::string path = folder.write("a", "0123456789");
  CHECK(read_text(path, 10) == "0123456789");
  CHECK(wrong_refusal(Status::bad_model, {path, "has 10 bytes, more than the 9"}, [&] { read_text(path, 9); }) == "");
}
