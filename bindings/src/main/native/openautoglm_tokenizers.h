/* JNI half of org.openautoglm.bindings.Tokenizers. Included into the generated JNI source. */
#ifndef OPENAUTOGLM_TOKENIZERS_H
#define OPENAUTOGLM_TOKENIZERS_H
#ifndef OAG_JAVACPP_PARSES /* only set while JavaCPP reads this file for declarations: these have none to offer */

#include <dlfcn.h>
#include <jni.h>

#include <string>

/* Opens the library for good (a library whose code other class loaders may run is never closed) and makes its functions those of `type`. They are JNI
 * functions that were exported for another class, and none looks at its class argument. Returns null, or what is wrong. */
extern "C" JNIEXPORT jstring JNICALL Java_org_openautoglm_bindings_Tokenizers_bind(JNIEnv* env, jclass type, jlong path) {
  static const struct { const char* name; const char* signature; } functions[] = {
      {"createTokenizerFromString", "(Ljava/lang/String;)J"},
      {"deleteTokenizer", "(J)V"},
      {"disablePadding", "(J)V"},
      {"setTruncation", "(JILjava/lang/String;I)V"},
      {"encode", "(JLjava/lang/String;Z)J"},
      {"getTokenIds", "(J)[J"},
      {"deleteEncoding", "(J)V"},
  };
  constexpr int count = sizeof functions / sizeof functions[0];
  void* const library = dlopen(reinterpret_cast<const char*>(path), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return env->NewStringUTF(dlerror());
  JNINativeMethod methods[count];
  for (int i = 0; i < count; ++i) {
    const std::string symbol = std::string("Java_ai_djl_huggingface_tokenizers_jni_TokenizersLibrary_") + functions[i].name;
    void* const address = dlsym(library, symbol.c_str());
    if (address == nullptr) return env->NewStringUTF(dlerror());
    methods[i] = {const_cast<char*>(functions[i].name), const_cast<char*>(functions[i].signature), address};
  }
  env->RegisterNatives(type, methods, count); /* what it throws is pending */
  return nullptr;
}

#endif
#endif
