#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "files/file.h"
#include "runtime/accuracy_cache.h"
#include "support/environment.h"
#include "support/temp_folder.h"

using namespace oag;
using namespace oag::test;

namespace {

const AccuracyKey key{"0123abcd", "host avx2 avx2 fma", "0.1.0, samples 1", Precision::int8};
const MeasuredPrecision measured{{TowerAccuracy{0.991, 0.995, 0.3}, TowerAccuracy{1.0 / 3, 0.5, -0.25}}, {"text.block.0.mlp.down", "a \"quoted\" role"}, Precision::bf16, 0.875};

void write(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

}  // namespace

TEST_CASE("what is stored is found again, to the bit, and by nobody else") {
  const TempFolder folder;
  const AccuracyCache cache(folder.path() + "/made/when/needed");
  CHECK(!cache.find(key));
  cache.store(key, measured);
  REQUIRE(cache.find(key));
  CHECK(*cache.find(key) == measured);
  for (int change = 0; change < 4; change++) {
    AccuracyKey other = key;
    if (change == 0) other.model_hash += "0";
    if (change == 1) other.device += " avx512bf16";
    if (change == 2) other.version = "0.1.1, samples 1";
    if (change == 3) other.precision = Precision::bf16;
    CHECK(!cache.find(other));
    // Even under the other's name: what a file says of itself counts.
    std::filesystem::copy_file(cache.file(key), cache.file(other));
    CHECK(!cache.find(other));
  }
  MeasuredPrecision towerless = measured;
  towerless.accuracy.texts.reset();
  cache.store(key, towerless);
  CHECK(*cache.find(key) == towerless);
}

TEST_CASE("a damaged file is as none, and is replaced") {
  const TempFolder folder;
  const AccuracyCache cache(folder.path());
  cache.store(key, measured);
  const std::string whole = files::read_text(cache.file(key), 1 << 20);
  for (size_t length = 0; length + 2 < whole.size(); length++) {
    write(cache.file(key), whole.substr(0, length));
    CHECK(!cache.find(key));
  }
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = whole;
    const size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
  };
  for (const std::string& text : {with("0.991", "1.5"), with("0.991", "\"0.991\""), with("0.991", "1e999"), with("\"bf16\"", "\"int8\""), with("\"bf16\"", "\"fp4\""), with("\"kept\"", "\"left\""), with("0.875", "null"),
                                  with("\"least\"", "\"most\""), with("\"images\"", "\"pictures\"").substr(0, whole.size() / 2), std::string("[]"), std::string("null"),
                                  std::string(200, '['), std::string("\xff\xfe")}) {
    CAPTURE(text);
    write(cache.file(key), text);
    CHECK(!cache.find(key));
  }
  cache.store(key, measured);
  CHECK(*cache.find(key) == measured);
}

TEST_CASE("a folder that cannot be used is no error") {
  const TempFolder folder;
  write(folder.path() + "/file", "not a folder");
  for (const std::string& path : {folder.path() + "/file", std::string("/proc/nowhere"), std::string()}) {
    const AccuracyCache cache(path);
    CHECK_NOTHROW(cache.store(key, measured));
    CHECK(!cache.find(key));
  }
  // A folder where the file should be.
  const AccuracyCache cache(folder.path());
  std::filesystem::create_directories(cache.file(key));
  CHECK_NOTHROW(cache.store(key, measured));
  CHECK(!cache.find(key));
  for (const auto& entry : std::filesystem::directory_iterator(folder.path() + "/accuracy")) CHECK(entry.path().extension() != ".tmp");
}

TEST_CASE("many at once see all of a measurement or nothing, and leave no temporary file") {
  const TempFolder folder;
  std::atomic<int> wrong{0}, found{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; t++)
    threads.emplace_back([&, t] {
      const AccuracyCache cache(folder.path());
      for (int i = 0; i < 50; i++) {
        if (t % 2) cache.store(key, measured);
        else if (const auto seen = cache.find(key)) found++, wrong += *seen != measured;
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(AccuracyCache(folder.path()).find(key));
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path() + "/accuracy")) files += entry.is_regular_file();
  CHECK(files == 1);
}

TEST_CASE("the default folder follows the XDG specification") {
  const Environment home("HOME", "/home/somebody");
  {
    const Environment xdg("XDG_CACHE_HOME", "/var/cache/somebody");
    CHECK(default_cache_folder() == "/var/cache/somebody/openautoglm");
  }
  for (const char* nothing : {"", "relative/is/ignored"}) {
    const Environment xdg("XDG_CACHE_HOME", nothing);
    CHECK(default_cache_folder() == "/home/somebody/.cache/openautoglm");
  }
  const Environment xdg("XDG_CACHE_HOME", "");
  const Environment nowhere("HOME", "");
  CHECK(default_cache_folder() == "");
}
