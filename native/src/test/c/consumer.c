/* What a vendor does with the NAR package: plain C against openautoglm.h and libopenautoglm.so, nothing else of the project.
 * Argument: the folder testdata/models. */
#include <openautoglm.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

  free(picture);
  free(image_rows);
  free(text_rows);
  oag_model_close(model);
  oag_runtime_close(runtime);
  printf("consumer: libopenautoglm %s works from C\n", oag_version());
  return 0;
}
