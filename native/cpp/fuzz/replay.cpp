// Runs a fuzz target on the files of a folder: how the corpora are replayed without a fuzzer.
//   NAME_replay FOLDER
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "a folder of inputs is expected\n");
    return 2;
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(arguments[1]))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto& path : files) {
    std::printf("%s\n", path.filename().c_str());
    std::fflush(stdout);  // the last name is that of the input that ends the program
    std::ifstream stream(path, std::ios::binary);
    const std::vector<char> read{std::istreambuf_iterator<char>(stream), {}};
    // On the heap in exactly its size: AddressSanitizer sees a read behind it.
    const std::vector<uint8_t> bytes(read.begin(), read.end());
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
  std::printf("%zu inputs\n", files.size());
  return files.size() < 10 ? 1 : 0;  // a corpus that is not there tests nothing
}
