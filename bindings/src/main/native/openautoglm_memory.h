/* JNI half of org.openautoglm.bindings.Memory. By hand, because JavaCPP cannot return a ByteBuffer of a given size without
 * creating a Pointer. Included into the generated JNI source. */
#ifndef OPENAUTOGLM_MEMORY_H
#define OPENAUTOGLM_MEMORY_H
#ifndef OAG_JAVACPP_PARSES /* only set while JavaCPP reads this file for declarations: these have none to offer */

#include <jni.h>
#include <stdint.h>
#include <stdlib.h>

extern "C" {

JNIEXPORT jlong JNICALL Java_org_openautoglm_bindings_Memory_allocate(JNIEnv*, jclass, jlong size) {
  return reinterpret_cast<jlong>(size < 0 ? nullptr : calloc(1, size > 0 ? static_cast<size_t>(size) : 1));
}

JNIEXPORT void JNICALL Java_org_openautoglm_bindings_Memory_free(JNIEnv*, jclass, jlong address) {
  free(reinterpret_cast<void*>(address));
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
