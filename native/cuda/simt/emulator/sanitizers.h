// What AddressSanitizer and ThreadSanitizer are told about fibers. Without them, nothing.
//
// ASan instruments kernels and runtime alike. For TSan the kernels are compiled with -fsanitize=thread and the runtime without it (SIMT_TSAN): every CUDA
// thread is then a thread of its own to TSan, barriers are the only thing that orders them, and it sees plain accesses to global memory.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define SIMT_ASAN_ONLY(...) __VA_ARGS__
#else
#define SIMT_ASAN_ONLY(...)
#endif

#if defined(SIMT_TSAN)
extern "C" {
void* __tsan_create_fiber(unsigned flags);
void* __tsan_get_current_fiber();
void __tsan_switch_to_fiber(void* fiber, unsigned flags);
void __tsan_acquire(void* address);
void __tsan_release(void* address);
void __tsan_read_range(void* address, unsigned long bytes);
void __tsan_write_range(void* address, unsigned long bytes);
void AnnotateIgnoreWritesBegin(const char* file, int line);
void AnnotateIgnoreWritesEnd(const char* file, int line);
}
#define SIMT_TSAN_ONLY(...) __VA_ARGS__
#else
#define SIMT_TSAN_ONLY(...)
#endif

namespace simt::emulator {

// What the machine itself writes into a block's shared memory, through no thread: TSan intercepts memset and memcpy even here, and must not see these.
inline void machine_fill(unsigned char* to, size_t bytes) {  // with poison: NaN in every format, -1 in integers
  size_t i = 0;
  for (; i + 8 <= bytes; i += 8) *reinterpret_cast<volatile uint64_t*>(to + i) = ~uint64_t{0};
  for (; i < bytes; i++) *static_cast<volatile unsigned char*>(to + i) = 0xff;
}
inline void machine_copy(unsigned char* to, const unsigned char* from, size_t bytes) {
  for (size_t i = 0; i < bytes; i++) *static_cast<volatile unsigned char*>(to + i) = from[i];
}

// For its length TSan sees nothing: the machine's own books are kept by whichever fiber happens to run, and TSan knows malloc and free. No switch inside.
struct Unseen {
  Unseen() { SIMT_TSAN_ONLY(AnnotateIgnoreWritesBegin(__FILE__, __LINE__);) }
  ~Unseen() { SIMT_TSAN_ONLY(AnnotateIgnoreWritesEnd(__FILE__, __LINE__);) }
  Unseen(const Unseen&) = delete;
  Unseen& operator=(const Unseen&) = delete;
};

}  // namespace simt::emulator
