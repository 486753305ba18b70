/* Where libwebp's memory comes from: CMakeLists.txt renames its calls of malloc, calloc and free to those below.
 *
 * libwebp 1.2.4 frees through pointers that it has not set yet when memory runs out in the middle of a lossless picture. So within a decode a block that is
 * not to be had ends the decode at once: all its blocks are freed, and control jumps back over libwebp's frames.
 */
#ifndef OAG_CODEC_MEMORY_H
#define OAG_CODEC_MEMORY_H

#include <setjmp.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct oag_codec_block;

/* One decode: `escape` is set by setjmp before it begins. */
struct oag_codec_decode {
  jmp_buf escape;
  struct oag_codec_block* blocks; /* NULL at first */
};

/* Makes `decode` the calling thread's, until it is called with NULL. Without one, a block that is not to be had is NULL as usual. */
void oag_codec_use(struct oag_codec_decode* decode);

void* oag_codec_malloc(size_t bytes);
void* oag_codec_calloc(size_t count, size_t bytes);
void oag_codec_free(void* memory);

#ifdef __cplusplus
}
#endif
#endif
