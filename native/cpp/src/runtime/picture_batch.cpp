#include "runtime/picture_batch.h"

#include <cstring>
#include <new>
#include <utility>

namespace oag {

PictureBatch::PictureBatch(ThreadPool& threads, int64_t first, int64_t count, int64_t bytes_each, Prepare prepare)
    : threads_(threads), first_(first), count_(count), bytes_each_(bytes_each), prepare_(prepare), results_(static_cast<size_t>(count)) {}

PictureBatch::Ahead::Ahead(PictureBatch& batch, Block memory, Allowance& allowance)
    : pixels(std::move(memory)), held(allowance), body{batch, pixels.get()}, work(batch.threads_, held ? batch.count_ : 0, body) {}

void PictureBatch::begin_ahead(Allowance& allowance) {
  if (threads_.threads() == 1) return;
  try {
    Block memory = allocate_block(static_cast<size_t>(count_ * bytes_each_));
    if (!memory) return;
    ahead_ = std::make_unique<Ahead>(*this, std::move(memory), allowance);
    if (!ahead_->held) ahead_.reset();
  } catch (const std::bad_alloc&) {
    // There is no need of it.
  }
}

void PictureBatch::finish(uint8_t* to) {
  if (!ahead_) return threads_.run(count_, [&](int64_t i, int) { prepare(i, to + i * bytes_each_); });
  ahead_->work.finish();
  std::memcpy(to, ahead_->pixels.get(), static_cast<size_t>(count_ * bytes_each_));
  ahead_.reset();
}

// A bad picture becomes a black one, so that the others are computed as they would be without it.
void PictureBatch::prepare(int64_t i, uint8_t* to) {
  ItemResult& result = results_[static_cast<size_t>(i)];
  try {
    prepare_(first_ + i, to);
  } catch (const Error& e) {
    if (e.status() == Status::internal) throw;
    result = {e.status(), e.text()};
  } catch (const std::bad_alloc&) {
    result = {Status::out_of_memory, "there is no memory to prepare the picture"};
  }
  if (result.status != Status::ok) std::memset(to, 0, static_cast<size_t>(bytes_each_));
}

}  // namespace oag
