#include "runtime/thread_pool.h"

#include <algorithm>
#include <csignal>
#include <exception>
#include <pthread.h>
#include <sched.h>
#include <string>
#include <system_error>

#include "core/error.h"

namespace oag {
namespace {

// About 20 µs on a 3 GHz x86, where one pause takes some 40 cycles.
constexpr int spins = 1500;

void pause_cpu() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");
#endif
}

// A JVM handles signals on its own threads; workers leave all to them but those a fault of their own raises.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    for (int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT}) sigdelset(&all, fault);
    pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

}  // namespace

struct ThreadPool::Job {
  FunctionRef<void(int64_t, int)> body;
  int64_t tasks;
  std::atomic<int64_t> next{0};
  int slots = 1;              // taken so far, the caller's included; guarded by mutex_
  std::atomic<int> workers{0};  // inside the job now; changed with mutex_ held
  std::exception_ptr failure; // guarded by mutex_
};

int usable_cpus() {
  cpu_set_t cpus;
  if (sched_getaffinity(0, sizeof cpus, &cpus) == 0) return std::max(1, CPU_COUNT(&cpus));
  return std::max(1u, std::thread::hardware_concurrency());
}

ThreadPool::ThreadPool(int threads) {
  const SignalsBlocked blocked;
  workers_.reserve(static_cast<size_t>(threads - 1));
  try {
    for (int w = 1; w < threads; w++) workers_.emplace_back([this] { work(); });
  } catch (const std::system_error& e) {
    const size_t started = workers_.size();
    stop();
    throw Error(Status::unavailable, "the system gave " + std::to_string(started) + " of " + std::to_string(threads - 1) + " worker threads: " + e.what() +
                                         "; ask for fewer threads or raise the limit (ulimit -u, the container's pids limit)");
  } catch (...) {
    stop();
    throw;
  }
}

ThreadPool::~ThreadPool() { stop(); }

void ThreadPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    posted_.fetch_add(1, std::memory_order_release);
  }
  wake_.notify_all();
  for (std::thread& worker : workers_) worker.join();
  workers_.clear();
}

void ThreadPool::run(int64_t tasks, FunctionRef<void(int64_t task, int slot)> body) {
  if (tasks <= 1 || workers_.empty()) {
    for (int64_t task = 0; task < tasks; task++) body(task, 0);
    return;
  }
  Job job{.body = body, .tasks = tasks, .failure = nullptr};
  bool wake;
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(&job);
    wake = sleepers_ > 0;
    posted_.fetch_add(1, std::memory_order_release);
  }
  if (wake) wake_.notify_all();
  work_on(job, 0);
  {
    const std::lock_guard lock(mutex_);
    jobs_.erase(std::find(jobs_.begin(), jobs_.end(), &job));  // from here no worker joins
  }
  for (int spin = 0; job.workers.load(std::memory_order_acquire) > 0 && spin < spins; spin++) pause_cpu();
  std::unique_lock lock(mutex_);  // also orders this frame's end after the last worker's use of the job
  left_.wait(lock, [&] { return job.workers == 0; });
  if (job.failure) std::rethrow_exception(job.failure);
}

void ThreadPool::work_on(Job& job, int slot) {
  for (int64_t task; (task = job.next.fetch_add(1, std::memory_order_relaxed)) < job.tasks;) {
    try {
      job.body(task, slot);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!job.failure) job.failure = std::current_exception();
      job.next.store(job.tasks, std::memory_order_relaxed);  // the rest is not begun
    }
  }
}

ThreadPool::Job* ThreadPool::join_a_job(int* slot) {
  Job* chosen = nullptr;
  for (Job* job : jobs_)  // the one with the fewest workers; of equals the oldest
    if (job->next.load(std::memory_order_relaxed) < job->tasks && job->slots < threads() && (!chosen || job->workers < chosen->workers)) chosen = job;
  if (!chosen) return nullptr;
  *slot = chosen->slots++;
  chosen->workers++;
  return chosen;
}

void ThreadPool::work() {
  pthread_setname_np(pthread_self(), "openautoglm");
  std::unique_lock lock(mutex_);
  for (;;) {
    if (closing_) return;
    int slot;
    if (Job* job = join_a_job(&slot)) {
      lock.unlock();
      work_on(*job, slot);
      lock.lock();
      if (--job->workers == 0) left_.notify_all();
      continue;
    }
    const uint64_t seen = posted_.load(std::memory_order_relaxed);
    lock.unlock();
    for (int spin = 0; spin < spins && posted_.load(std::memory_order_acquire) == seen; spin++) pause_cpu();
    lock.lock();
    if (posted_.load(std::memory_order_relaxed) != seen) continue;
    sleepers_++;
    wake_.wait(lock, [&] { return posted_.load(std::memory_order_relaxed) != seen; });
    sleepers_--;
  }
}

}  // namespace oag
