#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <numeric>
#include <pthread.h>
#include <set>
#include <thread>

#include "runtime/thread_pool.h"

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

TEST_CASE("there is at least one usable CPU") { CHECK(usable_cpus() >= 1); }
