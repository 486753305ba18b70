// oag_model_* and what runs a model.
#include <algorithm>
#include <limits>
#include <vector>

#include <nlohmann/json.hpp>

#include "c_api/handles.h"

using namespace oag;
using namespace oag::c_api;

namespace {

ImageRequest read_image(const oag_image& image, const std::string& name) {
  if (!image.data) throw Error(Status::invalid_argument, name + ".data is NULL");
  if (image.kind == OAG_IMAGE_ENCODED) return EncodedImage{image.data, image.size};
  if (image.kind != OAG_IMAGE_RGB8) throw Error(Status::invalid_argument, name + ".kind is " + std::to_string(image.kind) + ", none of OAG_IMAGE_*");
  const int64_t row = int64_t{3} * image.width, stride = image.stride == 0 ? row : image.stride;
  if (image.width < 1 || image.height < 1)
    throw Error(Status::invalid_argument, name + " is " + std::to_string(image.width) + " x " + std::to_string(image.height) + " pixels; both must be positive");
  int64_t before_last;
  if (stride < row || __builtin_mul_overflow(stride, int64_t{image.height} - 1, &before_last) || before_last > INT64_MAX - row ||
      static_cast<uint64_t>(before_last + row) > image.size)
    throw Error(Status::invalid_argument, name + " has " + std::to_string(image.size) + " bytes; " + std::to_string(image.height) + " rows of " + std::to_string(row) +
                                              " bytes at stride " + std::to_string(stride) + " need more");
  return image::RgbView{image.data, image.width, image.height, stride};
}

// An array of structs whose elements may be longer or shorter than ours.
oag_image image_at(const oag_image* images, size_t index) {
  const uint32_t size = images->struct_size;
  require(size >= offsetof(oag_image, stride) + sizeof images->stride && size <= 4096, "oag_image.struct_size is not sizeof(oag_image)");
  oag_image image;
  std::memcpy(&image, reinterpret_cast<const char*>(images) + index * size, sizeof image);
  return image;
}

void require_room(size_t rows, size_t width, size_t capacity, const char* name) {
  size_t wanted;
  if (__builtin_mul_overflow(rows, width, &wanted) || capacity < wanted)
    throw Error(Status::buffer_too_small, std::string(name) + " has room for " + std::to_string(capacity) + " floats; " + std::to_string(rows) + " rows of " +
                                              std::to_string(width) + " are wanted");
}

std::string prompts_of(const models::TextSpec* spec) {
  nlohmann::json prompts = {{"prompts", nlohmann::json::object()}, {"default", ""}};
  if (spec) prompts = {{"prompts", spec->prompts}, {"default", spec->default_prompt}};
  return prompts.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

PrefixOptions read_prefix_options(const oag_model_options* options) {
  const auto given = read_struct(options, "oag_model_options");
  require(given.whole_texts == 0 || given.whole_texts == 1, "oag_model_options.whole_texts is neither 0 nor 1");
  return {given.whole_texts == 0, given.prefix_cache_bytes == 0 ? default_prefix_cache_bytes : std::max<int64_t>(0, given.prefix_cache_bytes)};
}

std::string string_of(const Model& model, oag_model_string which) {
  switch (which) {
    case OAG_STRING_FAMILY: return model.definition().family();
    case OAG_STRING_FOLDER: return model.folder().path();
    case OAG_STRING_TOKENIZER: return model.folder().tokenizer();
    case OAG_STRING_HASH: return model.hash();
    case OAG_STRING_BACKEND: return model.backend();
    case OAG_STRING_BACKEND_REASON: return model.backend_reason();
    case OAG_STRING_OPERATIONS: return model.operations();
    case OAG_STRING_EMBEDDING: return model.definition().embedding();
    case OAG_STRING_PROMPTS: return prompts_of(model.definition().text_spec());
    case OAG_STRING_MADE_TOKENIZER: return model.made_tokenizer();
    case OAG_STRING_TOKENS: return model.definition().tokens();
    default: throw Error(Status::invalid_argument, "which is " + std::to_string(which) + ", none of OAG_STRING_*");
  }
}

void check_texts(const int32_t* ids, const int64_t* offsets, size_t count, const float* out, const char* name) {
  require(count > 0, "count is 0: there is no text to encode");
  if (!ids || !offsets || !out) throw Error(Status::invalid_argument, std::string("ids, offsets or ") + name + " is NULL");
  require(offsets[0] == 0, "offsets[0] is not 0");
  for (size_t i = 0; i < count; i++) require(offsets[i] <= offsets[i + 1], "offsets fall");
}

// One call over pictures: `encode` is given them and where their results go, null where the first bad picture fails the call.
oag_status encode_pictures(const oag_image* images, size_t count, oag_item* items, char* error, size_t error_capacity,
                           FunctionRef<void(const std::vector<ImageRequest>&, std::vector<ItemResult>*)> encode) {
  std::vector<ImageRequest> requests;
  requests.reserve(count);
  for (size_t i = 0; i < count; i++) requests.push_back(read_image(image_at(images, i), "images[" + std::to_string(i) + "]"));
  std::vector<ItemResult> results(items ? count : 0);
  encode(requests, items ? &results : nullptr);
  bool all_done = true;
  for (size_t i = 0; i < results.size(); i++) {
    items[i].status = static_cast<oag_status>(results[i].status);
    write_error(results[i].text, items[i].error, sizeof items[i].error);
    all_done &= results[i].status == Status::ok;
  }
  if (all_done) return OAG_OK;
  write_error("some images failed: each item has its own status and error", error, error_capacity);
  return OAG_PARTIAL;
}

// In fp32 nothing was measured, for it is what the others are measured against.
double least_cosine(const Model& model, int32_t has_tower, std::optional<TowerAccuracy> Accuracy::* tower) {
  if (!has_tower) return std::numeric_limits<double>::quiet_NaN();
  const std::optional<Accuracy>& accuracy = model.accuracy();
  return accuracy && (*accuracy).*tower ? ((*accuracy).*tower)->least : 1;
}

oag_model_info info_of(const Model& model) {
  const models::Definition& definition = model.definition();
  const RuntimeOptions& options = model.runtime().options();
  oag_model_info info{};
  info.device = static_cast<oag_device>(options.device);
  info.isa = options.isa;
  info.precision = static_cast<oag_precision>(model.precision());
  info.threads = options.threads;
  info.embedding_size = static_cast<int32_t>(definition.embedding_size());
  if (const models::ImageSpec* image = definition.image_spec()) {
    info.has_image_tower = 1;
    info.image_width = image->width;
    info.image_height = image->height;
    info.image_token_size = static_cast<int32_t>(definition.image_tower()->token_size());
    if (info.image_token_size > 0) info.image_tokens = static_cast<int32_t>(image->rows_per_image);
  }
  if (const models::TextSpec* text = definition.text_spec()) {
    info.has_text_tower = 1;
    info.text_token_size = static_cast<int32_t>(definition.text_tower()->token_size());
    info.vocabulary_size = static_cast<int32_t>(text->vocabulary);
    info.text_max_tokens = static_cast<int32_t>(text->max_tokens);
    info.text_pad_to = static_cast<int32_t>(text->pad_to);
    info.text_pad_id = static_cast<int32_t>(text->pad_id);
    info.text_lower_case = text->lower_case ? 1 : 0;
    info.text_leaves_prompt_out = text->leaves_prompt_out ? 1 : 0;
  }
  info.parameter_count = definition.parameters().numbers();
  info.scores = static_cast<oag_scores>(definition.scores());
  info.least_image_cosine = least_cosine(model, info.has_image_tower, &Accuracy::images);
  info.least_text_cosine = least_cosine(model, info.has_text_tower, &Accuracy::texts);
  return info;
}

}  // namespace

models::Choices oag::c_api::read_choices(const oag_model_options* options) {
  const auto given = read_struct(options, "oag_model_options");
  require(given.pooling >= OAG_POOLING_DEFAULT && given.pooling <= OAG_POOLING_WEIGHTED_MEAN, "oag_model_options.pooling is none of OAG_POOLING_*");
  models::Choices choices;
  if (given.pooling != OAG_POOLING_DEFAULT) choices.pooling = static_cast<Pooling>(given.pooling - 1);
  return choices;
}

extern "C" {

OAG_API oag_status oag_model_load(oag_runtime* runtime, const char* folder, const oag_model_options* options, oag_model** out, char* error,
                                  size_t error_capacity) {
  return guarded(error, error_capacity, [&] {
    require(out != nullptr, "out is NULL");
    *out = nullptr;
    require(runtime != nullptr, "runtime is NULL");
    require(folder != nullptr, "folder is NULL");
    const std::shared_lock call(runtime->calls);
    const PrefixOptions prefixes = read_prefix_options(options);
    auto handle = std::make_unique<oag_model>();
    handle->model = std::make_unique<Model>(runtime->runtime, folder, read_request(options), read_choices(options), prefixes);
    *out = handle.release();
  });
}

OAG_API void oag_model_close(oag_model* model) {
  close_handle(model);
}

OAG_API oag_status oag_model_get_info(const oag_model* model, oag_model_info* info, char* error, size_t error_capacity) {
  return guarded(error, error_capacity, [&] {
    const InCall call(model);
    require(info != nullptr, "info is NULL");
    const uint32_t size = info->struct_size;
    require(size >= sizeof info->struct_size && size <= 4096, "oag_model_info.struct_size is not sizeof(oag_model_info)");
    oag_model_info own = info_of(*call.operator->());
    own.struct_size = size;
    std::memcpy(info, &own, std::min<size_t>(size, sizeof own));
  });
}

OAG_API oag_status oag_model_get_prefix_statistics(const oag_model* model, oag_prefix_statistics* statistics, char* error, size_t error_capacity) {
  return guarded(error, error_capacity, [&] {
    const InCall call(model);
    require(statistics != nullptr, "statistics is NULL");
    const uint32_t size = statistics->struct_size;
    require(size >= sizeof statistics->struct_size && size <= 4096, "oag_prefix_statistics.struct_size is not sizeof(oag_prefix_statistics)");
    const PrefixStatistics now = call->prefix_statistics();
    const oag_prefix_statistics own{size, now.lookups, now.hits, now.rows_saved, now.bytes, now.entries, now.evictions};
    std::memcpy(statistics, &own, std::min<size_t>(size, sizeof own));
  });
}

OAG_API oag_status oag_model_get_string(const oag_model* model, oag_model_string which, char* text, size_t capacity, size_t* needed, char* error,
                                        size_t error_capacity) {
  return guarded(error, error_capacity, [&] {
    const InCall call(model);
    write_text(string_of(*call.operator->(), which), text, capacity, needed);
  });
}

OAG_API oag_status oag_encode_images(const oag_model* model, const oag_image* images, size_t count, float* embeddings, size_t capacity, oag_item* items,
                                     char* error, size_t error_capacity) {
  return guarded(error, error_capacity, [&]() -> oag_status {
    const InCall call(model);
    require(count > 0, "count is 0: there is no image to encode");
    require(images != nullptr && embeddings != nullptr, "images or embeddings is NULL");
    require_room(count, static_cast<size_t>(call->definition().embedding_size()), capacity, "embeddings");
    return encode_pictures(images, count, items, error, error_capacity,
                           [&](const auto& requests, std::vector<ItemResult>* results) { call->encode_images(requests, embeddings, results); });
  });
}

OAG_API oag_status oag_encode_image_tokens(const oag_model* model, const oag_image* images, size_t count, float* tokens, size_t capacity, oag_item* items,
                                           char* error, size_t error_capacity) {
  return guarded(error, error_capacity, [&]() -> oag_status {
    const InCall call(model);
    require(count > 0, "count is 0: there is no image to encode");
    require(images != nullptr && tokens != nullptr, "images or tokens is NULL");
    if (const models::ImageSpec* spec = call->definition().image_spec())  // a model without is refused below
      require_room(count, static_cast<size_t>(spec->rows_per_image * call->definition().image_tower()->token_size()), capacity, "tokens");
    return encode_pictures(images, count, items, error, error_capacity,
                           [&](const auto& requests, std::vector<ItemResult>* results) { call->encode_image_tokens(requests, tokens, results); });
  });
}

OAG_API oag_status oag_encode_texts(const oag_model* model, const int32_t* ids, const int64_t* offsets, size_t count, float* embeddings, size_t capacity,
                                    char* error, size_t error_capacity) {
  return guarded(error, error_capacity, [&] {
    const InCall call(model);
    check_texts(ids, offsets, count, embeddings, "embeddings");
    require_room(count, static_cast<size_t>(call->definition().embedding_size()), capacity, "embeddings");
    call->encode_texts(ids, offsets, static_cast<int64_t>(count), embeddings);
  });
}

OAG_API oag_status oag_encode_prompted_texts(const oag_model* model, const int32_t* ids, const int64_t* offsets, size_t count, int32_t prompt_tokens,
                                             float* embeddings, size_t capacity, char* error, size_t error_capacity) {
  return guarded(error, error_capacity, [&] {
    const InCall call(model);
    check_texts(ids, offsets, count, embeddings, "embeddings");
    require(prompt_tokens >= 0, "prompt_tokens is negative");
    require_room(count, static_cast<size_t>(call->definition().embedding_size()), capacity, "embeddings");
    call->encode_prompted_texts(ids, offsets, static_cast<int64_t>(count), prompt_tokens, embeddings);
  });
}

OAG_API oag_status oag_encode_text_tokens(const oag_model* model, const int32_t* ids, const int64_t* offsets, size_t count, float* tokens, size_t capacity,
                                          char* error, size_t error_capacity) {
  return guarded(error, error_capacity, [&] {
    const InCall call(model);
    check_texts(ids, offsets, count, tokens, "tokens");
    if (const models::Tower* tower = call->definition().text_tower())  // a model without is refused below
      require_room(static_cast<size_t>(offsets[count]), static_cast<size_t>(tower->token_size()), capacity, "tokens");
    call->encode_text_tokens(ids, offsets, static_cast<int64_t>(count), tokens);
  });
}

OAG_API oag_status oag_forward(const oag_model* model, const float* images, size_t image_count, const float* texts, size_t text_count, float* logits,
                               float* probabilities, char* error, size_t error_capacity) {
  return guarded(error, error_capacity, [&] {
    const InCall call(model);
    require(image_count > 0 && text_count > 0, "forward needs at least one image and one text");
    require(image_count <= (size_t{1} << 31) && text_count <= (size_t{1} << 31), "image_count or text_count is over 2^31");
    require(images != nullptr && texts != nullptr && logits != nullptr, "images, texts or logits is NULL");
    call->forward(images, static_cast<int64_t>(image_count), texts, static_cast<int64_t>(text_count), logits, probabilities);
  });
}

OAG_API oag_status oag_normalize(float* rows, size_t count, size_t width, char* error, size_t error_capacity) {
  return guarded(error, error_capacity, [&] {
    require(count == 0 || width == 0 || rows != nullptr, "rows is NULL");
    normalize_rows(rows, static_cast<int64_t>(count), static_cast<int64_t>(width));
  });
}

OAG_API oag_status oag_preprocess(const oag_model* model, const oag_image* image, float* pixels, size_t capacity, int32_t* width, int32_t* height, char* error,
                                  size_t error_capacity) {
  return guarded(error, error_capacity, [&] {
    const InCall call(model);
    require(image != nullptr && width != nullptr && height != nullptr, "image, width or height is NULL");
    const ImageRequest request = read_image(image_at(image, 0), "image");
    const image::Size size = call->preprocessed_size(request);
    *width = size.width;
    *height = size.height;
    require_room(3 * static_cast<size_t>(size.height), static_cast<size_t>(size.width), capacity, "pixels");
    require(pixels != nullptr, "pixels is NULL");
    call->preprocess(request, pixels);
  });
}

}  // extern "C"
