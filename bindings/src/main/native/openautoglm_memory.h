/* JNI half of org.openautoglm.bindings.Memory. By hand, because JavaCPP cannot return a ByteBuffer of a given size without
 * creating a Pointer. Included into the generated JNI source. */
#ifndef OPENAUTOGLM_MEMORY_H
#define OPENAUTOGLM_MEMORY_H
#ifndef OAG_JAVACPP_PARSES /* only set while JavaCPP reads this file for declarations: these have none to offer */

#include <jni.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

extern "C" {

/* Large blocks are mapped, for malloc does not give them back: each one that is freed raises its threshold for mapping, up to 32 MiB,
 * and from then on they are cut from the heaps of its arenas and stay there. (200 threads with pictures: 553 MiB instead of 311.) A block begins
 * with how many bytes were mapped for it, 0 for one of malloc's. */
enum { OAG_BLOCK_HEADER = 16, OAG_MAPPED_FROM = 1 << 20 };

JNIEXPORT jlong JNICALL Java_org_openautoglm_bindings_Memory_allocate(JNIEnv*, jclass, jlong size) {
  if (size < 0 || size > INT64_MAX / 2) return 0;
  const size_t bytes = static_cast<size_t>(size) + OAG_BLOCK_HEADER;
  char* block;
  if (size >= OAG_MAPPED_FROM) {
    block = static_cast<char*>(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (block == MAP_FAILED) return 0;
    *reinterpret_cast<size_t*>(block) = bytes;
  } else {
    block = static_cast<char*>(calloc(1, bytes));
    if (!block) return 0;
  }
  return reinterpret_cast<jlong>(block + OAG_BLOCK_HEADER);
}

JNIEXPORT void JNICALL Java_org_openautoglm_bindings_Memory_free(JNIEnv*, jclass, jlong address) {
  if (!address) return;
  char* block = reinterpret_cast<char*>(address) - OAG_BLOCK_HEADER;
  const size_t mapped = *reinterpret_cast<size_t*>(block);
  if (mapped) munmap(block, mapped);
  else free(block);
}

JNIEXPORT jobject JNICALL Java_org_openautoglm_bindings_Memory_view(JNIEnv* env, jclass, jlong address, jlong size) {
  return env->NewDirectByteBuffer(reinterpret_cast<void*>(address), size);
}

JNIEXPORT jlong JNICALL Java_org_openautoglm_bindings_Memory_address(JNIEnv* env, jclass, jobject buffer) {
  return buffer == nullptr ? 0 : reinterpret_cast<jlong>(env->GetDirectBufferAddress(buffer));
}

}  // extern "C"

#endif
#endif
