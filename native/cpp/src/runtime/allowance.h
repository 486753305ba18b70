// A number of things that may be there at once, for those who can do without.
#pragma once

#include <atomic>

namespace oag {

class Allowance {
 public:
  explicit Allowance(int count) : free_(count) {}

  // One of them, or none: it never waits.
  class Held {
   public:
    explicit Held(Allowance& allowance) : allowance_(allowance), one_(allowance.free_.fetch_sub(1) > 0) {
      if (!one_) allowance_.free_.fetch_add(1);
    }
    ~Held() {
      if (one_) allowance_.free_.fetch_add(1);
    }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    explicit operator bool() const { return one_; }

   private:
    Allowance& allowance_;
    const bool one_;
  };

 private:
  std::atomic<int> free_;
};

}  // namespace oag
