// A system that gives no more threads. pthread_create of this program stands before libc's, and before a sanitizer's.
#include <atomic>
#include <cerrno>
#include <dlfcn.h>
#include <pthread.h>

#include "c_api/api.h"
#include "memory/failing_memory.h"

using namespace oag;
using namespace oag::test;

namespace {

constexpr int no_limit = 1 << 30;
std::atomic<int> threads_left{no_limit};

}  // namespace

extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*), void* argument) {
  using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static const auto real = reinterpret_cast<Create>(dlsym(RTLD_NEXT, "pthread_create"));
  if (threads_left.fetch_sub(1) <= 0) return EAGAIN;
  return real(thread, attributes, start, argument);
}

TEST_CASE("a runtime that gets some of its threads says how many, gives them back, and the next one gets all") {
  oag_runtime_options options{};
  options.struct_size = sizeof options;
  options.device = OAG_DEVICE_HOST;
  options.threads = 4;
  for (int given = 0; given < 3; given++) {
    CAPTURE(given);
    oag_runtime* runtime = reinterpret_cast<oag_runtime*>(8);
    char error[512] = "";
    const int64_t before = pieces_held();
    threads_left = given;
    const oag_status status = oag_runtime_create(&options, &runtime, error, sizeof error);
    threads_left = no_limit;
    CHECK(status == OAG_UNAVAILABLE);
    CHECK(runtime == nullptr);
    const std::string text = error;
    CHECK(text.find("the system gave " + std::to_string(given) + " of 3 worker threads") == 0);
    CHECK(text.find("fewer threads") != std::string::npos);
    CHECK(pieces_held() == before + static_cast<int64_t>(text.capacity() > 15));
    REQUIRE(oag_runtime_create(&options, &runtime, error, sizeof error) == OAG_OK);
    oag_runtime_close(runtime);
  }
}
