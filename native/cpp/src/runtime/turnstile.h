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
    return waiting_;
  }

 private:
  // On the stack of who waits. Each has its own signal: giving back wakes those that may go on, and not all.
  struct Waiter {
    int64_t units;
    Waiter* next = nullptr;
    bool served = false;
    std::condition_variable signal;
  };

  int64_t take(int64_t units) {
    units = std::min(units, capacity_);
    std::unique_lock lock(mutex_);
    if (!first_ && free_ >= units) {
      free_ -= units;
      return units;
    }
    Waiter self{.units = units, .signal = {}};
    (first_ ? last_->next : first_) = &self;
    last_ = &self;
    waiting_++;
    self.signal.wait(lock, [&] { return self.served; });
    return units;
  }

  void give(int64_t units) {
    const std::lock_guard lock(mutex_);
    free_ += units;
    while (first_ && free_ >= first_->units) {
      Waiter& served = *first_;
      first_ = served.next;
      free_ -= served.units;
      waiting_--;
      served.served = true;
      served.signal.notify_one();  // with the mutex held: the waiter is gone as soon as it sees `served`
    }
  }

  const int64_t capacity_;
  mutable std::mutex mutex_;
  int64_t free_;
  int64_t waiting_ = 0;
  Waiter* first_ = nullptr;  // has waited longest
  Waiter* last_ = nullptr;   // where there is a first
};

}  // namespace oag
