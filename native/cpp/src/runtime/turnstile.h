// Bounds on what may be in use at once, first come, first served.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace oag {

// `capacity` units. A caller takes some, waiting in order until they are free, and gives them back. Who asks for more than there are gets all.
class Turnstile {
 public:
  explicit Turnstile(int64_t capacity) : capacity_(capacity), free_(capacity) {}

  class Held {
   public:
    Held(Turnstile& turnstile, int64_t units) : turnstile_(turnstile), units_(turnstile.take(units)) {}
    ~Held() { turnstile_.give(units_); }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;

   private:
    Turnstile& turnstile_;
    int64_t units_;
  };

  // How many callers are in the queue.
  int64_t waiting() const {
    const std::lock_guard lock(mutex_);
    return static_cast<int64_t>(issued_ - served_);
  }

 private:
  int64_t take(int64_t units) {
    units = std::min(units, capacity_);
    std::unique_lock lock(mutex_);
    const uint64_t ticket = issued_++;
    changed_.wait(lock, [&] { return ticket == served_ && free_ >= units; });
    served_++;
    free_ -= units;
    changed_.notify_all();
    return units;
  }

  void give(int64_t units) {
    {
      const std::lock_guard lock(mutex_);
      free_ += units;
    }
    changed_.notify_all();
  }

  const int64_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  int64_t free_;
  uint64_t issued_ = 0, served_ = 0;
};

}  // namespace oag
