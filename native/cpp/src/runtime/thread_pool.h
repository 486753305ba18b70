// The worker threads of a runtime.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "core/parallel.h"

namespace oag {

// `threads` - 1 workers that live as long as the pool; the caller of run is the other one. Any number of callers share the workers: each works on its own
// job, and a free worker joins the job that has the fewest workers. A worker spins for some microseconds after its last job, so that it is awake for the
// next operation of the same pass (waking a sleeping thread costs 30 µs, a hot dispatch under 1 µs), and then sleeps.
class ThreadPool final : public Parallel {
 public:
  explicit ThreadPool(int threads);  // Error(unavailable) when the system gives no more threads
  ~ThreadPool() override;            // no run may be in progress

  int threads() const override { return static_cast<int>(workers_.size()) + 1; }
  void run(int64_t tasks, FunctionRef<void(int64_t task, int slot)> body) override;

 private:
  struct Job;
  void work();
  void work_on(Job& job, int slot);
  Job* join_a_job(int* slot);  // with mutex_ held
  void stop();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable left_;
  std::vector<Job*> jobs_;             // those that may want workers, oldest first; guarded by mutex_
  int sleepers_ = 0;                   // guarded by mutex_
  bool closing_ = false;               // guarded by mutex_
  std::atomic<uint64_t> posted_{0};    // jobs ever posted: what a spinning worker watches
  std::vector<std::thread> workers_;
};

// The CPUs that this process may use.
int usable_cpus();

}  // namespace oag
