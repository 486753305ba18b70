/* A device library in plain C, for tests: the device is the CPU, the operations are loops. It knows of this project what plugin_abi.h says and no
 * more, so that a right answer shows that everything crosses the boundary. */
#ifndef OAG_PLAIN_PLUGIN_H
#define OAG_PLAIN_PLUGIN_H

#include "runtime/plugin_abi.h"

typedef struct parameter {
  int32_t parts;
  int64_t part_rows, width;
  float* values; /* [parts, part_rows, width] */
} parameter;

typedef struct weights {
  uint32_t count;
  parameter* parameters;
} weights;

typedef struct workspace {
  char* arena;
  int64_t bytes;
} workspace;

typedef struct pass {
  const weights* weights;
  char* arena;
  const int64_t* offsets; /* the caller's, as long as the pass */
  uint32_t tensors;
  void* staging;
} pass;

/* Runs one operation; NULL, or what is wrong with it. */
const char* plain_run(const pass* pass, const oag_plugin_operation* operation);

#endif
