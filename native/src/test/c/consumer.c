/* What a vendor does with the NAR package: plain C against openautoglm.h and libopenautoglm.so, nothing else of the project.
 * Argument: the folder testdata/models. */
#define _POSIX_C_SOURCE 200809L /* mkstemp */
#include <openautoglm.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char error[512];

#define CHECK(condition)                                                                 \
  do {                                                                                   \
    if (!(condition)) {                                                                  \
      fprintf(stderr, "consumer.c:%d: %s does not hold; error text: '%s'\n", __LINE__, #condition, error); \
      exit(1);                                                                           \
    }                                                                                    \
  } while (0)

static uint8_t* read_file(const char* path, size_t* size) {
  FILE* file = fopen(path, "rb");
  CHECK(file != NULL);
  fseek(file, 0, SEEK_END);
  *size = (size_t)ftell(file);
  rewind(file);
  uint8_t* bytes = malloc(*size);
  CHECK(bytes != NULL && fread(bytes, 1, *size, file) == *size);
  fclose(file);
  return bytes;
}

/* An index of vectors: made, saved, opened again by whoever has the same model, and searched. `rows` [count, width] are the vectors of what `names` names. */
static void search(oag_runtime* runtime, const oag_model* model, size_t width, const float* rows, const char* const* names, size_t count) {
  char hash[64];
  CHECK(oag_model_get_string(model, OAG_STRING_HASH, hash, sizeof hash, NULL, error, sizeof error) == OAG_OK);
  oag_model_info info = {0};
  info.struct_size = sizeof info;
  CHECK(oag_model_get_info(model, &info, error, sizeof error) == OAG_OK);
  oag_store_settings settings = {0};
  settings.struct_size = sizeof settings;
  settings.dimension = (int32_t)width;
  settings.metric = OAG_METRIC_COSINE;
  settings.id_kind = OAG_IDS_TEXTS;
  settings.precision = info.precision;
  settings.model_hash = hash;
  settings.model_name = "tiny-clip";
  oag_store* store = NULL;
  CHECK(oag_store_create(runtime, &settings, &store, error, sizeof error) == OAG_OK);

  char ids[256] = "";
  int64_t id_offsets[8] = {0};
  CHECK(count < 8);
  for (size_t i = 0; i < count; i++) {
    strcat(ids, names[i]);
    id_offsets[i + 1] = (int64_t)strlen(ids);
  }
  CHECK(oag_store_append_texts(store, rows, count, ids, id_offsets, error, sizeof error) == OAG_OK);
  CHECK(oag_store_append_texts(store, rows, 1, ids, id_offsets, error, sizeof error) == OAG_INVALID_ARGUMENT); /* ids are unique */

  char file[] = "consumer-XXXXXX";
  int descriptor = mkstemp(file);
  CHECK(descriptor >= 0 && close(descriptor) == 0);
  CHECK(oag_store_save(store, file, error, sizeof error) == OAG_OK);
  oag_store_close(store);

  /* The file carries the model's hash: vectors of another model would not compare, and such an index is refused. */
  CHECK(oag_store_open(runtime, file, &settings, &store, error, sizeof error) == OAG_OK);
  oag_store_settings other = settings;
  other.model_hash = "00000000000000000000000000000000";
  oag_store* refused = NULL;
  CHECK(oag_store_open(runtime, file, &other, &refused, error, sizeof error) == OAG_BAD_INDEX && refused == NULL);
  CHECK(remove(file) == 0);

  /* The best two for each vector: itself first, and no row that the filter leaves out. */
  for (size_t i = 0; i < count; i++) {
    int64_t best[2], found = 0;
    float scores[2];
    CHECK(oag_store_search(store, rows + i * width, 1, 2, NULL, 0, best, scores, &found, error, sizeof error) == OAG_OK);
    CHECK(found == 2 && best[0] == (int64_t)i && fabsf(scores[0] - 1) < 1e-5f && scores[1] <= scores[0]);
    char name[64];
    int64_t name_offsets[2];
    CHECK(oag_store_get_texts(store, best, 1, name, sizeof name, name_offsets, NULL, error, sizeof error) == OAG_OK);
    CHECK((size_t)name_offsets[1] == strlen(names[i]) && memcmp(name, names[i], strlen(names[i])) == 0);
    uint64_t others = ~(UINT64_C(1) << i);
    CHECK(oag_store_search(store, rows + i * width, 1, 1, &others, count, best, scores, &found, error, sizeof error) == OAG_OK);
    CHECK(found == 1 && best[0] != (int64_t)i);
  }
  oag_store_close(store);
}

/* Late interaction: for each token of a text its best patch of the picture, summed. */
static float best_patches(oag_runtime* runtime, const oag_model* model, const oag_model_info* info, const oag_image* image, const int32_t* ids, int64_t length) {
  size_t patches = (size_t)info->image_tokens, width = (size_t)info->text_token_size;
  CHECK(info->image_token_size == info->text_token_size); /* in one space, in CLIP */
  float* image_rows = malloc(patches * width * sizeof(float));        /* [patches, width] */
  float* text_rows = malloc((size_t)length * width * sizeof(float));  /* [length, width] */
  const int64_t text_offsets[2] = {0, length}, image_offsets[2] = {0, (int64_t)patches};
  CHECK(image_rows != NULL && text_rows != NULL);
  CHECK(oag_encode_image_tokens(model, image, 1, image_rows, patches * width, NULL, error, sizeof error) == OAG_OK);
  CHECK(oag_encode_text_tokens(model, ids, text_offsets, 1, text_rows, (size_t)length * width, error, sizeof error) == OAG_OK);
  CHECK(oag_normalize(image_rows, patches, width, error, sizeof error) == OAG_OK);
  CHECK(oag_normalize(text_rows, (size_t)length, width, error, sizeof error) == OAG_OK);
  float score = 0;
  CHECK(oag_max_similarity(runtime, text_rows, (size_t)length, image_rows, image_offsets, 1, width, &score, error, sizeof error) == OAG_OK);
  free(image_rows);
  free(text_rows);
  return score;
}

int main(int argc, char** argv) {
  CHECK(argc == 2);
  CHECK(oag_abi_version() == OAG_ABI_VERSION);

  oag_runtime_options options = {0};
  options.struct_size = sizeof options;
  options.device = OAG_DEVICE_HOST;
  options.threads = 2;
  oag_runtime* runtime = NULL;
  CHECK(oag_runtime_create(&options, &runtime, error, sizeof error) == OAG_OK);

  /* A failure says what was wrong, and the runtime goes on. */
  oag_model* model = NULL;
  CHECK(oag_model_load(runtime, "/no/such/folder", NULL, &model, error, sizeof error) != OAG_OK);
  CHECK(model == NULL && strstr(error, "/no/such/folder") != NULL);

  char path[4096];
  snprintf(path, sizeof path, "%s/tiny-clip", argv[1]);
  CHECK(oag_model_load(runtime, path, NULL, &model, error, sizeof error) == OAG_OK);

  oag_model_info info = {0};
  info.struct_size = sizeof info;
  CHECK(oag_model_get_info(model, &info, error, sizeof error) == OAG_OK);
  CHECK(info.embedding_size > 0 && info.has_image_tower && info.has_text_tower);
  size_t width = (size_t)info.embedding_size;

  /* One picture, and one that is none: its row is zero, the other is done. */
  snprintf(path, sizeof path, "%s/pictures/landscape.jpg", argv[1]);
  oag_image images[2] = {{0}, {0}};
  images[0].struct_size = images[1].struct_size = sizeof(oag_image);
  uint8_t* picture = read_file(path, &images[0].size);
  images[0].data = picture;
  images[1].data = (const uint8_t*)"not a picture";
  images[1].size = 13;
  oag_item items[2];
  float* image_rows = malloc(2 * width * sizeof(float)); /* [2, width] */
  CHECK(oag_encode_images(model, images, 2, image_rows, 2 * width, items, error, sizeof error) == OAG_PARTIAL);
  CHECK(items[0].status == OAG_OK && items[1].status == OAG_BAD_IMAGE && items[1].error[0] != 0);
  for (size_t i = 0; i < width; i++) CHECK(isfinite(image_rows[i]) && image_rows[width + i] == 0);

  /* Three texts; the last token of the vocabulary ends each, as in every CLIP. */
  int32_t end = info.vocabulary_size - 1;
  int32_t ids[] = {end - 1, 320, 518, end, end - 1, 541, end, end - 1, 320, 518, end};
  int64_t offsets[] = {0, 4, 7, 11};
  float* text_rows = malloc(3 * width * sizeof(float)); /* [3, width] */
  CHECK(oag_encode_texts(model, ids, offsets, 3, text_rows, 3 * width, error, sizeof error) == OAG_OK);
  CHECK(memcmp(text_rows, text_rows + 2 * width, width * sizeof(float)) == 0); /* texts 0 and 2 are equal */
  CHECK(memcmp(text_rows, text_rows + width, width * sizeof(float)) != 0);

  float logits[3], probabilities[3];
  CHECK(oag_forward(model, image_rows, 1, text_rows, 3, logits, probabilities, error, sizeof error) == OAG_OK);
  CHECK(logits[0] == logits[2] && logits[0] != logits[1]);
  CHECK(fabsf(probabilities[0] + probabilities[1] + probabilities[2] - 1) < 1e-5f);

  /* Cosines are what is left of the logits without their scale: normalising changes nothing. */
  float scaled[3];
  CHECK(oag_normalize(image_rows, 1, width, error, sizeof error) == OAG_OK);
  CHECK(oag_forward(model, image_rows, 1, text_rows, 3, scaled, NULL, error, sizeof error) == OAG_OK);
  for (int i = 0; i < 3; i++) CHECK(fabsf(scaled[i] - logits[i]) < 1e-4f);

  /* A picture and two texts in one index: what is nearest to each. */
  memcpy(image_rows + width, text_rows, width * sizeof(float));
  float* rows = malloc(3 * width * sizeof(float)); /* [3, width] */
  CHECK(rows != NULL);
  memcpy(rows, image_rows, 2 * width * sizeof(float));
  memcpy(rows + 2 * width, text_rows + width, width * sizeof(float));
  const char* names[] = {"landscape.jpg", "first text", "second text"};
  search(runtime, model, width, rows, names, 3);
  free(rows);

  float score = best_patches(runtime, model, &info, &images[0], ids, 4);
  CHECK(isfinite(score) && fabsf(score) <= 4.0001f);

  free(picture);
  free(image_rows);
  free(text_rows);
  oag_model_close(model);
  oag_runtime_close(runtime);
  printf("consumer: libopenautoglm %s works from C\n", oag_version());
  return 0;
}
