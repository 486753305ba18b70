#include "codec_memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Before the memory that is lent; its size keeps malloc's alignment. */
struct oag_codec_block {
  struct oag_codec_block* next;
  struct oag_codec_block** link; /* what points to this block, NULL for one outside a decode */
};

_Static_assert(sizeof(struct oag_codec_block) % _Alignof(max_align_t) == 0, "what follows a block is aligned");

static _Thread_local struct oag_codec_decode* current;

void oag_codec_use(struct oag_codec_decode* decode) { current = decode; }

void* oag_codec_malloc(size_t bytes) {
  struct oag_codec_block* block = bytes <= SIZE_MAX - sizeof *block ? malloc(sizeof *block + bytes) : NULL;
  if (!block && !current) return NULL;
  if (!block) {
    struct oag_codec_decode* decode = current;
    while (decode->blocks) {
      struct oag_codec_block* first = decode->blocks;
      decode->blocks = first->next;
      free(first);
    }
    current = NULL;
    longjmp(decode->escape, 1);
  }
  block->next = NULL;
  block->link = NULL;
  if (current) {
    block->next = current->blocks;
    block->link = &current->blocks;
    if (block->next) block->next->link = &block->next;
    current->blocks = block;
  }
  return block + 1;
}

void* oag_codec_calloc(size_t count, size_t bytes) {
  if (bytes && count > SIZE_MAX / bytes) return NULL;
  void* memory = oag_codec_malloc(count * bytes);
  if (memory) memset(memory, 0, count * bytes);
  return memory;
}

void oag_codec_free(void* memory) {
  if (!memory) return;
  struct oag_codec_block* block = (struct oag_codec_block*)memory - 1;
  if (block->link) {
    *block->link = block->next;
    if (block->next) block->next->link = block->link;
  }
  free(block);
}
