/* The boundary to a device library (libopenautoglm_cuda.so), private to this project and versioned.
 *
 * The device library exports one function, oag_plugin, which returns a table. Every entry is noexcept and returns a status of openautoglm.h with one sentence of
 * text in the caller's buffer. Nothing of C++ crosses: no exception, no RTTI, no std:: type, no ownership of the other side's memory. Handles are freed by
 * the side that made them. A table may be used from any number of threads, a pass by one at a time. */
#ifndef OAG_PLUGIN_ABI_H
#define OAG_PLUGIN_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define OAG_NOEXCEPT noexcept
extern "C" {
#else
#define OAG_NOEXCEPT
#endif

#define OAG_PLUGIN_ABI 5
#define OAG_PLUGIN_SYMBOL "oag_plugin"

/* Error text of the same call; the plugin writes at most `capacity` bytes with the final NUL. */
typedef struct oag_plugin_error {
  char* text;
  size_t capacity;
} oag_plugin_error;

/* A parameter of the definition, as core/parameters.h has it. */
typedef struct oag_plugin_parameter {
  const char* role;
  int32_t kind;      /* ParameterKind */
  int32_t parts;
  int64_t part_rows;
  int64_t width;
} oag_plugin_parameter;

typedef struct oag_plugin_tensor {
  uint32_t id;
  int32_t dtype; /* DType */
  int64_t rows;
  int64_t width;
} oag_plugin_tensor;

typedef struct oag_plugin_columns {
  oag_plugin_tensor tensor;
  int64_t first;
  int64_t count;
} oag_plugin_columns;

/* Packed rows: run r has rows offsets[r] … offsets[r + 1], from position first_positions[r]. Sequences that begin alike may share the runs of their
 * beginning (core/sequence_table.h). */
typedef struct oag_plugin_sequences {
  int64_t runs;
  const int64_t* offsets;
  const int32_t* first_positions;
  int64_t count;                   /* sequences */
  const int64_t* chosen_rows;      /* pool: [count], the row of each sequence that is pooled; else NULL */
} oag_plugin_sequences;

/* The queries of run q see the runs chain[chain_offsets[q]] … chain[chain_offsets[q + 1]] of `rows`, in order of position; there may be none. */
typedef struct oag_plugin_segment {
  oag_plugin_columns keys;
  oag_plugin_columns values;
  oag_plugin_sequences rows;
  const int64_t* chain_offsets;
  const int64_t* chain;
} oag_plugin_segment;

/* Operations of ops/ops.h, with the fields of ops/operation.h. A parameter that is not there is UINT32_MAX, a tensor that is not there has `rows` -1. */
enum {
  OAG_OP_LINEAR = 0,
  OAG_OP_LAYER_NORM = 1,
  OAG_OP_ATTENTION = 2,
  OAG_OP_EMBED = 3,
  OAG_OP_PATCHES = 4,
  OAG_OP_POOL = 5,
  OAG_OP_L2_NORMALIZE = 6,
  OAG_OP_SIMILARITY = 7,
  OAG_OP_SOFTMAX = 8,
  OAG_OP_CONCAT = 9,
  OAG_OP_REPEAT = 10,
  OAG_OP_MULTIPLY = 11,
  OAG_OP_ACTIVATE = 12,
  OAG_OP_PIXELS = 13,
  OAG_OP_CONV2D = 14,
  OAG_OP_POOL2D = 15,
  OAG_OP_ADD = 16
};

typedef struct oag_plugin_operation {
  uint32_t struct_size;
  int32_t kind;
  oag_plugin_tensor out;
  oag_plugin_tensor x;          /* the input; similarity, multiply, add: a; embed: ids; patches, pixels: images; repeat: none */
  oag_plugin_tensor y;          /* linear, conv2d: residual; similarity, multiply, add: b; patches, pixels: levels */
  uint32_t weight;              /* linear, patches, conv2d: matrix; layer_norm: gain; embed: tokens; similarity: log_scale; repeat: rows */
  uint32_t bias;                /* similarity: a scalar */
  uint32_t positions;
  uint32_t prefix;              /* a vector, or a table of several rows */
  int32_t first_part, parts;
  int32_t activation;           /* Activation */
  float epsilon;
  int32_t pooling;              /* Pooling */
  oag_plugin_sequences rows;    /* of x; attention: of the queries */
  oag_plugin_columns queries;
  const oag_plugin_segment* segments;
  int32_t segment_count;
  int32_t heads;
  float scale;
  int32_t causal;
  uint32_t position_bias;       /* attention: table [buckets, heads], added to the scaled scores */
  int64_t bias_span;            /* no key and query are farther apart */
  const int32_t* bias_buckets;  /* [2 * bias_span + 1]: the table's row for key position - query position = -bias_span … bias_span */
  const oag_plugin_tensor* concat; /* concat: the parts */
  int32_t concat_count;
  int32_t channels, height, width, patch; /* conv2d, pool2d: height and width of a picture of x, in rows */
  int32_t kernel, stride, padding;        /* of the window */
  int32_t residual_first;                 /* the residual is added before the activation */
} oag_plugin_operation;

typedef struct oag_plugin_table {
  uint32_t abi;         /* OAG_PLUGIN_ABI */
  uint32_t struct_size;

  int32_t (*device_open)(void** device, oag_plugin_error error) OAG_NOEXCEPT;
  void (*device_close)(void* device) OAG_NOEXCEPT;

  /* Weights: created for a list of parameters, filled part by part from the first row to the last, then only read. */
  int32_t (*weights_create)(void* device, const oag_plugin_parameter* parameters, uint32_t count, void** weights, oag_plugin_error error) OAG_NOEXCEPT;
  int32_t (*weights_put)(void* weights, uint32_t parameter, int32_t part, int64_t first_row, int64_t rows, const float* values, oag_plugin_error error) OAG_NOEXCEPT;
  int32_t (*weights_get)(void* weights, uint32_t parameter, int32_t part, float* values, oag_plugin_error error) OAG_NOEXCEPT;
  int64_t (*weights_bytes)(void* weights) OAG_NOEXCEPT;
  void (*weights_destroy)(void* weights) OAG_NOEXCEPT;

  int32_t (*workspace_create)(void* device, void** workspace, oag_plugin_error error) OAG_NOEXCEPT;
  int64_t (*workspace_bytes)(void* workspace) OAG_NOEXCEPT;
  void (*workspace_destroy)(void* workspace) OAG_NOEXCEPT;

  /* A pass: tensor `id` lies at offsets[id] of an arena of `bytes`. `input_memory` gives host memory to fill before `input` takes it. */
  int32_t (*pass_begin)(void* device, void* weights, void* workspace, const int64_t* offsets, uint32_t tensors, int64_t bytes, void** pass,
                        oag_plugin_error error) OAG_NOEXCEPT;
  int32_t (*pass_input_memory)(void* pass, const oag_plugin_tensor* tensor, void** memory, oag_plugin_error error) OAG_NOEXCEPT;
  int32_t (*pass_input)(void* pass, const oag_plugin_tensor* tensor, oag_plugin_error error) OAG_NOEXCEPT;
  int32_t (*pass_run)(void* pass, const oag_plugin_operation* operation, oag_plugin_error error) OAG_NOEXCEPT;
  int32_t (*pass_read)(void* pass, const oag_plugin_tensor* tensor, void* values, oag_plugin_error error) OAG_NOEXCEPT;
  void (*pass_end)(void* pass) OAG_NOEXCEPT;
} oag_plugin_table;

/* The one exported function, OAG_PLUGIN_SYMBOL: the table for `abi`, or NULL when the library does not speak it. */
typedef const oag_plugin_table* (*oag_plugin_entry)(uint32_t abi) OAG_NOEXCEPT;

#ifdef __cplusplus
}
#endif
#endif
