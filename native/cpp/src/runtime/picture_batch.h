// The pictures of one pass: prepared on a pool's threads, when the pass wants them or ahead of it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/large_block.h"
#include "runtime/allowance.h"
#include "runtime/thread_pool.h"

namespace oag {

// What became of one picture; `text` is empty when it is done.
struct ItemResult {
  Status status = Status::ok;
  std::string text;
};

// One owner; what it refers to outlives it.
class PictureBatch {
 public:
  // Writes picture `index` of the call, of bytes_each bytes, to `pixels`. Throws Error where it cannot.
  using Prepare = FunctionRef<void(int64_t index, uint8_t* pixels)>;

  PictureBatch(ThreadPool& threads, int64_t first, int64_t count, int64_t bytes_each, Prepare prepare);

  // Begins now, beside what the caller does next, into memory of its own. Without effect where no thread is there to help, where as many batches as
  // `allowance` says are ahead already, or where there is no memory: then `finish` does it all.
  void begin_ahead(Allowance& allowance);

  // All pictures at `to`, [count, bytes_each]; one that cannot be prepared is black, and its result says why. Throws Error(internal).
  void finish(uint8_t* to);

  std::vector<ItemResult>& results() { return results_; }

 private:
  void prepare(int64_t i, uint8_t* to);

  ThreadPool& threads_;
  const int64_t first_, count_, bytes_each_;
  const Prepare prepare_;
  std::vector<ItemResult> results_;

  // In this order: what runs ahead ends before its memory does.
  struct Ahead {
    Ahead(PictureBatch& batch, Block memory, Allowance& allowance);
    Block pixels;
    Allowance::Held held;
    struct Body {
      PictureBatch& batch;
      uint8_t* pixels;
      void operator()(int64_t i) const { batch.prepare(i, pixels + i * batch.bytes_each_); }
    } body;
    ThreadPool::Background work;
  };
  std::unique_ptr<Ahead> ahead_;
};

}  // namespace oag
