/* The operations as their definitions in ops/ops.h say, without any thought of speed. */
#include <math.h>
#include <stdlib.h>

#include "plain_plugin.h"

static void* memory(const pass* pass, const oag_plugin_tensor* tensor) { return pass->arena + pass->offsets[tensor->id]; }

static const float* part_of(const pass* pass, uint32_t index, int32_t part) {
  const parameter* of = &pass->weights->parameters[index];
  return of->values + part * of->part_rows * of->width;
}

static double activate(int32_t activation, double x) {
  switch (activation) {
    case 1: return x / (1 + exp(-1.702 * x));
    case 2: return 0.5 * x * (1 + erf(x / sqrt(2.0)));
    case 3: return 0.5 * x * (1 + tanh(sqrt(2 / 3.14159265358979323846) * (x + 0.044715 * x * x * x)));
    case 4: return x > 0 ? x : 0;
    case 5: return tanh(x);
    case 6: return x / (1 + exp(-x));
    case 7: return 1 / (1 + exp(-x));
    default: return x;
  }
}

/* The end of a product: activation and residual in their order. */
static float finished(const oag_plugin_operation* o, double sum, const float* residual) {
  if (!residual) return (float)activate(o->activation, sum);
  return (float)(o->residual_first ? activate(o->activation, sum + *residual) : activate(o->activation, sum) + *residual);
}

static double dot(const float* a, const float* b, int64_t count) {
  double sum = 0;
  for (int64_t i = 0; i < count; i++) sum += (double)a[i] * b[i];
  return sum;
}

static void linear(const pass* pass, const oag_plugin_operation* o) {
  const parameter* weight = &pass->weights->parameters[o->weight];
  const float *x = memory(pass, &o->x), *residual = o->y.rows < 0 ? NULL : memory(pass, &o->y);
  float* out = memory(pass, &o->out);
  const int64_t columns = o->parts * weight->part_rows;
  for (int64_t r = 0; r < o->x.rows; r++)
    for (int64_t c = 0; c < columns; c++) {
      const int32_t part = o->first_part + (int32_t)(c / weight->part_rows);
      const int64_t row = c % weight->part_rows;
      double sum = dot(x + r * weight->width, part_of(pass, o->weight, part) + row * weight->width, weight->width);
      if (o->bias != UINT32_MAX) sum += part_of(pass, o->bias, part)[row];
      out[r * columns + c] = finished(o, sum, residual ? residual + r * columns + c : NULL);
    }
}

static void layer_norm(const pass* pass, const oag_plugin_operation* o) {
  const float *x = memory(pass, &o->x), *gain = part_of(pass, o->weight, 0), *bias = part_of(pass, o->bias, 0);
  float* out = memory(pass, &o->out);
  const int64_t width = o->x.width;
  for (int64_t r = 0; r < o->x.rows; r++, x += width, out += width) {
    double mean = 0, variance = 0;
    for (int64_t i = 0; i < width; i++) mean += x[i] / (double)width;
    for (int64_t i = 0; i < width; i++) variance += (x[i] - mean) * (x[i] - mean) / (double)width;
    for (int64_t i = 0; i < width; i++) out[i] = (float)((x[i] - mean) / sqrt(variance + o->epsilon) * gain[i] + bias[i]);
  }
}

/* Adds the exponentials of one query's scores, and their values, over all segments; the query is of run q. */
static void attend(const pass* pass, const oag_plugin_operation* o, int64_t q, const float* query, int64_t position, int64_t head, int64_t size, double* sums) {
  double largest = -INFINITY;
  for (int sweep = 0; sweep < 2; sweep++) /* the largest score first */
    for (int32_t g = 0; g < o->segment_count; g++) {
      const oag_plugin_segment* segment = &o->segments[g];
      const float *keys = memory(pass, &segment->keys.tensor), *values = memory(pass, &segment->values.tensor);
      for (int64_t c = segment->chain_offsets[q]; c < segment->chain_offsets[q + 1]; c++) {
        const int64_t run = segment->chain[c], begin = segment->rows.offsets[run];
        for (int64_t k = begin; k < segment->rows.offsets[run + 1]; k++) {
          const int64_t key_position = segment->rows.first_positions[run] + k - begin;
          if (o->causal && key_position > position) continue;
          double score = o->scale * dot(query, keys + k * segment->keys.tensor.width + segment->keys.first + head * size, size);
          if (o->position_bias != UINT32_MAX) score += part_of(pass, o->position_bias, 0)[o->bias_buckets[key_position - position + o->bias_span] * o->heads + head];
          if (sweep == 0) {
            if (score > largest) largest = score;
            continue;
          }
          const float* value = values + k * segment->values.tensor.width + segment->values.first + head * size;
          for (int64_t i = 0; i < size; i++) sums[i] += exp(score - largest) * value[i];
          sums[size] += exp(score - largest);
        }
      }
    }
}

static const char* attention(const pass* pass, const oag_plugin_operation* o) {
  const int64_t size = o->queries.count / o->heads;
  const float* queries = memory(pass, &o->queries.tensor);
  float* out = memory(pass, &o->out);
  double* sums = malloc((size_t)(size + 1) * sizeof *sums);
  if (!sums) return "no memory";
  for (int64_t q = 0; q < o->rows.runs; q++)
    for (int64_t r = o->rows.offsets[q]; r < o->rows.offsets[q + 1]; r++)
      for (int64_t head = 0; head < o->heads; head++) {
        for (int64_t i = 0; i <= size; i++) sums[i] = 0;
        attend(pass, o, q, queries + r * o->queries.tensor.width + o->queries.first + head * size, o->rows.first_positions[q] + r - o->rows.offsets[q], head, size, sums);
        for (int64_t i = 0; i < size; i++) out[r * o->out.width + head * size + i] = (float)(sums[size] > 0 ? sums[i] / sums[size] : 0);
      }
  free(sums);
  return NULL;
}

static const char* embed(const pass* pass, const oag_plugin_operation* o) {
  const int32_t* ids = memory(pass, &o->x);
  const int64_t width = o->out.width;
  float* out = memory(pass, &o->out);
  for (int64_t s = 0; s < o->rows.runs; s++)
    for (int64_t r = o->rows.offsets[s]; r < o->rows.offsets[s + 1]; r++) {
      if (ids[r] < 0 || ids[r] >= pass->weights->parameters[o->weight].part_rows) return "a token id is outside the table";
      for (int64_t i = 0; i < width; i++)
        out[r * width + i] = part_of(pass, o->weight, 0)[ids[r] * width + i] +
                             part_of(pass, o->positions, 0)[(o->rows.first_positions[s] + r - o->rows.offsets[s]) * width + i];
    }
  return NULL;
}

static void patches(const pass* pass, const oag_plugin_operation* o) {
  const uint8_t* images = memory(pass, &o->x);
  const float *levels = memory(pass, &o->y), *positions = part_of(pass, o->positions, 0);
  float* out = memory(pass, &o->out);
  const int64_t width = o->out.width, grid = o->width / o->patch, prefix = o->prefix == UINT32_MAX ? 0 : pass->weights->parameters[o->prefix].part_rows, rows = prefix + o->height / o->patch * grid;
  for (int64_t r = 0; r < o->out.rows; r++) {
    const int64_t image = r / rows, row = r % rows, cell = row - prefix;
    for (int64_t i = 0; i < width; i++) {
      double sum = positions[row * width + i];
      if (cell < 0) sum += part_of(pass, o->prefix, 0)[row * width + i];
      else {
        const float* weight = part_of(pass, o->weight, 0) + i * pass->weights->parameters[o->weight].width;
        if (o->bias != UINT32_MAX) sum += part_of(pass, o->bias, 0)[i];
        for (int32_t c = 0; c < o->channels; c++)
          for (int32_t y = 0; y < o->patch; y++)
            for (int32_t x = 0; x < o->patch; x++)
              sum += (double)*weight++ * levels[c * 256 + images[((image * o->height + cell / grid * o->patch + y) * o->width + cell % grid * o->patch + x) * o->channels + c]];
      }
      out[r * width + i] = (float)sum;
    }
  }
}

static void pixels(const pass* pass, const oag_plugin_operation* o) {
  const uint8_t* images = memory(pass, &o->x);
  const float* levels = memory(pass, &o->y);
  float* out = memory(pass, &o->out);
  for (int64_t i = 0; i < o->out.rows * o->out.width; i++) out[i] = levels[i % o->channels * 256 + images[i]];
}

/* The cell (y, x) of the window's square for row r of the result, or NULL beyond the picture. */
static const float* cell_of(const pass* pass, const oag_plugin_operation* o, int64_t r, int32_t y, int32_t x) {
  const int64_t rows = (o->height + 2 * o->padding - o->kernel) / o->stride + 1, columns = (o->width + 2 * o->padding - o->kernel) / o->stride + 1;
  const int64_t line = r % (rows * columns) / columns * o->stride + y - o->padding, column = r % columns * o->stride + x - o->padding;
  if (line < 0 || line >= o->height || column < 0 || column >= o->width) return NULL;
  return (const float*)memory(pass, &o->x) + ((r / (rows * columns) * o->height + line) * o->width + column) * o->x.width;
}

static void conv2d(const pass* pass, const oag_plugin_operation* o) {
  const float *weight = part_of(pass, o->weight, 0), *residual = o->y.rows < 0 ? NULL : memory(pass, &o->y);
  float* out = memory(pass, &o->out);
  const int64_t channels = o->x.width, width = o->out.width;
  for (int64_t r = 0; r < o->out.rows; r++)
    for (int64_t i = 0; i < width; i++) {
      double sum = o->bias == UINT32_MAX ? 0 : part_of(pass, o->bias, 0)[i];
      for (int32_t y = 0; y < o->kernel; y++)
        for (int32_t x = 0; x < o->kernel; x++) {
          const float* cell = cell_of(pass, o, r, y, x);
          if (cell) sum += dot(cell, weight + ((i * o->kernel + y) * o->kernel + x) * channels, channels);
        }
      out[r * width + i] = finished(o, sum, residual ? residual + r * width + i : NULL);
    }
}

static void pool2d(const pass* pass, const oag_plugin_operation* o) {
  float* out = memory(pass, &o->out);
  for (int64_t r = 0; r < o->out.rows; r++)
    for (int64_t i = 0; i < o->out.width; i++) {
      double sum = 0, largest = -INFINITY, cells = 0;
      for (int32_t y = 0; y < o->kernel; y++)
        for (int32_t x = 0; x < o->kernel; x++) {
          const float* cell = cell_of(pass, o, r, y, x);
          if (!cell) continue;
          sum += cell[i];
          cells++;
          if (cell[i] > largest) largest = cell[i];
        }
      out[r * o->out.width + i] = (float)(o->pooling == 2 ? sum / cells : largest);
    }
}

static void pool(const pass* pass, const oag_plugin_operation* o) {
  const float* x = memory(pass, &o->x);
  float* out = memory(pass, &o->out);
  for (int64_t s = 0; s < o->rows.count; s++)
    for (int64_t i = 0; i < o->x.width; i++) {
      if (o->pooling < 2) { /* one row */
        out[s * o->x.width + i] = x[o->rows.chosen_rows[s] * o->x.width + i];
        continue;
      }
      const int64_t first = o->rows.offsets[s], n = o->rows.offsets[s + 1] - first;
      double sum = 0, weighted = 0, largest = -INFINITY;
      for (int64_t r = 0; r < n; r++) {
        const double value = x[(first + r) * o->x.width + i];
        sum += value;
        weighted += (double)(r + 1) * value;
        if (value > largest) largest = value;
      }
      const double pooled[] = {sum / (double)n, largest, sum / sqrt((double)n), weighted / ((double)n * (double)(n + 1) / 2)};
      out[s * o->x.width + i] = (float)pooled[o->pooling - 2];
    }
}

static void concat(const pass* pass, const oag_plugin_operation* o) {
  float* out = memory(pass, &o->out);
  for (int64_t r = 0; r < o->out.rows; r++)
    for (int32_t p = 0; p < o->concat_count; p++) {
      const float* part = memory(pass, &o->concat[p]);
      for (int64_t i = 0; i < o->concat[p].width; i++) *out++ = part[r * o->concat[p].width + i];
    }
}

static void l2_normalize(const pass* pass, const oag_plugin_operation* o) {
  const float* x = memory(pass, &o->x);
  float* out = memory(pass, &o->out);
  for (int64_t r = 0; r < o->x.rows; r++) {
    const double norm = sqrt(dot(x + r * o->x.width, x + r * o->x.width, o->x.width));
    for (int64_t i = 0; i < o->x.width; i++) out[r * o->x.width + i] = norm > 0 ? (float)(x[r * o->x.width + i] / norm) : 0;
  }
}

static void similarity(const pass* pass, const oag_plugin_operation* o) {
  const float *a = memory(pass, &o->x), *b = memory(pass, &o->y);
  float* out = memory(pass, &o->out);
  for (int64_t r = 0; r < o->x.rows; r++)
    for (int64_t c = 0; c < o->y.rows; c++)
      out[r * o->y.rows + c] = (float)(exp(part_of(pass, o->weight, 0)[0]) * dot(a + r * o->x.width, b + c * o->x.width, o->x.width) +
                                       (o->bias == UINT32_MAX ? 0 : part_of(pass, o->bias, 0)[0]));
}

static void softmax(const pass* pass, const oag_plugin_operation* o) {
  const float* x = memory(pass, &o->x);
  float* out = memory(pass, &o->out);
  for (int64_t r = 0; r < o->x.rows; r++, x += o->x.width, out += o->x.width) {
    double largest = -INFINITY, sum = 0;
    for (int64_t i = 0; i < o->x.width; i++) largest = x[i] > largest ? x[i] : largest;
    for (int64_t i = 0; i < o->x.width; i++) sum += exp(x[i] - largest);
    for (int64_t i = 0; i < o->x.width; i++) out[i] = (float)(exp(x[i] - largest) / sum);
  }
}

static void repeat(const pass* pass, const oag_plugin_operation* o) {
  const float* rows = part_of(pass, o->weight, 0);
  float* out = memory(pass, &o->out);
  const int64_t numbers = pass->weights->parameters[o->weight].part_rows * o->out.width;
  for (int64_t i = 0; i < o->out.rows * o->out.width; i++) out[i] = rows[i % numbers];
}

static void multiply(const pass* pass, const oag_plugin_operation* o) {
  const float *a = memory(pass, &o->x), *b = memory(pass, &o->y);
  float* out = memory(pass, &o->out);
  for (int64_t i = 0; i < o->x.rows * o->x.width; i++) out[i] = a[i] * b[i];
}

static void add(const pass* pass, const oag_plugin_operation* o) {
  const float *a = memory(pass, &o->x), *b = memory(pass, &o->y);
  float* out = memory(pass, &o->out);
  for (int64_t i = 0; i < o->x.rows * o->x.width; i++) out[i] = a[i] + b[i];
}

static void activate_all(const pass* pass, const oag_plugin_operation* o) {
  const float* x = memory(pass, &o->x);
  float* out = memory(pass, &o->out);
  for (int64_t i = 0; i < o->x.rows * o->x.width; i++) out[i] = (float)activate(o->activation, x[i]);
}

const char* plain_run(const pass* pass, const oag_plugin_operation* o) {
  if (o->struct_size != sizeof *o) return "the operation has another size";
  if (o->out.id >= pass->tensors) return "the result is no tensor of the pass";
  switch (o->kind) {
    case OAG_OP_LINEAR: linear(pass, o); return NULL;
    case OAG_OP_LAYER_NORM: layer_norm(pass, o); return NULL;
    case OAG_OP_ATTENTION: return attention(pass, o);
    case OAG_OP_EMBED: return embed(pass, o);
    case OAG_OP_PATCHES: patches(pass, o); return NULL;
    case OAG_OP_POOL: pool(pass, o); return NULL;
    case OAG_OP_L2_NORMALIZE: l2_normalize(pass, o); return NULL;
    case OAG_OP_SIMILARITY: similarity(pass, o); return NULL;
    case OAG_OP_SOFTMAX: softmax(pass, o); return NULL;
    case OAG_OP_CONCAT: concat(pass, o); return NULL;
    case OAG_OP_REPEAT: repeat(pass, o); return NULL;
    case OAG_OP_MULTIPLY: multiply(pass, o); return NULL;
    case OAG_OP_ACTIVATE: activate_all(pass, o); return NULL;
    case OAG_OP_PIXELS: pixels(pass, o); return NULL;
    case OAG_OP_CONV2D: conv2d(pass, o); return NULL;
    case OAG_OP_POOL2D: pool2d(pass, o); return NULL;
    case OAG_OP_ADD: add(pass, o); return NULL;
    default: return "an operation of a later version";
  }
}
