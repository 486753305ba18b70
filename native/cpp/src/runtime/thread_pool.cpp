#include "runtime/thread_pool.h"

#include <algorithm>
#include <csignal>
#include <exception>
#include <pthread.h>
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
  const bool has_slots = true;
  bool background = false;    // nobody waits for it: a worker takes one task at a time; guarded by mutex_
  std::atomic<int64_t> next{0};
  int slots = 1;              // taken so far, the caller's included; guarded by mutex_
  std::atomic<int> workers{0};  // inside the job now; changed with mutex_ held
  std::exception_ptr failure; // guarded by mutex_
};

ThreadPool::ThreadPool(int threads) : threads_(threads) {
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
  post(job, tasks - 1);
  work_on(job, 0);
  leave(job);
  if (job.failure) std::rethrow_exception(job.failure);
}

int64_t ThreadPool::free_workers() const { return threads() - busy_callers_ - busy_workers_; }

void ThreadPool::add_busy(int callers) {
  bool wake;
  {
    const std::lock_guard lock(mutex_);
    busy_callers_ += callers;
    // A worker that was refused may have gone to sleep beside a long job.
    wake = callers < 0 && sleepers_ > 0 && free_workers() > 0 && !jobs_.empty();
    if (wake) posted_.fetch_add(1, std::memory_order_release);
  }
  if (wake) wake_.notify_one();
}

void ThreadPool::post(Job& job, int64_t wanted) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(&job);
    wanted = std::min<int64_t>({wanted, sleepers_, free_workers()});
    posted_.fetch_add(1, std::memory_order_release);
  }
  for (; wanted > 0; wanted--) wake_.notify_one();
}

void ThreadPool::leave(Job& job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.erase(std::find(jobs_.begin(), jobs_.end(), &job));  // from here no worker joins
  }
  for (int spin = 0; job.workers.load(std::memory_order_acquire) > 0 && spin < spins; spin++) pause_cpu();
  std::unique_lock lock(mutex_);  // also orders the job's end after the last worker's use of it
  left_.wait(lock, [&] { return job.workers == 0; });
}

ThreadPool::Background::Background(ThreadPool& pool, int64_t tasks, FunctionRef<void(int64_t task)> body)
    : pool_(pool), body_{body}, job_(new Job{.body = body_, .tasks = tasks, .has_slots = false, .background = true, .failure = nullptr}) {
  pool_.post(*job_, tasks);
}

ThreadPool::Background::~Background() {
  if (!job_) return;
  job_->next.store(job_->tasks, std::memory_order_relaxed);
  pool_.leave(*job_);
}

void ThreadPool::Background::finish() {
  {
    const std::lock_guard lock(pool_.mutex_);
    job_->background = false;  // its owner waits for it now
  }
  pool_.work_on(*job_, 0);
  pool_.leave(*job_);
  const std::unique_ptr<Job> job = std::move(job_);
  if (job->failure) std::rethrow_exception(job->failure);
}

void ThreadPool::work_on(Job& job, int slot, bool one_task) {
  for (int64_t task; (task = job.next.fetch_add(1, std::memory_order_relaxed)) < job.tasks;) {
    try {
      job.body(task, slot);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!job.failure) job.failure = std::current_exception();
      job.next.store(job.tasks, std::memory_order_relaxed);  // the rest is not begun
    }
    if (one_task) return;
  }
}

ThreadPool::Job* ThreadPool::join_a_job(int* slot) {
  if (free_workers() <= 0) return nullptr;
  const auto better = [](const Job& a, const Job& b) {  // one that is waited for; of these the one with the fewest workers; of equals the oldest
    return a.background != b.background ? b.background : a.workers < b.workers;
  };
  Job* chosen = nullptr;
  for (Job* job : jobs_)
    if (job->next.load(std::memory_order_relaxed) < job->tasks && (!job->has_slots || job->slots < threads()) && (!chosen || better(*job, *chosen))) chosen = job;
  if (!chosen) return nullptr;
  *slot = chosen->has_slots ? chosen->slots++ : 0;
  chosen->workers++;
  busy_workers_++;
  return chosen;
}

void ThreadPool::work() {
  pthread_setname_np(pthread_self(), "openautoglm");
  std::unique_lock lock(mutex_);
  for (;;) {
    if (closing_) return;
    int slot;
    if (Job* job = join_a_job(&slot)) {
      const bool one_task = job->background;
      lock.unlock();
      work_on(*job, slot, one_task);
      lock.lock();
      busy_workers_--;
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
