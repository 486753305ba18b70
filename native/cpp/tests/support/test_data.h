// Where the files of testdata/ lie.
#pragma once

#include <string>

namespace oag::test {

// The full path of a file or folder below testdata/: test_data("models/tiny-clip").
std::string test_data(const std::string& path);

}  // namespace oag::test
