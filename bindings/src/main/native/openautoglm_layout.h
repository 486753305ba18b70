/* The layout of the ABI's structs as the compiler of the JNI library sees it, for Java: no number is copied by hand.
 * Parsed by JavaCPP into constants of org.openautoglm.bindings.Native; not part of the C ABI. */
#ifndef OPENAUTOGLM_LAYOUT_H
#define OPENAUTOGLM_LAYOUT_H

#include "openautoglm.h"

static const int32_t sizeof_oag_runtime_options = sizeof(oag_runtime_options);
static const int32_t offsetof_oag_runtime_options_device = offsetof(oag_runtime_options, device);
static const int32_t offsetof_oag_runtime_options_isa = offsetof(oag_runtime_options, isa);
static const int32_t offsetof_oag_runtime_options_threads = offsetof(oag_runtime_options, threads);
static const int32_t offsetof_oag_runtime_options_max_tokens = offsetof(oag_runtime_options, max_tokens);
static const int32_t offsetof_oag_runtime_options_max_passes = offsetof(oag_runtime_options, max_passes);
static const int32_t offsetof_oag_runtime_options_max_image_pixels = offsetof(oag_runtime_options, max_image_pixels);
static const int32_t offsetof_oag_runtime_options_max_pixels_in_flight = offsetof(oag_runtime_options, max_pixels_in_flight);
static const int32_t offsetof_oag_runtime_options_plugin_folder = offsetof(oag_runtime_options, plugin_folder);
static const int32_t offsetof_oag_runtime_options_huge_pages = offsetof(oag_runtime_options, huge_pages);

static const int32_t sizeof_oag_model_options = sizeof(oag_model_options);
static const int32_t offsetof_oag_model_options_precision = offsetof(oag_model_options, precision);
static const int32_t offsetof_oag_model_options_allow_inaccurate = offsetof(oag_model_options, allow_inaccurate);
static const int32_t offsetof_oag_model_options_cache_folder = offsetof(oag_model_options, cache_folder);
static const int32_t offsetof_oag_model_options_pooling = offsetof(oag_model_options, pooling);
static const int32_t offsetof_oag_model_options_prefix_cache_bytes = offsetof(oag_model_options, prefix_cache_bytes);
static const int32_t offsetof_oag_model_options_whole_texts = offsetof(oag_model_options, whole_texts);

static const int32_t sizeof_oag_model_info = sizeof(oag_model_info);
static const int32_t offsetof_oag_model_info_device = offsetof(oag_model_info, device);
static const int32_t offsetof_oag_model_info_isa = offsetof(oag_model_info, isa);
static const int32_t offsetof_oag_model_info_precision = offsetof(oag_model_info, precision);
static const int32_t offsetof_oag_model_info_threads = offsetof(oag_model_info, threads);
static const int32_t offsetof_oag_model_info_embedding_size = offsetof(oag_model_info, embedding_size);
static const int32_t offsetof_oag_model_info_image_width = offsetof(oag_model_info, image_width);
static const int32_t offsetof_oag_model_info_image_height = offsetof(oag_model_info, image_height);
static const int32_t offsetof_oag_model_info_has_image_tower = offsetof(oag_model_info, has_image_tower);
static const int32_t offsetof_oag_model_info_has_text_tower = offsetof(oag_model_info, has_text_tower);
static const int32_t offsetof_oag_model_info_vocabulary_size = offsetof(oag_model_info, vocabulary_size);
static const int32_t offsetof_oag_model_info_text_max_tokens = offsetof(oag_model_info, text_max_tokens);
static const int32_t offsetof_oag_model_info_text_pad_to = offsetof(oag_model_info, text_pad_to);
static const int32_t offsetof_oag_model_info_text_pad_id = offsetof(oag_model_info, text_pad_id);
static const int32_t offsetof_oag_model_info_text_lower_case = offsetof(oag_model_info, text_lower_case);
static const int32_t offsetof_oag_model_info_parameter_count = offsetof(oag_model_info, parameter_count);
static const int32_t offsetof_oag_model_info_scores = offsetof(oag_model_info, scores);
static const int32_t offsetof_oag_model_info_image_tokens = offsetof(oag_model_info, image_tokens);
static const int32_t offsetof_oag_model_info_image_token_size = offsetof(oag_model_info, image_token_size);
static const int32_t offsetof_oag_model_info_text_token_size = offsetof(oag_model_info, text_token_size);
static const int32_t offsetof_oag_model_info_text_leaves_prompt_out = offsetof(oag_model_info, text_leaves_prompt_out);
static const int32_t offsetof_oag_model_info_least_image_cosine = offsetof(oag_model_info, least_image_cosine);
static const int32_t offsetof_oag_model_info_least_text_cosine = offsetof(oag_model_info, least_text_cosine);

static const int32_t sizeof_oag_prefix_statistics = sizeof(oag_prefix_statistics);
static const int32_t offsetof_oag_prefix_statistics_lookups = offsetof(oag_prefix_statistics, lookups);
static const int32_t offsetof_oag_prefix_statistics_hits = offsetof(oag_prefix_statistics, hits);
static const int32_t offsetof_oag_prefix_statistics_rows_saved = offsetof(oag_prefix_statistics, rows_saved);
static const int32_t offsetof_oag_prefix_statistics_bytes = offsetof(oag_prefix_statistics, bytes);
static const int32_t offsetof_oag_prefix_statistics_entries = offsetof(oag_prefix_statistics, entries);
static const int32_t offsetof_oag_prefix_statistics_evictions = offsetof(oag_prefix_statistics, evictions);

static const int32_t sizeof_oag_image = sizeof(oag_image);
static const int32_t offsetof_oag_image_kind = offsetof(oag_image, kind);
static const int32_t offsetof_oag_image_data = offsetof(oag_image, data);
static const int32_t offsetof_oag_image_size = offsetof(oag_image, size);
static const int32_t offsetof_oag_image_width = offsetof(oag_image, width);
static const int32_t offsetof_oag_image_height = offsetof(oag_image, height);
static const int32_t offsetof_oag_image_stride = offsetof(oag_image, stride);

static const int32_t sizeof_oag_item = sizeof(oag_item);
static const int32_t offsetof_oag_item_status = offsetof(oag_item, status);
static const int32_t offsetof_oag_item_error = offsetof(oag_item, error);

static const int32_t sizeof_oag_calibration = sizeof(oag_calibration);
static const int32_t offsetof_oag_calibration_reserved = offsetof(oag_calibration, reserved);
static const int32_t offsetof_oag_calibration_scale = offsetof(oag_calibration, scale);
static const int32_t offsetof_oag_calibration_bias = offsetof(oag_calibration, bias);
static const int32_t offsetof_oag_calibration_loss_before = offsetof(oag_calibration, loss_before);
static const int32_t offsetof_oag_calibration_loss_after = offsetof(oag_calibration, loss_after);
static const int32_t offsetof_oag_calibration_error_before = offsetof(oag_calibration, error_before);
static const int32_t offsetof_oag_calibration_error_after = offsetof(oag_calibration, error_after);

static const int32_t sizeof_oag_store_settings = sizeof(oag_store_settings);
static const int32_t offsetof_oag_store_settings_dimension = offsetof(oag_store_settings, dimension);
static const int32_t offsetof_oag_store_settings_metric = offsetof(oag_store_settings, metric);
static const int32_t offsetof_oag_store_settings_row_type = offsetof(oag_store_settings, row_type);
static const int32_t offsetof_oag_store_settings_id_kind = offsetof(oag_store_settings, id_kind);
static const int32_t offsetof_oag_store_settings_precision = offsetof(oag_store_settings, precision);
static const int32_t offsetof_oag_store_settings_model_hash = offsetof(oag_store_settings, model_hash);
static const int32_t offsetof_oag_store_settings_model_name = offsetof(oag_store_settings, model_name);

static const int32_t sizeof_oag_store_info = sizeof(oag_store_info);
static const int32_t offsetof_oag_store_info_dimension = offsetof(oag_store_info, dimension);
static const int32_t offsetof_oag_store_info_metric = offsetof(oag_store_info, metric);
static const int32_t offsetof_oag_store_info_row_type = offsetof(oag_store_info, row_type);
static const int32_t offsetof_oag_store_info_id_kind = offsetof(oag_store_info, id_kind);
static const int32_t offsetof_oag_store_info_precision = offsetof(oag_store_info, precision);
static const int32_t offsetof_oag_store_info_rows = offsetof(oag_store_info, rows);

#endif
