// Close waits for the calls in progress.
#include <atomic>
#include <chrono>
#include <thread>

#include "c_api/api.h"
#include "c_api/handles.h"
#include "support/machine.h"

using namespace oag;
using namespace oag::test;

namespace {

// On a loaded machine a call may be over before it is seen, time after time: what is tried again ends after a minute.
class Patience {
 public:
  bool is_over() const { return std::chrono::steady_clock::now() - began_ > std::chrono::minutes(1); }

 private:
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

// Waits until a call in another thread is inside, when it holds the handle's lock, shared, or is over; tells whether it was seen inside. Does not yield:
// on a loaded machine the call would be over before this thread runs again.
template <class Handle>
bool seen_inside(const Handle& handle, const std::atomic<bool>& over) {
  while (!over && handle.calls.try_lock()) handle.calls.unlock();
  return !over;
}

// Closes in another thread while a call is held open here, and lets go.
template <class Handle>
bool close_waits(Handle* handle, void (*close)(Handle*)) {
  std::atomic<bool> closed{false};
  std::shared_lock call(handle->calls);
  std::thread closer([&] {
    close(handle);
    closed = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  const bool waited = !closed;
  call.unlock();
  closer.join();
  return waited && closed;
}

}  // namespace

TEST_CASE("close waits for a call on its handle") {
  Api api;
  CHECK(close_waits(api.model, oag_model_close));
  api.model = nullptr;
  CHECK(close_waits(api.runtime, oag_runtime_close));
  api.runtime = nullptr;
}

TEST_CASE("a call that runs while its model is closed ends as if it had not been") {
  bool closed_inside = false;
  for (const Patience patience; !closed_inside && !patience.is_over();) {
    Api api;
    oag_model* const model = api.model;
    api.model = nullptr;
    const std::vector<oag_image> images(on_slow_machine<size_t>(40, 300), api.picture(0));
    std::vector<float> rows(images.size() * api.width);
    std::atomic<bool> over{false};
    oag_status status = OAG_INTERNAL;
    std::thread caller([&] {
      status = oag_encode_images(model, images.data(), images.size(), rows.data(), rows.size(), nullptr, nullptr, 0);
      over = true;
    });
    closed_inside = seen_inside(*model, over);
    oag_model_close(model);
    caller.join();
    CHECK(status == OAG_OK);
    CHECK(least_cosine(rows, Matrix(images.size(), api.golden.image_embeddings[0])) > 0.99999);
  }
  CHECK(closed_inside);
}

TEST_CASE("a model that loads while its runtime is closed is loaded, and works") {
  const Golden golden = load_golden("tiny-clip");
  bool closed_inside = false;
  for (const Patience patience; !closed_inside && !patience.is_over();) {
    oag_runtime* runtime = nullptr;
    oag_model* model = nullptr;
    REQUIRE(oag_runtime_create(nullptr, &runtime, nullptr, 0) == OAG_OK);
    std::atomic<bool> over{false};
    oag_status status = OAG_INTERNAL;
    std::thread loader([&] {
      status = oag_model_load(runtime, golden.folder.c_str(), nullptr, &model, nullptr, 0);
      over = true;
    });
    closed_inside = seen_inside(*runtime, over);
    oag_runtime_close(runtime);
    loader.join();
    REQUIRE(status == OAG_OK);
    const int32_t id = 1;
    const int64_t offsets[2] = {0, 1};
    float row[64];
    CHECK(oag_encode_texts(model, &id, offsets, 1, row, 64, nullptr, 0) == OAG_OK);
    oag_model_close(model);
  }
  CHECK(closed_inside);
}
