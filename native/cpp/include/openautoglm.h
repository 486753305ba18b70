/* OpenAutoGLM native SDK: the C ABI.
 *
 * Rules that hold for every function:
 *  - It returns an oag_status. On failure one sentence in UTF-8 that names the culprit (file, tensor, argument) and the remedy is
 *    written to the caller's `error` buffer of `error_capacity` bytes, cut on a character boundary and always terminated; `error`
 *    may be NULL. Nothing is kept between calls, so a caller may move between threads.
 *  - It takes plain C types; buffers belong to the caller. A struct begins with `struct_size`, to be set to sizeof the struct as
 *    the caller was compiled; fields that an older caller does not know take their default (zero).
 *  - It never prints, aborts, exits or throws, and no thread of the library calls back.
 *  - Strings are UTF-8 and NUL-terminated. Matrices are row-major and dense.
 *
 * Threads: any handle may be used from any number of threads at once. A close function waits for the calls in progress on
 * its handle; using a handle after its close is undefined.
 */
#ifndef OPENAUTOGLM_H
#define OPENAUTOGLM_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define OAG_API __attribute__((visibility("default")))
#else
#define OAG_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Grows when a function or struct changes incompatibly. */
#define OAG_ABI_VERSION 1

typedef int32_t oag_status;
enum {
  OAG_OK = 0,
  OAG_INVALID_ARGUMENT = 1, /* an argument no state of the library could accept */
  OAG_IO = 2,               /* a file is missing, unreadable, or changed while it was read */
  OAG_BAD_MODEL = 3,        /* a model folder, its config or its weights are not usable */
  OAG_BAD_IMAGE = 4,        /* a picture cannot be decoded, or is over the pixel limit */
  OAG_UNSUPPORTED = 5,      /* well-formed, but this library or machine does not do it */
  OAG_UNAVAILABLE = 6,      /* the device, its driver or its plugin is not there */
  OAG_OUT_OF_MEMORY = 7,
  OAG_BUFFER_TOO_SMALL = 8, /* `needed` tells the size that is wanted */
  OAG_PARTIAL = 9,          /* some items of a batch failed: look at their oag_item; the other rows are done */
  OAG_INTERNAL = 10,        /* a defect of this library */
  OAG_BAD_INDEX = 11        /* an index file is damaged, unfinished, or of another model */
};

typedef int32_t oag_device;
enum { OAG_DEVICE_AUTO = 0, OAG_DEVICE_HOST = 1, OAG_DEVICE_CUDA = 2, OAG_DEVICE_TENSORRT = 3 };

typedef int32_t oag_precision;
enum { OAG_PRECISION_AUTO = 0, OAG_PRECISION_FP32 = 1, OAG_PRECISION_BF16 = 2, OAG_PRECISION_FP16 = 3, OAG_PRECISION_INT8 = 4 };

/* Instruction sets of the host executor. REFERENCE is plain C++ for any CPU. */
typedef int32_t oag_isa;
enum { OAG_ISA_AUTO = 0, OAG_ISA_REFERENCE = 1, OAG_ISA_AVX2 = 2, OAG_ISA_AVX512 = 3, OAG_ISA_NEON = 4 };

/* Threads, workspaces and the chosen device; models are loaded into one. */
typedef struct oag_runtime oag_runtime;
/* An immutable, loaded model. */
typedef struct oag_model oag_model;

/* ABI version and release ("0.1.0") of the library that is loaded. */
OAG_API int32_t oag_abi_version(void);
OAG_API const char* oag_version(void);

/* ---- runtime -------------------------------------------------------------------------------------------------------- */

/* Whether the weights and workspaces of the host ask the kernel for pages of 2 MiB. Where it gives none they lie on small ones: OAG_STRING_BACKEND_REASON tells what it gave. */
typedef int32_t oag_huge_pages;
enum { OAG_HUGE_PAGES_AUTO = 0, OAG_HUGE_PAGES_OFF = 1, OAG_HUGE_PAGES_ON = 2 };

typedef struct oag_runtime_options {
  uint32_t struct_size;
  oag_device device;           /* AUTO: $OPENAUTOGLM_DEVICE, else the best that is there; CUDA and TENSORRT never fall back */
  oag_isa isa;                 /* AUTO: $OPENAUTOGLM_ISA, else the best of this CPU; any other is used or refused */
  int32_t threads;             /* compute threads, the caller's included; 0: the CPUs this process may use */
  int32_t max_tokens;          /* rows computed in one pass; longer calls are cut into passes; 0: 2048 */
  int32_t max_passes;          /* passes, hence workspaces, at once; further callers wait in order; 0: max(2, threads) */
  int64_t max_image_pixels;    /* a picture with more is refused before it is decoded; 0: 178,956,970 (Pillow's) */
  int64_t max_pixels_in_flight;/* decoded pixels held at once, over all calls; 0: 64 Mi; one picture is always let through */
  const char* plugin_folder;   /* where device plugins and their manifests lie; NULL: the folder of this library */
  oag_huge_pages huge_pages;   /* AUTO: $OPENAUTOGLM_HUGE_PAGES, else OFF */
} oag_runtime_options;

/* Creates a runtime and its worker threads. `options` may be NULL. */
OAG_API oag_status oag_runtime_create(const oag_runtime_options* options, oag_runtime** out, char* error, size_t error_capacity);

/* Gives the caller's handle back. Threads are joined and memory is freed when the last model of the runtime is closed too.
 * NULL is allowed. */
OAG_API void oag_runtime_close(oag_runtime* runtime);

/* Writes a JSON object: version, platform, CPU features, each instruction set and device tried with the reason for refusing it,
 * plugins, driver, memory. `runtime` may be NULL: then the answer is for the default options. `needed` (may be NULL) receives the
 * length with the final NUL; OAG_BUFFER_TOO_SMALL when it exceeds `capacity`. */
OAG_API oag_status oag_diagnostics(const oag_runtime* runtime, char* json, size_t capacity, size_t* needed,
                                   char* error, size_t error_capacity);

/* ---- model ---------------------------------------------------------------------------------------------------------- */

/* How the vectors of a text's tokens become one. */
typedef int32_t oag_pooling;
enum {
  OAG_POOLING_DEFAULT = 0, /* as the folder says; the mean where it says nothing */
  OAG_POOLING_FIRST = 1,   /* the first token's, [CLS] */
  OAG_POOLING_LAST = 2,
  OAG_POOLING_MEAN = 3,
  OAG_POOLING_MAX = 4,
  OAG_POOLING_MEAN_SQRT_LENGTH = 5, /* the sum over the root of the number of tokens */
  OAG_POOLING_WEIGHTED_MEAN = 6     /* the i-th token counts i times */
};

typedef struct oag_model_options {
  uint32_t struct_size;
  oag_precision precision;  /* AUTO: $OPENAUTOGLM_PRECISION, else bf16 where the device has its arithmetic and it is accurate with these weights, else fp32 */
  int32_t allow_inaccurate; /* 1: a precision is used though its least cosine with fp32 is under 0.999 (bf16, fp16) or 0.99 (int8); 0: that is refused */
  const char* cache_folder; /* where what was measured about a precision is kept; NULL: $XDG_CACHE_HOME/openautoglm or ~/.cache/openautoglm; "": nowhere */
  oag_pooling pooling;      /* of an encoder of texts whose folder has no modules.json; for any other model all but DEFAULT is refused */
  int32_t whole_texts;      /* 1: each text is computed by itself, also what it has in common with others; to compare with. 0: what is in common is computed once */
  int64_t prefix_cache_bytes; /* most memory for what calls computed of beginnings that many texts share (prompt templates); 0: 32 MiB; negative: none is kept */
} oag_model_options;

/* Loads a Hugging Face model folder. Files are read, never mapped; none is open afterwards. `options` may be NULL. The first load in bf16 or int8 measures that precision on
 * built-in samples, with one fp32 weight set prepared and dropped before the other; later ones find the measurement in the cache. */
OAG_API oag_status oag_model_load(oag_runtime* runtime, const char* folder, const oag_model_options* options, oag_model** out,
                                  char* error, size_t error_capacity);

/* Frees the model. NULL is allowed. */
OAG_API void oag_model_close(oag_model* model);

/* What the probabilities of oag_forward are. */
typedef int32_t oag_scores;
enum {
  OAG_SCORES_NONE = 0,        /* the model has one tower, and no scores */
  OAG_SCORES_AMONG_TEXTS = 1, /* an image's probabilities sum to 1 over the texts (softmax: CLIP) */
  OAG_SCORES_EACH_PAIR = 2    /* each pair has a probability of its own (sigmoid: SigLIP) */
};

typedef struct oag_model_info {
  uint32_t struct_size;
  oag_device device;
  oag_isa isa;               /* of the host executor */
  oag_precision precision;
  int32_t threads;
  int32_t embedding_size;    /* floats in an embedding */
  int32_t image_width;       /* pixels the image tower takes; 0 without one */
  int32_t image_height;
  int32_t has_image_tower;   /* 0 or 1 */
  int32_t has_text_tower;
  int32_t vocabulary_size;   /* token ids are 0 … vocabulary_size - 1 */
  /* Text specification: what the tokenizer must do before oag_encode_texts. */
  int32_t text_max_tokens;   /* truncate to this many, special tokens kept */
  int32_t text_pad_to;       /* pad to this many with text_pad_id; 0: never pad */
  int32_t text_pad_id;
  int32_t text_lower_case;   /* lower-case before the tokenizer.json pipeline; 0 or 1 */
  int64_t parameter_count;   /* numbers in the weights that are used */
  double least_image_cosine; /* with the fp32 embedding, over the built-in pictures; 1 in fp32; NaN without an image tower */
  double least_text_cosine;  /* the same over the built-in texts */
  oag_scores scores;
  int32_t image_tokens;      /* vectors that oag_encode_image_tokens gives for a picture; 0 without an image tower, or where it gives none */
  int32_t image_token_size;  /* floats in each */
  int32_t text_token_size;   /* floats in each vector of oag_encode_text_tokens; 0 without a text tower, or where it gives none */
  int32_t text_leaves_prompt_out; /* 1: a prompt's tokens are not pooled, and oag_encode_prompted_texts must be told how many there are; 0 or 1 */
} oag_model_info;

/* Fills `info` up to info->struct_size. */
OAG_API oag_status oag_model_get_info(const oag_model* model, oag_model_info* info, char* error, size_t error_capacity);

typedef int32_t oag_model_string;
enum {
  OAG_STRING_FAMILY = 0,         /* "clip" */
  OAG_STRING_FOLDER = 1,         /* as given to oag_model_load */
  OAG_STRING_TOKENIZER = 2,      /* path of tokenizer.json; empty when the folder has none */
  OAG_STRING_HASH = 3,           /* 32 hexadecimal digits over configs, weights and tokenizer: equal models, equal hash */
  OAG_STRING_BACKEND = 4,        /* "host avx512 fp32, 2 threads" */
  OAG_STRING_BACKEND_REASON = 5, /* why this device, instruction set and precision, and why not the others */
  OAG_STRING_OPERATIONS = 6,     /* the recorded operation lists, one line per operation, symbolic rows */
  OAG_STRING_EMBEDDING = 7,      /* which vector the embedding is: "mean of the tokens, length 1" */
  OAG_STRING_PROMPTS = 8,        /* JSON: {"prompts": {name: what is put before a text}, "default": the name of the one that is put unasked, or ""} */
  OAG_STRING_MADE_TOKENIZER = 9, /* the text of a tokenizer.json, made of vocab.txt, or vocab.json and merges.txt, where the folder has only those; else empty */
  OAG_STRING_TOKENS = 10         /* which vectors oag_encode_*_tokens give: "the tokens behind the last block"; empty where they give none */
};

/* What the cache of beginnings (oag_model_options.prefix_cache_bytes) did since the model was loaded; all 0 without one. */
typedef struct oag_prefix_statistics {
  uint32_t struct_size;
  int64_t lookups;    /* distinct texts of all calls */
  int64_t hits;       /* those that began with rows of the cache */
  int64_t rows_saved; /* rows (tokens) that were not computed */
  int64_t bytes;      /* held now */
  int64_t entries;    /* beginnings kept now */
  int64_t evictions;  /* of the one used longest ago, to make room */
} oag_prefix_statistics;

/* Fills `statistics` up to statistics->struct_size. */
OAG_API oag_status oag_model_get_prefix_statistics(const oag_model* model, oag_prefix_statistics* statistics, char* error, size_t error_capacity);

/* Writes one of the model's strings; size rules as in oag_diagnostics. */
OAG_API oag_status oag_model_get_string(const oag_model* model, oag_model_string which, char* text, size_t capacity, size_t* needed,
                                        char* error, size_t error_capacity);

/* The `capacity` that oag_check_precisions asks for, before it measures anything. */
#define OAG_CHECK_CAPACITY 1048576

/* Measures how close each precision comes to fp32 with a model's weights on this runtime, on built-in pictures and texts, and keeps the results where oag_model_load looks for
 * them. Takes some loads' time. Of `options`, which may be NULL, only cache_folder matters. Writes a JSON object:
 *   {"model": hash, "backend": "host avx2, 2 threads", "automatic": "fp32", "matrices": 26, "pictures": 6, "texts": 8, "precisions": [
 *     {"name": "int8", "accurate": true, "native": true, "required": 0.99, "images": {"least": 0.9991, "mean": 0.9995, "alike": 0.62}, "texts": {…},
 *      "kept": ["text.block.0.mlp.down"], "kept_precision": "fp32", "least_without_kept": 0.95}, {"name": "fp16", "reason": "…", …}]}
 * "alike" is the largest cosine between the fp32 embeddings of two different samples; "kept" are the matrices that suffer most; "reason" says why a precision is refused. */
OAG_API oag_status oag_check_precisions(oag_runtime* runtime, const char* folder, const oag_model_options* options, char* json, size_t capacity, size_t* needed,
                                        char* error, size_t error_capacity);

/* ---- encoding ------------------------------------------------------------------------------------------------------- */

typedef int32_t oag_image_kind;
enum {
  OAG_IMAGE_ENCODED = 0, /* a JPEG, PNG or WebP file's bytes */
  OAG_IMAGE_RGB8 = 1     /* decoded pixels: R, G, B bytes, top row first */
};

typedef struct oag_image {
  uint32_t struct_size;
  oag_image_kind kind;
  const uint8_t* data; /* read during the call only */
  size_t size;         /* bytes readable at data */
  int32_t width;       /* RGB8 only */
  int32_t height;      /* RGB8 only */
  int64_t stride;      /* RGB8 only: bytes from one row to the next; 0: 3 * width */
} oag_image;

/* What became of one item of a batch. */
typedef struct oag_item {
  oag_status status;
  char error[508]; /* empty when status is OAG_OK */
} oag_item;

/* Encodes `count` pictures to raw (projected, not normalised) embeddings [count, embedding_size] at `embeddings`, which has room for
 * `capacity` floats. `items` may be NULL: then the first bad picture fails the call and `embeddings` is unspecified. With
 * `items` [count], each receives its status, the rows of bad pictures are zero, and the call returns OAG_PARTIAL if there was one. */
OAG_API oag_status oag_encode_images(const oag_model* model, const oag_image* images, size_t count, float* embeddings, size_t capacity,
                                     oag_item* items, char* error, size_t error_capacity);

/* Encodes `count` texts: text i is ids[offsets[i] … offsets[i + 1]), special tokens included, made as the text specification says.
 * `offsets` has count + 1 entries from 0, never falling. Result as in oag_encode_images. */
OAG_API oag_status oag_encode_texts(const oag_model* model, const int32_t* ids, const int64_t* offsets, size_t count, float* embeddings,
                                    size_t capacity, char* error, size_t error_capacity);

/* The same for texts whose first `prompt_tokens` ids, of each, are a prompt's: those of the tokenized prompt without what is put behind it ([SEP]). A model with
 * oag_model_info.text_leaves_prompt_out pools the rest; for any other, and for 0, it is oag_encode_texts. */
OAG_API oag_status oag_encode_prompted_texts(const oag_model* model, const int32_t* ids, const int64_t* offsets, size_t count, int32_t prompt_tokens,
                                             float* embeddings, size_t capacity, char* error, size_t error_capacity);

/* The vectors of a picture's patches (and class token), or of a text's tokens, each by itself: for late interaction (oag_max_similarity) and other work on regions and
 * words. Which vector: OAG_STRING_TOKENS. Not normalised. The last block computes all rows here, so such a call takes somewhat longer than one for embeddings.
 *
 * Of pictures: tokens [count, image_tokens, image_token_size]; otherwise as oag_encode_images. */
OAG_API oag_status oag_encode_image_tokens(const oag_model* model, const oag_image* images, size_t count, float* tokens, size_t capacity, oag_item* items,
                                           char* error, size_t error_capacity);

/* Of texts: tokens [offsets[count], text_token_size], the vector of ids[t] in row t, special tokens and padding included, so that `offsets` are those of the
 * vectors, too; otherwise as oag_encode_texts. */
OAG_API oag_status oag_encode_text_tokens(const oag_model* model, const int32_t* ids, const int64_t* offsets, size_t count, float* tokens, size_t capacity,
                                          char* error, size_t error_capacity);

/* Scores images [image_count, embedding_size] against texts [text_count, embedding_size], raw or normalised alike: writes
 * logits [image_count, text_count] as the model was trained (temperature-scaled cosine) and, unless NULL, probabilities of the same shape
 * (as oag_model_info.scores tells). */
OAG_API oag_status oag_forward(const oag_model* model, const float* images, size_t image_count, const float* texts, size_t text_count,
                               float* logits, float* probabilities, char* error, size_t error_capacity);

/* Scales each of `count` rows of `width` floats to Euclidean length 1, in place; a zero row stays zero. */
OAG_API oag_status oag_normalize(float* rows, size_t count, size_t width, char* error, size_t error_capacity);

/* Decodes, resizes, crops and normalises one picture as the model's processor does: float32 [3, height, width] at `pixels` with room for `capacity`
 * floats; `width` and `height` receive the size, also when OAG_BUFFER_TOO_SMALL is returned. */
OAG_API oag_status oag_preprocess(const oag_model* model, const oag_image* image, float* pixels, size_t capacity, int32_t* width,
                                  int32_t* height, char* error, size_t error_capacity);

/* ---- similarity ----------------------------------------------------------------------------------------------------- */

/* How two vectors are compared. */
typedef int32_t oag_metric;
enum { OAG_METRIC_DOT = 0, OAG_METRIC_COSINE = 1, OAG_METRIC_EUCLIDEAN = 2 };

/* In this section `runtime` may be NULL: then the calling thread works alone, with the best instruction set. Vectors are finite and shorter than 9e18; else
 * the call is refused, naming the vector. A score depends on its two vectors alone. */

/* All pairs of a [a_count, width] and b [b_count, width]: scores [a_count, b_count] are dot products, cosines (0 where a vector is zero) or Euclidean distances (lower
 * is nearer). */
OAG_API oag_status oag_similarity(const oag_runtime* runtime, oag_metric metric, const float* a, size_t a_count, const float* b, size_t b_count,
                                  size_t width, float* scores, char* error, size_t error_capacity);

/* scores [a_count, b_count] = a^T . matrix . b with matrix [a_width, b_width]. */
OAG_API oag_status oag_bilinear(const oag_runtime* runtime, const float* a, size_t a_count, size_t a_width, const float* matrix, const float* b,
                                size_t b_count, size_t b_width, float* scores, char* error, size_t error_capacity);

/* Late interaction (ColBERT, FILIP): for each document the sum, over the query's vectors [query_count, width], of the largest dot product with one of the
 * document's vectors. Document i is documents[offsets[i] ... offsets[i + 1]) of [offsets[document_count], width], one vector or more;
 * scores [document_count]. Normalise both for sums of cosines. */
OAG_API oag_status oag_max_similarity(const oag_runtime* runtime, const float* query, size_t query_count, const float* documents, const int64_t* offsets,
                                      size_t document_count, size_t width, float* scores, char* error, size_t error_capacity);

/* What makes probabilities of scores, and how well they fit the labels they were fitted on. The expected calibration error is the mean distance between predicted
 * probability and observed share over 15 bins (Guo et al. 2017); the loss is the mean negative log-likelihood. */
typedef struct oag_calibration {
  uint32_t struct_size;
  uint32_t reserved;
  double scale;        /* sigmoid(scale * score + bias), or softmax(scale * logits); 1 / scale is the temperature */
  double bias;
  double loss_before;  /* before: with scale 1 and bias 0 */
  double loss_after;
  double error_before; /* expected calibration error */
  double error_after;
} oag_calibration;

/* Fits scale and (unless with_bias is 0) bias on `count` scores with labels 0 or 1 (Platt 1999). Both classes are needed. */
OAG_API oag_status oag_fit_sigmoid(const float* scores, const uint8_t* labels, size_t count, int32_t with_bias, oag_calibration* out, char* error,
                                   size_t error_capacity);

/* Fits a temperature on logits [count, classes], of which labels [count] name the right classes (Guo et al. 2017). */
OAG_API oag_status oag_fit_softmax(const float* logits, const int32_t* labels, size_t count, size_t classes, oag_calibration* out, char* error,
                                   size_t error_capacity);

/* ---- search --------------------------------------------------------------------------------------------------------- */

/* What a stored row is made of: fp32, bf16, or 8-bit integers with a scale for each row. */
typedef int32_t oag_row_type;
enum { OAG_ROWS_FP32 = 0, OAG_ROWS_BF16 = 1, OAG_ROWS_INT8 = 2 };

/* What names a row. */
typedef int32_t oag_id_kind;
enum { OAG_IDS_NUMBERS = 0, OAG_IDS_TEXTS = 1 };

/* Vectors with unique ids, in memory, searched exactly; saved to and opened from a checksummed file. Any number of threads may search at
 * once; appending and saving wait for them. */
typedef struct oag_store oag_store;

typedef struct oag_store_settings {
  uint32_t struct_size;
  int32_t dimension;         /* floats of a vector: 1 ... 65536 */
  oag_metric metric;
  oag_row_type row_type;
  oag_id_kind id_kind;
  oag_precision precision;   /* that the vectors were computed in; AUTO: not told */
  const char* model_hash;    /* OAG_STRING_HASH of the model that makes the vectors; NULL or empty: of no model in particular */
  const char* model_name;    /* for error texts; NULL: none */
} oag_store_settings;

/* An empty store. The runtime's threads search it; the store keeps the runtime alive as a model does. */
OAG_API oag_status oag_store_create(oag_runtime* runtime, const oag_store_settings* settings, oag_store** out, char* error, size_t error_capacity);

/* Reads what oag_store_save wrote. The file is read, not mapped, and not open afterwards; a change of any byte is found. `expected` may be NULL: else a store whose
 * dimension (unless 0) or model (hash and precision, unless hash is NULL) is another is refused with OAG_BAD_INDEX, naming both. */
OAG_API oag_status oag_store_open(oag_runtime* runtime, const char* path, const oag_store_settings* expected, oag_store** out, char* error,
                                  size_t error_capacity);

/* Opens or makes a journal: a file to which each append is added, and on the disk, before the call returns. After a crash it is opened again, without what was not
 * whole. One process has it open at a time. It is no index: when all rows are there, save the store to a path of its own. */
OAG_API oag_status oag_store_open_journal(oag_runtime* runtime, const char* path, const oag_store_settings* settings, oag_store** out, char* error,
                                          size_t error_capacity);

/* NULL is allowed. */
OAG_API void oag_store_close(oag_store* store);

typedef struct oag_store_info {
  uint32_t struct_size;
  int32_t dimension;
  oag_metric metric;
  oag_row_type row_type;
  oag_id_kind id_kind;
  oag_precision precision;
  int64_t rows;
} oag_store_info;

/* Fills `info` up to info->struct_size. */
OAG_API oag_status oag_store_get_info(const oag_store* store, oag_store_info* info, char* error, size_t error_capacity);

typedef int32_t oag_store_string;
enum { OAG_STORE_MODEL_HASH = 0, OAG_STORE_MODEL_NAME = 1 };

/* Writes one of the store's strings; size rules as in oag_diagnostics. */
OAG_API oag_status oag_store_get_string(const oag_store* store, oag_store_string which, char* text, size_t capacity, size_t* needed, char* error,
                                        size_t error_capacity);

/* Adds rows [count, dimension] with number ids [count], or with texts: id i is the bytes texts[offsets[i] ... offsets[i + 1]), UTF-8, at most 65,535. All rows are added, or on an
 * error none. An id that is there already is an error. */
OAG_API oag_status oag_store_append(oag_store* store, const float* rows, size_t count, const int64_t* ids, char* error, size_t error_capacity);
OAG_API oag_status oag_store_append_texts(oag_store* store, const float* rows, size_t count, const char* texts, const int64_t* offsets, char* error,
                                          size_t error_capacity);

/* Adds the rows of `other` whose ids are not in `store`, bit for bit; `added` (may be NULL) receives how many. The settings of both must be equal. */
OAG_API oag_status oag_store_append_missing(oag_store* store, const oag_store* other, int64_t* added, char* error, size_t error_capacity);

/* Replaces the file at `path`: after a crash there is the old one or the new one, whole. */
OAG_API oag_status oag_store_save(const oag_store* store, const char* path, char* error, size_t error_capacity);

/* The k best rows for each of queries [query_count, dimension], best first, equal scores by row: rows and scores [query_count, k], of which found [query_count]
 * are filled. A score is a dot product, a cosine, or minus the Euclidean distance. `filter` may be NULL: else row r can be found only where it is below
 * filter_rows and bit r mod 64 of word r / 64 is set. */
OAG_API oag_status oag_store_search(const oag_store* store, const float* queries, size_t query_count, size_t k, const uint64_t* filter, size_t filter_rows,
                                    int64_t* rows, float* scores, int64_t* found, char* error, size_t error_capacity);

/* The row of an id, or -1. */
OAG_API oag_status oag_store_find(const oag_store* store, int64_t id, int64_t* row, char* error, size_t error_capacity);
OAG_API oag_status oag_store_find_text(const oag_store* store, const char* text, size_t length, int64_t* row, char* error, size_t error_capacity);

/* The ids of rows [count]. Texts are written one behind the other, and offsets [count + 1] tell where each begins; `needed` (may be NULL) receives their bytes,
 * and OAG_BUFFER_TOO_SMALL is returned when they exceed `capacity`. */
OAG_API oag_status oag_store_get_ids(const oag_store* store, const int64_t* rows, size_t count, int64_t* ids, char* error, size_t error_capacity);
OAG_API oag_status oag_store_get_texts(const oag_store* store, const int64_t* rows, size_t count, char* texts, size_t capacity, int64_t* offsets,
                                       size_t* needed, char* error, size_t error_capacity);

/* ---- measuring ------------------------------------------------------------------------------------------------------ */

/* Measures what a speed is a fraction of: the fp32 operations per second (a multiply-add counts two) that the runtime's threads reach together in registers, with its
 * instruction set. Takes about a fifth of a second. */
OAG_API oag_status oag_measure_peak(const oag_runtime* runtime, double* flops, char* error, size_t error_capacity);

/* The same for the arithmetic of one precision: fp32, bf16 or int8. */
OAG_API oag_status oag_measure_peak_of(const oag_runtime* runtime, oag_precision precision, double* operations, char* error, size_t error_capacity);

/* The multiplications and additions of matrix products and attention that encoding `images` pictures, and `texts` texts of `tokens` tokens each that share nothing, takes. */
OAG_API oag_status oag_count_operations(const oag_model* model, int64_t images, int64_t texts, int64_t tokens, double* operations, char* error,
                                        size_t error_capacity);

#ifdef __cplusplus
}
#endif

#endif
