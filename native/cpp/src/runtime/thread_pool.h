// The worker threads of a runtime.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/parallel.h"

namespace oag {

// `threads` - 1 workers that live as long as the pool; the caller of run is the other one. Any number of callers share the workers: each works on its own
// job, and a free worker joins the job that has the fewest workers, as long as busy callers and workers together are no more than `threads`: with as many callers
// as that, each does its own work, and none waits for a worker that the system has taken its CPU from. A worker spins for some microseconds after its last job,
// so that it is awake for the next operation of the same pass (waking a sleeping thread costs 30 µs, a hot dispatch under 1 µs), and then sleeps.
class ThreadPool final : public Parallel {
  struct Job;

 public:
  // Work that goes on while its owner does something else: workers for whom no `run` has tasks take one task after the other.
  class Background {
   public:
    // `body` and the pool outlive this.
    Background(ThreadPool& pool, int64_t tasks, FunctionRef<void(int64_t task)> body);
    ~Background();  // begins no more tasks and waits for those that run
    Background(const Background&) = delete;
    Background& operator=(const Background&) = delete;

    // Works on what is left, waits for what runs, and rethrows what a body threw. Once.
    void finish();

   private:
    struct WithoutSlot {
      FunctionRef<void(int64_t)> body;
      void operator()(int64_t task, int) const { body(task); }
    };
    ThreadPool& pool_;
    WithoutSlot body_;
    std::unique_ptr<Job> job_;
  };

  explicit ThreadPool(int threads);  // Error(unavailable) when the system gives no more threads
  ~ThreadPool() override;            // no run may be in progress

  int threads() const override { return threads_; }
  void run(int64_t tasks, FunctionRef<void(int64_t task, int slot)> body) override;

 private:
  void work();
  void add_busy(int callers) override;
  void post(Job& job, int64_t wanted);  // workers
  void leave(Job& job);                 // no worker joins any more, and all have left
  void work_on(Job& job, int slot, bool one_task = false);
  Job* join_a_job(int* slot);           // with mutex_ held
  int64_t free_workers() const;         // with mutex_ held
  void stop();

  const int threads_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable left_;
  std::vector<Job*> jobs_;             // those that may want workers, oldest first; guarded by mutex_
  int busy_callers_ = 0;               // guarded by mutex_
  int busy_workers_ = 0;               // inside jobs; guarded by mutex_
  int sleepers_ = 0;                   // guarded by mutex_
  bool closing_ = false;               // guarded by mutex_
  std::atomic<uint64_t> posted_{0};    // jobs ever posted: what a spinning worker watches
  std::vector<std::thread> workers_;
};

}  // namespace oag
