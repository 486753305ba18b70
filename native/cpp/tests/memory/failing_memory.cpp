#include "memory/failing_memory.h"

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <new>

namespace {

std::atomic<bool> armed{false}, to_the_end{false};
std::atomic<int64_t> first_failure{0}, asked_for{0}, refused{0}, held{0};

bool refuses() {
  if (!armed.load(std::memory_order_acquire)) return false;
  const int64_t number = asked_for.fetch_add(1), from = first_failure.load();
  const bool refuse = number == from || (to_the_end.load() && number > from);
  refused += refuse;
  return refuse;
}

void* no_memory() {
  errno = ENOMEM;  // as the system's
  return nullptr;
}

void* counted(void* memory) {
  held += memory != nullptr;
  return memory;
}

}  // namespace

extern "C" {

void* __real_malloc(size_t bytes);
void* __real_calloc(size_t count, size_t bytes);
void* __real_realloc(void* memory, size_t bytes);
void* __real_aligned_alloc(size_t alignment, size_t bytes);
int __real_posix_memalign(void** memory, size_t alignment, size_t bytes);
void __real_free(void* memory);

void* __wrap_malloc(size_t bytes) { return refuses() ? no_memory() : counted(__real_malloc(bytes)); }
void* __wrap_calloc(size_t count, size_t bytes) { return refuses() ? no_memory() : counted(__real_calloc(count, bytes)); }
void* __wrap_aligned_alloc(size_t alignment, size_t bytes) { return refuses() ? no_memory() : counted(__real_aligned_alloc(alignment, bytes)); }
void* __wrap_realloc(void* memory, size_t bytes) {
  if (refuses()) return no_memory();
  return memory ? __real_realloc(memory, bytes) : counted(__real_realloc(memory, bytes));
}
int __wrap_posix_memalign(void** memory, size_t alignment, size_t bytes) {
  if (refuses()) return ENOMEM;
  const int failed = __real_posix_memalign(memory, alignment, bytes);
  held += failed == 0;
  return failed;
}
void __wrap_free(void* memory) {
  held -= memory != nullptr;
  __real_free(memory);
}

}  // extern "C"

// These call malloc, aligned_alloc and free by the names that the linker exchanges.
void* operator new(size_t bytes) {
  if (void* memory = std::malloc(bytes ? bytes : 1)) return memory;
  throw std::bad_alloc();
}
void* operator new(size_t bytes, std::align_val_t alignment) {
  const auto line = static_cast<size_t>(alignment);
  if (void* memory = std::aligned_alloc(line, (bytes + line - 1) / line * line)) return memory;
  throw std::bad_alloc();
}
void* operator new(size_t bytes, const std::nothrow_t&) noexcept { return std::malloc(bytes ? bytes : 1); }
void* operator new[](size_t bytes) { return operator new(bytes); }
void* operator new[](size_t bytes, std::align_val_t alignment) { return operator new(bytes, alignment); }
void* operator new[](size_t bytes, const std::nothrow_t& quiet) noexcept { return operator new(bytes, quiet); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }

namespace oag::test {

FailingMemory::FailingMemory(int64_t number, Shortage shortage) {
  first_failure = number;
  to_the_end = shortage == Shortage::none_is_left;
  asked_for = 0;
  refused = 0;
  armed.store(true, std::memory_order_release);
}
FailingMemory::~FailingMemory() { armed = false; }
int64_t FailingMemory::asked() { return asked_for; }
int64_t FailingMemory::failed() { return refused; }

int64_t pieces_held() { return held; }

}  // namespace oag::test
