#include "c_api/c_program.h"

#include <openautoglm.h>
#include <string.h>

size_t oag_test_layout(size_t* numbers, size_t capacity) {
  const size_t layout[] = {
      sizeof(oag_runtime_options), offsetof(oag_runtime_options, max_image_pixels), offsetof(oag_runtime_options, plugin_folder),
      sizeof(oag_model_options),   offsetof(oag_model_options, precision),          sizeof(oag_model_info),
      offsetof(oag_model_info, parameter_count), sizeof(oag_image), offsetof(oag_image, stride), sizeof(oag_item), offsetof(oag_item, error),
  };
  const size_t count = sizeof layout / sizeof layout[0];
  if (capacity >= count) memcpy(numbers, layout, sizeof layout);
  return count;
}

const char* oag_test_session(const char* folder, char* error, size_t error_capacity) {
  static uint8_t pixels[8 * 8 * 3];
  oag_runtime_options options;
  oag_model_options model_options;
  oag_model_info info;
  oag_image image;
  oag_item item;
  oag_runtime* runtime = NULL;
  oag_model* model = NULL;
  float embedding[2][64], logit = 0, probability = 0;
  const int32_t ids[1] = {1};
  const int64_t offsets[2] = {0, 1};
  const char* fault = NULL;

  memset(pixels, 128, sizeof pixels);
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  options.device = OAG_DEVICE_HOST;
  options.threads = 1;
  memset(&model_options, 0, sizeof model_options);
  model_options.struct_size = sizeof model_options;
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  memset(&image, 0, sizeof image);
  image.struct_size = sizeof image;
  image.kind = OAG_IMAGE_RGB8;
  image.data = pixels;
  image.size = sizeof pixels;
  image.width = image.height = 8;

  if (oag_abi_version() != OAG_ABI_VERSION) fault = "oag_abi_version";
  else if (oag_runtime_create(&options, &runtime, error, error_capacity) != OAG_OK) fault = "oag_runtime_create";
  else if (oag_model_load(runtime, folder, &model_options, &model, error, error_capacity) != OAG_OK) fault = "oag_model_load";
  else if (oag_model_get_info(model, &info, error, error_capacity) != OAG_OK || info.embedding_size > 64) fault = "oag_model_get_info";
  else if (oag_encode_images(model, &image, 1, embedding[0], 64, &item, error, error_capacity) != OAG_OK || item.status != OAG_OK) fault = "oag_encode_images";
  else if (oag_encode_texts(model, ids, offsets, 1, embedding[1], 64, error, error_capacity) != OAG_OK) fault = "oag_encode_texts";
  else if (oag_forward(model, embedding[0], 1, embedding[1], 1, &logit, &probability, error, error_capacity) != OAG_OK) fault = "oag_forward";
  else if (probability != 1.0f || logit == 0.0f) fault = "a wrong score";
  oag_runtime_close(runtime);
  oag_model_close(model);
  return fault;
}
