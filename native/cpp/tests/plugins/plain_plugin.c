/* The table. Every entry can be told to fail, and everything that is made is counted. */
#include "plain_plugin.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORTED __attribute__((visibility("default")))

/* What the tests ask and set, found by name. */
EXPORTED const char* plain_failing_entry = ""; /* the entry that fails */
EXPORTED int32_t plain_failing_status = 0;     /* with this status */
EXPORTED const char* plain_failing_text = "";  /* and this text; longer ones fill the buffer without a NUL */
EXPORTED int plain_calls_before_failure = 0;   /* calls of that entry that still succeed */
EXPORTED atomic_int plain_living = 0;          /* devices, weights, workspaces and passes made and not freed */
EXPORTED const char plain_marker[] = "a byte of this text is flipped by a test";

static int32_t status_of(const char* entry, oag_plugin_error error) {
  if (strcmp(entry, plain_failing_entry) != 0) return 0;
  if (plain_calls_before_failure > 0) {
    plain_calls_before_failure--;
    return 0;
  }
  const size_t length = strlen(plain_failing_text);
  memcpy(error.text, plain_failing_text, length < error.capacity ? length + 1 : error.capacity);
  return plain_failing_status;
}

static int32_t failed(const char* text, oag_plugin_error error) {
  snprintf(error.text, error.capacity, "%s", text);
  return 10;
}

static int32_t device_open(void** device, oag_plugin_error error) {
  const int32_t status = status_of("device_open", error);
  if (status) return status;
  *device = malloc(1);
  plain_living++;
  return 0;
}

static void device_close(void* device) {
  free(device);
  plain_living--;
}

static void weights_destroy(void* handle) {
  weights* own = handle;
  for (uint32_t p = 0; p < own->count; p++) free(own->parameters[p].values);
  free(own->parameters);
  free(own);
  plain_living--;
}

static int32_t weights_create(void* device, const oag_plugin_parameter* parameters, uint32_t count, void** handle, oag_plugin_error error) {
  const int32_t status = status_of("weights_create", error);
  if (status) return status;
  (void)device;
  weights* own = malloc(sizeof *own);
  own->count = count;
  own->parameters = calloc(count, sizeof *own->parameters);
  for (uint32_t p = 0; p < count; p++) {
    if (!parameters[p].role || !*parameters[p].role) return failed("a parameter without a role", error);
    own->parameters[p] = (parameter){parameters[p].parts, parameters[p].part_rows, parameters[p].width, NULL};
    own->parameters[p].values = malloc((size_t)(parameters[p].parts * parameters[p].part_rows * parameters[p].width) * sizeof(float));
  }
  plain_living++;
  *handle = own;
  return 0;
}

static int32_t weights_put(void* handle, uint32_t index, int32_t part, int64_t first_row, int64_t rows, const float* values, oag_plugin_error error) {
  const int32_t status = status_of("weights_put", error);
  if (status) return status;
  const parameter* to = &((weights*)handle)->parameters[index];
  if (part >= to->parts || first_row + rows > to->part_rows) return failed("rows beyond a parameter", error);
  memcpy(to->values + (part * to->part_rows + first_row) * to->width, values, (size_t)(rows * to->width) * sizeof *values);
  return 0;
}

static int32_t weights_get(void* handle, uint32_t index, int32_t part, float* values, oag_plugin_error error) {
  const int32_t status = status_of("weights_get", error);
  if (status) return status;
  const parameter* from = &((weights*)handle)->parameters[index];
  memcpy(values, from->values + part * from->part_rows * from->width, (size_t)(from->part_rows * from->width) * sizeof *values);
  return 0;
}

static int64_t weights_bytes(void* handle) {
  const weights* own = handle;
  int64_t sum = 0;
  for (uint32_t p = 0; p < own->count; p++) sum += own->parameters[p].parts * own->parameters[p].part_rows * own->parameters[p].width * 4;
  return sum;
}

static int32_t workspace_create(void* device, void** handle, oag_plugin_error error) {
  const int32_t status = status_of("workspace_create", error);
  if (status) return status;
  (void)device;
  *handle = calloc(1, sizeof(workspace));
  plain_living++;
  return 0;
}

static int64_t workspace_bytes(void* handle) { return ((workspace*)handle)->bytes; }

static void workspace_destroy(void* handle) {
  free(((workspace*)handle)->arena);
  free(handle);
  plain_living--;
}

static int32_t pass_begin(void* device, void* own_weights, void* own_workspace, const int64_t* offsets, uint32_t tensors, int64_t bytes, void** handle,
                          oag_plugin_error error) {
  const int32_t status = status_of("pass_begin", error);
  if (status) return status;
  (void)device;
  workspace* space = own_workspace;
  if (bytes > space->bytes) {
    free(space->arena);
    space->arena = malloc((size_t)bytes);
    space->bytes = bytes;
  }
  memset(space->arena, 0xff, (size_t)space->bytes); /* NaN: a read of what was not written shows */
  pass* own = malloc(sizeof *own);
  *own = (pass){own_weights, space->arena, offsets, tensors, NULL};
  plain_living++;
  *handle = own;
  return 0;
}

static size_t bytes_of(const oag_plugin_tensor* tensor) {
  const int32_t u8 = 4; /* DType; the others are f32 and i32 */
  return (size_t)(tensor->rows * tensor->width) * (tensor->dtype == u8 ? 1 : 4);
}

static int32_t pass_input_memory(void* handle, const oag_plugin_tensor* tensor, void** memory, oag_plugin_error error) {
  const int32_t status = status_of("pass_input_memory", error);
  if (status) return status;
  pass* own = handle;
  if (tensor->id >= own->tensors) return failed("an input that is no tensor of the pass", error);
  free(own->staging);
  *memory = own->staging = malloc(bytes_of(tensor));
  return 0;
}

static int32_t pass_input(void* handle, const oag_plugin_tensor* tensor, oag_plugin_error error) {
  const int32_t status = status_of("pass_input", error);
  if (status) return status;
  const pass* own = handle;
  memcpy(own->arena + own->offsets[tensor->id], own->staging, bytes_of(tensor));
  return 0;
}

static int32_t pass_run(void* handle, const oag_plugin_operation* operation, oag_plugin_error error) {
  const int32_t status = status_of("pass_run", error);
  if (status) return status;
  const char* fault = plain_run(handle, operation);
  return fault ? failed(fault, error) : 0;
}

static int32_t pass_read(void* handle, const oag_plugin_tensor* tensor, void* values, oag_plugin_error error) {
  const int32_t status = status_of("pass_read", error);
  if (status) return status;
  const pass* own = handle;
  memcpy(values, own->arena + own->offsets[tensor->id], bytes_of(tensor));
  return 0;
}

static void pass_end(void* handle) {
  free(((pass*)handle)->staging);
  free(handle);
  plain_living--;
}

static const oag_plugin_table table = {
    .abi = PLAIN_PLUGIN_ABI,
    .struct_size = sizeof(oag_plugin_table),
    .device_open = device_open,
    .device_close = device_close,
    .weights_create = weights_create,
    .weights_put = weights_put,
    .weights_get = weights_get,
    .weights_bytes = weights_bytes,
    .weights_destroy = weights_destroy,
    .workspace_create = workspace_create,
    .workspace_bytes = workspace_bytes,
    .workspace_destroy = workspace_destroy,
    .pass_begin = pass_begin,
    .pass_input_memory = pass_input_memory,
    .pass_input = pass_input,
    .pass_run = pass_run,
    .pass_read = pass_read,
    .pass_end = pass_end,
};

EXPORTED const oag_plugin_table* oag_plugin(uint32_t abi) {
  (void)abi;
  return PLAIN_PLUGIN_ABI ? &table : NULL;
}
