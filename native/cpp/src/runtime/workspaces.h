// The workspaces of a runtime: as many as passes may run at once, leased in the order of asking.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "ops/executor.h"
#include "runtime/turnstile.h"

namespace oag {

class Workspaces {
 public:
  Workspaces(Executor& executor, int limit) : executor_(executor), turnstile_(limit) {
    idle_.reserve(static_cast<size_t>(limit));  // giving back happens in a destructor and must not allocate
  }

  // Holds a workspace as long as it lives; waits while all are leased.
  class Lease {
   public:
    explicit Lease(Workspaces& pool) : pool_(pool), held_(pool.turnstile_, 1), workspace_(pool.pop()) {}
    ~Lease() { pool_.push(std::move(workspace_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Workspace& operator*() const { return *workspace_; }

   private:
    Workspaces& pool_;
    Turnstile::Held held_;
    std::unique_ptr<Workspace> workspace_;
  };

  // Held by workspaces that are not leased now.
  int64_t idle_bytes() {
    const std::lock_guard lock(mutex_);
    int64_t sum = 0;
    for (const auto& workspace : idle_) sum += workspace->bytes();
    return sum;
  }

 private:
  std::unique_ptr<Workspace> pop() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        auto workspace = std::move(idle_.back());  // the last one used: its memory is warm
        idle_.pop_back();
        return workspace;
      }
    }
    return executor_.create_workspace();
  }
  void push(std::unique_ptr<Workspace> workspace) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(workspace));
  }

  Executor& executor_;
  Turnstile turnstile_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Workspace>> idle_;
};

}  // namespace oag
