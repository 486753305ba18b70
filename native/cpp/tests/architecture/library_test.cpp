// What the library asks of a machine, and what it shows to a program.
#include <doctest/doctest.h>

#include <cstdio>
#include <regex>

#include "architecture/shared_library.h"
#include "support/golden.h"

using namespace oag::test;

namespace {

SharedLibrary library() { return read_shared_library(read_bytes(OAG_LIBRARY)); }

// The functions that the public header declares.
std::set<std::string> declared() {
  const std::vector<uint8_t> bytes = read_bytes(OAG_HEADER);
  const std::string text(bytes.begin(), bytes.end());
  const std::regex function("OAG_API\\s[^;(]*?\\b(oag_\\w+)\\(");
  std::set<std::string> names;
  for (std::sregex_iterator at(text.begin(), text.end(), function), end; at != end; ++at) names.insert((*at)[1]);
  return names;
}

}  // namespace

TEST_CASE("exactly the functions of the header are exported") {
  const std::set<std::string> names = declared();
  CHECK(names.count("oag_runtime_create") == 1);
  CHECK(names.size() >= 13);
  CHECK(library().exported == names);
}

#ifndef OAG_SANITIZED  // a sanitizer brings libraries of its own

TEST_CASE("no library is needed beside libc's own and libgcc") {
  const std::set<std::string> known{"libc.so.6", "libm.so.6", "libgcc_s.so.1", "libpthread.so.0", "libdl.so.2", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"};
  const SharedLibrary ours = library();
  CHECK(ours.needed.count("libc.so.6") == 1);
  // Two copies of the unwinder abort when an exception meets the other's frames.
  CHECK(ours.needed.count("libgcc_s.so.1") == 1);
  for (const std::string& name : ours.needed) {
    CAPTURE(name);
    CHECK(known.count(name) == 1);
  }
}

TEST_CASE("nothing is needed that came after glibc 2.34, or from a C++ library") {
  int glibc = 0;
  for (const std::string& version : library().versions) {
    CAPTURE(version);
    int major = 0, minor = 0;
    if (std::sscanf(version.c_str(), "GLIBC_%d.%d", &major, &minor) == 2) {
      glibc++;
      CHECK((major == 2 && minor <= 34));
    } else {
      CHECK(version.rfind("GCC_", 0) == 0);
    }
  }
  CHECK(glibc > 0);
}

#endif

TEST_CASE("a file that is cut or no library is not read as an empty one") {
  CHECK_THROWS(read_shared_library({}));
  CHECK_THROWS(read_shared_library(std::vector<uint8_t>(4096, 0x7f)));
  std::vector<uint8_t> cut = read_bytes(OAG_LIBRARY);
  cut.resize(cut.size() / 2);
  CHECK_THROWS(read_shared_library(cut));
}
