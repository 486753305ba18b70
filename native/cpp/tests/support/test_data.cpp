#include "support/test_data.h"

namespace oag::test {

std::string test_data(const std::string& path) { return std::string(OAG_TEST_DATA) + "/" + path; }

}  // namespace oag::test
