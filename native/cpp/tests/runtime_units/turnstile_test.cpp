#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "runtime/turnstile.h"
#include "runtime/workspaces.h"

using namespace oag;

namespace {

// Makes workspaces that count themselves.
class CountingExecutor final : public Executor {
 public:
  std::string precision_refusal(Precision) const override { return ""; }
  std::unique_ptr<Weights> prepare(const ParameterList&, const ParameterSource&, const PrecisionPlan&) override { return nullptr; }
  std::unique_ptr<Pass> begin(const ParameterList&, const Weights&, const Recording&, const Bindings&, Workspace&) override { return nullptr; }
  std::unique_ptr<Workspace> create_workspace() override {
    struct Hundred final : Workspace {
      int64_t bytes() const override { return 100; }
    };
    if (fail) throw std::runtime_error("no workspace");
    created++;
    return std::make_unique<Hundred>();
  }
  std::atomic<int> created{0};
  bool fail = false;
};

// A condition names the mistake, too: a test that waited for the right thing alone would hang where it should fail.
template <class Condition>
void wait_until(Condition condition) {
  while (!condition()) std::this_thread::yield();
}

}  // namespace

TEST_CASE("no more than the capacity is ever held") {
  Turnstile turnstile(10);
  std::atomic<int64_t> held{0};
  std::atomic<int> over{0};
  std::vector<std::thread> callers;
  for (int c = 0; c < 8; c++)
    callers.emplace_back([&, c] {
      for (int round = 0; round < 200; round++) {
        const int64_t units = 1 + (round * 3 + c) % 10;
        const Turnstile::Held some(turnstile, units);
        if (held.fetch_add(units) + units > 10) over++;
        held.fetch_sub(units);
      }
    });
  for (std::thread& caller : callers) caller.join();
  CHECK(over == 0);
}

TEST_CASE("who asks for more than there is gets all, alone") {
  Turnstile turnstile(10);
  std::atomic<int> entered{0};
  std::thread other;
  {
    const Turnstile::Held all(turnstile, 1'000'000);
    other = std::thread([&] {
      const Turnstile::Held one(turnstile, 1);
      entered++;
    });
    wait_until([&] { return turnstile.waiting() == 1 || entered > 0; });
    CHECK(entered == 0);
  }
  other.join();
  CHECK(entered == 1);
  const Turnstile::Held all_again(turnstile, 10);  // hangs when units were not given back
}

TEST_CASE("a large request is not overtaken by small ones that come later") {
  Turnstile turnstile(10);
  auto first = std::make_unique<Turnstile::Held>(turnstile, 5);
  std::vector<int> order;
  std::mutex order_mutex;
  const auto enter = [&](int64_t units, int name) {
    const Turnstile::Held some(turnstile, units);
    const std::lock_guard lock(order_mutex);
    order.push_back(name);
  };
  const auto nobody_entered = [&] {
    const std::lock_guard lock(order_mutex);
    return order.empty();
  };
  std::thread large(enter, 8, 1);  // waits for the five
  wait_until([&] { return turnstile.waiting() == 1 || !nobody_entered(); });
  std::thread small(enter, 3, 2);  // would fit now, but came later; the two do not fit together, so one is written down first
  wait_until([&] { return turnstile.waiting() == 2 || !nobody_entered(); });
  CHECK(nobody_entered());
  first.reset();
  large.join();
  small.join();
  CHECK(order == std::vector<int>{1, 2});
}

TEST_CASE("workspaces are made when they are needed, used again, and never more than the limit") {
  CountingExecutor executor;
  Workspaces workspaces(executor, 3);
  {
    const Workspaces::Lease one(workspaces);
    const Workspaces::Lease two(workspaces);
    CHECK(&*one != &*two);
    CHECK(workspaces.idle_bytes() == 0);
  }
  CHECK(workspaces.idle_bytes() == 200);
  std::atomic<int> inside{0}, most{0};
  std::vector<std::thread> callers;
  for (int c = 0; c < 8; c++)
    callers.emplace_back([&] {
      for (int round = 0; round < 100; round++) {
        const Workspaces::Lease lease(workspaces);
        const int now = ++inside;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        inside--;
      }
    });
  for (std::thread& caller : callers) caller.join();
  CHECK(most <= 3);
  CHECK(executor.created <= 3);
  CHECK(workspaces.idle_bytes() == 100 * executor.created);
}

TEST_CASE("a workspace that could not be made leaves its place to the next caller") {
  CountingExecutor executor;
  Workspaces workspaces(executor, 1);
  executor.fail = true;
  for (int i = 0; i < 3; i++) CHECK_THROWS_AS(Workspaces::Lease{workspaces}, std::runtime_error);
  executor.fail = false;
  const Workspaces::Lease lease(workspaces);  // hangs when the place was lost
  CHECK((*lease).bytes() == 100);
}
