#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <memory>
#include <numeric>
#include <pthread.h>
#include <set>
#include <thread>

#include "runtime/thread_pool.h"
#include "runtime/turnstile.h"

using namespace oag;

namespace {

struct Refused {
  int64_t task;
};

// Runs `tasks` on the pool; every task once, and every slot held by one thread at a time. The first breach in words.
std::string fault(ThreadPool& pool, int64_t tasks) {
  std::vector<std::atomic<int>> done(static_cast<size_t>(tasks));
  std::array<std::atomic<int>, 16> holders{};
  std::atomic<int> shared_slot{0}, bad_slot{0};
  pool.run(tasks, [&](int64_t task, int slot) {
    if (slot < 0 || slot >= pool.threads()) {
      bad_slot++;
      return;
    }
    if (holders[static_cast<size_t>(slot)].fetch_add(1) != 0) shared_slot++;
    done[static_cast<size_t>(task)]++;
    holders[static_cast<size_t>(slot)].fetch_sub(1);
  });
  if (bad_slot) return "a slot outside [0, threads)";
  if (shared_slot) return "two threads in one slot";
  for (int64_t t = 0; t < tasks; t++)
    if (done[static_cast<size_t>(t)] != 1) return "task " + std::to_string(t) + " ran " + std::to_string(done[static_cast<size_t>(t)]) + " times";
  return "";
}

}  // namespace

TEST_CASE("every task runs once, whatever the threads and tasks") {
  for (int threads : {1, 2, 3, 5, 8}) {
    ThreadPool pool(threads);
    CHECK(pool.threads() == threads);
    for (int64_t tasks : {0, 1, 2, 3, 7, 64, 1000}) {
      CAPTURE(threads);
      CAPTURE(tasks);
      CHECK(fault(pool, tasks) == "");
    }
  }
}

TEST_CASE("what a body writes is seen by the caller when run returns") {
  ThreadPool pool(4);
  for (int round = 0; round < 200; round++) {
    std::vector<int64_t> plain(100);  // not atomic: the pool must order it
    pool.run(100, [&](int64_t task, int) { plain[static_cast<size_t>(task)] = task + round; });
    CHECK(std::accumulate(plain.begin(), plain.end(), int64_t{0}) == 4950 + 100 * round);
  }
}

TEST_CASE("many callers at once each get their own tasks done") {
  ThreadPool pool(3);
  std::atomic<int> faults{0};
  std::vector<std::thread> callers;
  for (int c = 0; c < 8; c++)
    callers.emplace_back([&, c] {
      for (int round = 0; round < 150; round++)
        if (!fault(pool, 1 + (round * 7 + c) % 40).empty()) faults++;
    });
  for (std::thread& caller : callers) caller.join();
  CHECK(faults == 0);
}

TEST_CASE("an exception of a body reaches its caller alone, and the pool goes on") {
  ThreadPool pool(4);
  std::atomic<int> wrong{0}, caught{0};
  std::vector<std::thread> callers;
  for (int c = 0; c < 4; c++)
    callers.emplace_back([&, c] {
      for (int round = 0; round < 100; round++) {
        const bool throws = (round + c) % 2 == 0;
        try {
          pool.run(50, [&](int64_t task, int) {
            if (throws && task % 10 == 3) throw Refused{task};
          });
          if (throws) wrong++;
        } catch (const Refused& e) {
          if (!throws || e.task % 10 != 3) wrong++;
          caught++;
        }
      }
    });
  for (std::thread& caller : callers) caller.join();
  CHECK(wrong == 0);
  CHECK(caught == 200);
  CHECK(fault(pool, 1000) == "");
}

TEST_CASE("an exception of the only task, and of the only thread, reaches the caller too") {
  for (int threads : {1, 4}) {
    ThreadPool pool(threads);
    CHECK_THROWS_AS(pool.run(1, [](int64_t task, int) { throw Refused{task}; }), Refused);
    CHECK_THROWS_AS(pool.run(9, [](int64_t task, int) { throw Refused{task}; }), Refused);
  }
}

TEST_CASE("after an exception no body is running any more") {
  ThreadPool pool(4);
  for (int round = 0; round < 50; round++) {
    std::atomic<int> inside{0};
    try {
      pool.run(64, [&](int64_t task, int) {
        inside++;
        if (task == 5) {
          inside--;
          throw Refused{task};
        }
        std::this_thread::yield();
        inside--;
      });
    } catch (const Refused&) {
    }
    CHECK(inside == 0);
  }
}

TEST_CASE("a body may itself run tasks") {
  ThreadPool pool(3);
  std::atomic<int> sum{0};
  pool.run(10, [&](int64_t, int) { pool.run(20, [&](int64_t task, int) { sum += static_cast<int>(task); }); });
  CHECK(sum == 10 * 190);
}

TEST_CASE("workers share a call's work: a task that waits for another one is not alone") {
  ThreadPool pool(2);
  std::atomic<int> arrived{0};
  pool.run(2, [&](int64_t, int) {
    arrived++;
    while (arrived < 2) std::this_thread::yield();  // hangs where one thread does both
  });
  CHECK(arrived == 2);
}

TEST_CASE("threads that work on one call at the same time have different slots") {
  ThreadPool pool(4);
  for (int round = 0; round < 20; round++) {
    std::array<std::atomic<int>, 4> holders{};
    std::atomic<int> arrived{0};
    pool.run(4, [&](int64_t, int slot) {
      holders.at(static_cast<size_t>(slot))++;
      arrived++;
      while (arrived < 4) std::this_thread::yield();
    });
    for (const auto& count : holders) CHECK(count == 1);
  }
}

TEST_CASE("a pool that slept wakes up") {
  ThreadPool pool(3);
  for (int round = 0; round < 3; round++) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // longer than workers spin
    std::atomic<int> arrived{0};
    pool.run(3, [&](int64_t, int) {
      arrived++;
      while (arrived < 3) std::this_thread::yield();
    });
    CHECK(arrived == 3);
  }
}

TEST_CASE("pools come and go, used or not") {
  for (int round = 0; round < 30; round++) {
    ThreadPool unused(4);
    ThreadPool used(3);
    used.run(5, [](int64_t, int) {});
  }
}

TEST_CASE("workers leave the process's signals to others") {
  ThreadPool pool(2);
  std::atomic<int> arrived{0}, workers{0}, open{0};
  const pthread_t caller = pthread_self();
  pool.run(2, [&](int64_t, int) {
    arrived++;
    while (arrived < 2) std::this_thread::yield();
    if (pthread_equal(pthread_self(), caller)) return;
    workers++;
    sigset_t blocked;
    pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    for (int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGQUIT, SIGCHLD})
      if (!sigismember(&blocked, signal)) open++;
    for (int fault_signal : {SIGSEGV, SIGBUS, SIGFPE})
      if (sigismember(&blocked, fault_signal)) open++;
  });
  CHECK(workers == 1);
  CHECK(open == 0);
  sigset_t mine;
  pthread_sigmask(SIG_SETMASK, nullptr, &mine);
  CHECK_FALSE(sigismember(&mine, SIGTERM));
}

TEST_CASE("with as many busy callers as threads each does its own work; a worker comes back when one of them goes") {
  ThreadPool pool(2);
  std::atomic<int> by_workers{0};
  const auto count = [&](int64_t, int slot) { by_workers += slot != 0; };
  {
    const Parallel::Busy first(pool), second(pool);
    for (int round = 0; round < 200; round++) pool.run(20, count);
    CHECK(by_workers == 0);
  }
  // A long job that began when there was no worker for it gets one.
  auto other = std::make_unique<Parallel::Busy>(pool);
  const Parallel::Busy own(pool);
  std::atomic<int> arrived{0};
  std::thread leaves([&] {
    while (arrived == 0) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // the worker sleeps by now
    other.reset();
  });
  pool.run(2, [&](int64_t, int) {
    arrived++;
    while (arrived < 2) std::this_thread::yield();  // hangs where no worker comes
  });
  leaves.join();
  CHECK(arrived == 2);
}

TEST_CASE("work in the background goes on while its owner does something else, and gives way to what is waited for") {
  ThreadPool pool(2);
  const std::thread::id owner = std::this_thread::get_id();
  std::atomic<int> done{0}, by_owner{0};
  const auto body = [&](int64_t) {
    by_owner += std::this_thread::get_id() == owner;
    done++;
  };
  {
    ThreadPool::Background background(pool, 10, body);
    while (done < 10) std::this_thread::yield();  // hangs where no worker takes it
    CHECK(by_owner == 0);
    background.finish();
  }
  CHECK(done == 10);

  // While it has tasks left, a run of the owner still gets the worker.
  std::atomic<bool> stop{false};
  std::atomic<int> begun{0};
  const auto slow = [&](int64_t) {
    begun++;
    if (!stop) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  };
  ThreadPool::Background background(pool, 1'000'000, slow);
  while (begun == 0) std::this_thread::yield();
  std::atomic<int> arrived{0};
  pool.run(2, [&](int64_t, int) {
    arrived++;
    while (arrived < 2) std::this_thread::yield();
  });
  CHECK(begun < 1'000'000);
  stop = true;
}

TEST_CASE("who finishes work in the background does what is left, once each; who drops it waits for what runs alone") {
  for (int threads : {1, 2, 4}) {
    ThreadPool pool(threads);
    for (int round = 0; round < 100; round++) {
      std::vector<std::atomic<int>> times(50);
      std::atomic<int> inside{0};
      const auto body = [&](int64_t task) {
        inside++;
        times[static_cast<size_t>(task)]++;
        inside--;
      };
      {
        ThreadPool::Background background(pool, 50, body);
        if (round % 3 == 0) pool.run(7, [](int64_t, int) {});
        if (round % 2 == 0) background.finish();
      }
      CHECK(inside == 0);
      int wrong = 0;
      for (const auto& count : times) wrong += round % 2 == 0 ? count != 1 : count > 1;
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("what work in the background throws is thrown where it is finished, and by nothing else") {
  ThreadPool pool(3);
  for (int round = 0; round < 50; round++) {
    const auto body = [](int64_t task) {
      if (task == 4) throw Refused{task};
    };
    ThreadPool::Background finished(pool, 9, body);
    { const ThreadPool::Background dropped(pool, 9, body); }
    pool.run(5, [](int64_t, int) {});
    CHECK_THROWS_AS(finished.finish(), Refused);
  }
  CHECK(fault(pool, 100) == "");
}

// As passes do: two at once, first come, first served. No assertion on time, but on counts: nobody may be far behind.
TEST_CASE("callers with the same work progress alike") {
  ThreadPool pool(2);
  Turnstile passes(2);
  constexpr int callers = 8, target = 150;
  std::array<std::atomic<int>, callers> progress{};
  std::atomic<int> started{0};
  std::atomic<bool> over{false};
  std::vector<std::thread> threads;
  for (size_t c = 0; c < callers; c++)
    threads.emplace_back([&, c] {
      started++;
      while (started < callers) std::this_thread::yield();
      while (!over) {
        const Turnstile::Held pass(passes, 1);
        const Parallel::Busy busy(pool);
        for (int operation = 0; operation < 20; operation++)
          pool.run(16, [](int64_t, int) {
            volatile double x = 1;
            for (int i = 0; i < 2000; i++) x = x * 1.0000001;
          });
        if (++progress[c] == target) over = true;
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (const auto& count : progress) CHECK(count > target / 4);
}
