// The arrows between the rooms of native/cpp/src and native/cuda, as docs/architecture.md draws them: who may include whom.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace {

const std::string sources = OAG_SOURCES, cuda_sources = OAG_CUDA_SOURCES;

// A file may include headers whose path begins with one of these. The first rule that fits the file's path counts.
struct Rule {
  const char* files;
  std::vector<std::string> may_include;
};
const std::vector<Rule> rules = {
    {"core/", {"core/"}},
    {"files/", {"files/", "core/"}},
    {"image/", {"image/", "core/"}},
    {"ops/", {"ops/", "core/"}},
    {"host/kernels/", {"host/kernels/", "core/activation.h", "core/precision.h"}},
    {"host/", {"host/", "core/", "ops/"}},
    {"search/kernels/", {"search/kernels/", "host/kernels/"}},
    {"search/", {"search/", "core/", "files/"}},
    {"models/", {"models/", "core/", "ops/", "files/"}},
    {"runtime/diagnostics.cpp", {"runtime/", "core/", "files/", "image/", "models/", "ops/", "host/", "openautoglm.h"}},
    {"runtime/plugin_abi.h", {}},
    {"runtime/", {"runtime/", "core/", "files/", "image/", "models/", "ops/", "host/"}},
    {"c_api/", {"c_api/", "runtime/", "search/", "core/", "files/", "image/", "models/", "ops/", "host/", "openautoglm.h"}},
};

// native/cuda: a kernel knows the door to the device and nothing else, and both sides of the door are strangers.
const std::vector<Rule> cuda_rules = {
    {"simt/device/", {"simt/device/"}},
    {"simt/emulator/", {"simt/emulator/"}},
    {"simt/simt.h", {"simt/device/", "simt/emulator/"}},
    {"simt/sm90.h", {"simt/simt.h", "simt/device/", "simt/emulator/"}},
    {"simt/conformance/", {"simt/simt.h", "simt/conformance/"}},
    {"kernels/", {"kernels/", "simt/simt.h", "simt/sm90.h"}},
};

// Headers between quotes, or between angle brackets.
std::vector<std::string> includes(std::istream& file, char opening, char closing) {
  std::vector<std::string> found;
  for (std::string line; std::getline(file, line);) {
    const size_t hash = line.find_first_not_of(" \t");
    if (hash == std::string::npos || line[hash] != '#') continue;
    const size_t word = line.find_first_not_of(" \t", hash + 1);
    if (word == std::string::npos || line.compare(word, 7, "include") != 0) continue;
    const size_t open = line.find(opening, word), close = line.find(closing, open + 1);
    if (open != std::string::npos && close != std::string::npos) found.push_back(line.substr(open + 1, close - open - 1));
  }
  return found;
}

// Empty when the file may include the header; else why not.
std::string fault(const std::string& file, const std::string& header, const std::vector<Rule>& of = rules) {
  for (const Rule& rule : of) {
    if (file.rfind(rule.files, 0) != 0) continue;
    for (const std::string& allowed : rule.may_include)
      if (header.rfind(allowed, 0) == 0) return "";
    return file + " includes " + header;
  }
  return file + " is in no known room: add its arrows here";
}

std::map<std::string, std::vector<std::string>> all_includes(const std::string& root = sources, char opening = '"', char closing = '"') {
  std::map<std::string, std::vector<std::string>> all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    const std::string suffix = entry.path().extension();
    if (!entry.is_regular_file() || (suffix != ".h" && suffix != ".cpp" && suffix != ".c" && suffix != ".inc" && suffix != ".cu")) continue;
    std::ifstream file(entry.path());
    all[std::filesystem::relative(entry.path(), root).generic_string()] = includes(file, opening, closing);
  }
  return all;
}

bool is_test(const std::string& file) { return file.rfind("tests/", 0) == 0; }

}  // namespace

TEST_CASE("includes go along the arrows alone") {
  const auto all = all_includes();
  CHECK(all.size() > 60);
  size_t seen = 0;
  for (const auto& [file, headers] : all)
    for (const std::string& header : headers) {
      CHECK(fault(file, header) == "");
      seen++;
    }
  CHECK(seen > 200);
}

TEST_CASE("every included header of ours is there, by its path from src/") {
  for (const auto& [file, headers] : all_includes())
    for (const std::string& header : headers) {
      CAPTURE(file);
      CAPTURE(header);
      CHECK((header == "openautoglm.h" || std::filesystem::exists(sources + "/" + header)));
    }
}

TEST_CASE("kernels reach the device through their door alone") {
  size_t seen = 0;
  for (const auto& [file, headers] : all_includes(cuda_sources)) {
    if (is_test(file)) continue;
    for (const std::string& header : headers) {
      CHECK(fault(file, header, cuda_rules) == "");
      CHECK(std::filesystem::exists(cuda_sources + "/" + header));
      seen++;
    }
  }
  CHECK(seen > 40);
  for (const auto& [file, headers] : all_includes(cuda_sources, '<', '>')) {
    if (is_test(file) || file.rfind("simt/device/", 0) == 0) continue;
    for (const std::string& header : headers) {
      CAPTURE(file);
      CAPTURE(header);
      CHECK(header.find("cuda") == std::string::npos);
      CHECK(header.find("jni") == std::string::npos);
    }
  }
}

TEST_CASE("wrong arrows are seen") {
  CHECK(fault("core/shape.h", "files/file.h") != "");
  CHECK(fault("ops/ops.cpp", "host/pass.h") != "");
  CHECK(fault("models/clip.cpp", "host/isa.h") != "");
  CHECK(fault("models/clip.cpp", "runtime/model.h") != "");
  CHECK(fault("host/kernels/reference.cpp", "core/error.h") != "");
  CHECK(fault("host/pass.cpp", "runtime/thread_pool.h") != "");
  CHECK(fault("runtime/model.cpp", "c_api/handles.h") != "");
  CHECK(fault("runtime/model.cpp", "openautoglm.h") != "");
  CHECK(fault("runtime/plugin_abi.h", "core/error.h") != "");
  CHECK(fault("search/store.cpp", "runtime/runtime.h") != "");
  CHECK(fault("search/kernels/scores_simd.h", "core/error.h") != "");
  CHECK(fault("host/pass.cpp", "search/top_k.h") != "");
  CHECK(fault("attic/old.cpp", "core/error.h") != "");
  CHECK(fault("c_api/handles.h", "openautoglm.h") == "");
  CHECK(fault("kernels/rows.h", "simt/emulator/block.h", cuda_rules) != "");
  CHECK(fault("kernels/rows.h", "core/error.h", cuda_rules) != "");
  CHECK(fault("simt/device/device.h", "simt/emulator/block.h", cuda_rules) != "");
  CHECK(fault("kernels/rows.h", "simt/simt.h", cuda_rules) == "");
}

TEST_CASE("every header has its guard") {
  for (const auto& [file, headers] : all_includes()) {
    if (std::filesystem::path(file).extension() != ".h") continue;
    std::ifstream in(sources + "/" + file);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    CAPTURE(file);
    CHECK((text.find("#pragma once") != std::string::npos || text.find("#ifndef OAG_") != std::string::npos));
  }
}
