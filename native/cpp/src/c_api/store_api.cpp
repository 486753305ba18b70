// oag_store_*.
#include <algorithm>
#include <cstring>

#include "c_api/handles.h"

using namespace oag;
using namespace oag::c_api;
using oag::search::Store;
using oag::search::StoreSettings;

namespace {

// The store of a handle, held open for one call.
class StoreCall {
 public:
  explicit StoreCall(const oag_store* handle) : lock_(checked(handle).calls), handle_(*handle) {}
  Store* operator->() const { return handle_.store.get(); }
  Runtime& runtime() const { return *handle_.runtime; }

 private:
  static const oag_store& checked(const oag_store* handle) {
    require(handle != nullptr, "store is NULL");
    return *handle;
  }
  std::shared_lock<std::shared_mutex> lock_;
  const oag_store& handle_;
};

StoreSettings read_settings(const oag_store_settings* given) {
  require(given != nullptr, "oag_store_settings is NULL");
  const auto own = read_struct(given, "oag_store_settings");
  require(own.metric >= OAG_METRIC_DOT && own.metric <= OAG_METRIC_EUCLIDEAN, "oag_store_settings.metric is none of OAG_METRIC_*");
  require(own.row_type >= OAG_ROWS_FP32 && own.row_type <= OAG_ROWS_INT8, "oag_store_settings.row_type is none of OAG_ROWS_*");
  require(own.id_kind >= OAG_IDS_NUMBERS && own.id_kind <= OAG_IDS_TEXTS, "oag_store_settings.id_kind is none of OAG_IDS_*");
  require(own.precision >= OAG_PRECISION_AUTO && own.precision <= OAG_PRECISION_INT8, "oag_store_settings.precision is none of OAG_PRECISION_*");
  StoreSettings settings;
  settings.dimension = own.dimension;
  settings.metric = static_cast<search::Metric>(own.metric);
  settings.row_type = static_cast<search::RowType>(own.row_type);
  settings.id_kind = static_cast<search::IdKind>(own.id_kind);
  settings.precision = own.precision;
  if (own.model_hash) settings.model_hash = own.model_hash;
  if (own.model_name) settings.model_name = own.model_name;
  return settings;
}

// Calls make() for the store of a new handle.
template <class Make>
oag_status make_handle(oag_runtime* runtime, oag_store** out, char* error, size_t error_capacity, Make&& make) {
  return guarded(error, error_capacity, [&] {
    require(out != nullptr, "out is NULL");
    *out = nullptr;
    require(runtime != nullptr, "runtime is NULL");
    const std::shared_lock call(runtime->calls);
    auto handle = std::make_unique<oag_store>();
    handle->runtime = runtime->runtime;
    handle->store = make();
    *out = handle.release();
  });
}

const char* checked_path(const char* path) {
  require(path != nullptr && *path, "path is NULL or empty");
  return path;
}

int64_t checked_row(int64_t row, int64_t rows) {
  if (row < 0 || row >= rows) throw Error(Status::invalid_argument, "there is no row " + std::to_string(row) + ": the store has " + std::to_string(rows));
  return row;
}

void require_ids(const Store& store, search::IdKind kind) {
  if (store.settings().id_kind != kind)
    throw Error(Status::invalid_argument, std::string("the ids of this store are ") + search::name_of(store.settings().id_kind) + ", not " + search::name_of(kind));
}

}  // namespace

extern "C" {

OAG_API oag_status oag_store_create(oag_runtime* runtime, const oag_store_settings* settings, oag_store** out, char* error, size_t error_capacity) {
  return make_handle(runtime, out, error, error_capacity, [&] { return std::make_unique<Store>(read_settings(settings)); });
}

OAG_API oag_status oag_store_open(oag_runtime* runtime, const char* path, const oag_store_settings* expected, oag_store** out, char* error, size_t error_capacity) {
  return make_handle(runtime, out, error, error_capacity, [&] {
    StoreSettings ours;
    if (expected) ours = read_settings(expected);
    return Store::open(checked_path(path), expected ? &ours : nullptr);
  });
}

OAG_API oag_status oag_store_open_journal(oag_runtime* runtime, const char* path, const oag_store_settings* settings, oag_store** out, char* error, size_t error_capacity) {
  return make_handle(runtime, out, error, error_capacity, [&] { return Store::open_journal(checked_path(path), read_settings(settings)); });
}

OAG_API void oag_store_close(oag_store* store) { close_handle(store); }

OAG_API oag_status oag_store_get_info(const oag_store* store, oag_store_info* info, char* error, size_t error_capacity) {
  return guarded(error, error_capacity, [&] {
    const StoreCall call(store);
    require(info != nullptr, "info is NULL");
    require(info->struct_size >= sizeof info->struct_size && info->struct_size <= 4096, "oag_store_info.struct_size is not sizeof(oag_store_info)");
    const StoreSettings& settings = call->settings();
    const oag_store_info own{info->struct_size, static_cast<int32_t>(settings.dimension), static_cast<oag_metric>(settings.metric), static_cast<oag_row_type>(settings.row_type),
                             static_cast<oag_id_kind>(settings.id_kind), settings.precision, call->count()};
    std::memcpy(info, &own, std::min<size_t>(info->struct_size, sizeof own));
  });
}

OAG_API oag_status oag_store_get_string(const oag_store* store, oag_store_string which, char* text, size_t capacity, size_t* needed, char* error, size_t error_capacity) {
  return guarded(error, error_capacity, [&] {
    const StoreCall call(store);
    require(which == OAG_STORE_MODEL_HASH || which == OAG_STORE_MODEL_NAME, "which is none of OAG_STORE_*");
    write_text(which == OAG_STORE_MODEL_HASH ? call->settings().model_hash : call->settings().model_name, text, capacity, needed);
  });
}

OAG_API oag_status oag_store_append(oag_store* store, const float* rows, size_t count, const int64_t* ids, char* error, size_t error_capacity) {
  return guarded(error, error_capacity, [&] {
    const StoreCall call(store);
    require_ids(*call.operator->(), search::IdKind::numbers);
    if (count == 0) return;
    require(rows != nullptr && ids != nullptr, "rows or ids is NULL");
    call->append(rows, {ids, nullptr, nullptr, static_cast<int64_t>(count)});
  });
}

OAG_API oag_status oag_store_append_texts(oag_store* store, const float* rows, size_t count, const char* texts, const int64_t* offsets, char* error, size_t error_capacity) {
  return guarded(error, error_capacity, [&] {
    const StoreCall call(store);
    require_ids(*call.operator->(), search::IdKind::texts);
    if (count == 0) return;
    require(rows != nullptr && texts != nullptr && offsets != nullptr, "rows, texts or offsets is NULL");
    for (size_t i = 0; i < count; ++i)
      if (offsets[i] < 0 || offsets[i + 1] < offsets[i]) throw Error(Status::invalid_argument, "the offsets of id " + std::to_string(i) + " fall");
    call->append(rows, {nullptr, texts, offsets, static_cast<int64_t>(count)});
  });
}

OAG_API oag_status oag_store_append_missing(oag_store* store, const oag_store* other, int64_t* added, char* error, size_t error_capacity) {
  return guarded(error, error_capacity, [&] {
    require(store != other, "a store cannot be appended to itself");
    const StoreCall call(store), source(other);
    const int64_t count = call->append_missing(*source.operator->());
    if (added) *added = count;
  });
}

OAG_API oag_status oag_store_save(const oag_store* store, const char* path, char* error, size_t error_capacity) {
  return guarded(error, error_capacity, [&] {
    const StoreCall call(store);
    call->save(checked_path(path));
  });
}

OAG_API oag_status oag_store_search(const oag_store* store, const float* queries, size_t query_count, size_t k, const uint64_t* filter, size_t filter_rows, int64_t* rows,
                                    float* scores, int64_t* found, char* error, size_t error_capacity) {
  return guarded(error, error_capacity, [&] {
    const StoreCall call(store);
    if (query_count == 0) return;
    require(queries != nullptr && rows != nullptr && scores != nullptr && found != nullptr, "queries, rows, scores or found is NULL");
    const auto hits = call->search(queries, static_cast<int64_t>(query_count), static_cast<int64_t>(std::min<size_t>(k, INT64_MAX)), {filter, static_cast<int64_t>(std::min<size_t>(filter_rows, INT64_MAX))},
                                   search::score_kernels(call.runtime().kernels().isa), call.runtime().threads());
    for (size_t q = 0; q < query_count; ++q) {
      found[q] = static_cast<int64_t>(hits[q].size());
      for (size_t i = 0; i < hits[q].size(); ++i) {
        rows[q * k + i] = hits[q][i].row;
        scores[q * k + i] = hits[q][i].score;
      }
    }
  });
}

OAG_API oag_status oag_store_find(const oag_store* store, int64_t id, int64_t* row, char* error, size_t error_capacity) {
  return guarded(error, error_capacity, [&] {
    const StoreCall call(store);
    require_ids(*call.operator->(), search::IdKind::numbers);
    require(row != nullptr, "row is NULL");
    *row = call->with_ids([&](const search::Ids& ids) { return ids.find(id); });
  });
}

OAG_API oag_status oag_store_find_text(const oag_store* store, const char* text, size_t length, int64_t* row, char* error, size_t error_capacity) {
  return guarded(error, error_capacity, [&] {
    const StoreCall call(store);
    require_ids(*call.operator->(), search::IdKind::texts);
    require(row != nullptr && (text != nullptr || length == 0), "text or row is NULL");
    *row = call->with_ids([&](const search::Ids& ids) { return ids.find(std::string_view(text, length)); });
  });
}

OAG_API oag_status oag_store_get_ids(const oag_store* store, const int64_t* rows, size_t count, int64_t* ids, char* error, size_t error_capacity) {
  return guarded(error, error_capacity, [&] {
    const StoreCall call(store);
    require_ids(*call.operator->(), search::IdKind::numbers);
    require(count == 0 || (rows != nullptr && ids != nullptr), "rows or ids is NULL");
    call->with_ids([&](const search::Ids& all) {
      for (size_t i = 0; i < count; ++i) ids[i] = all.number(checked_row(rows[i], all.count()));
    });
  });
}

OAG_API oag_status oag_store_get_texts(const oag_store* store, const int64_t* rows, size_t count, char* texts, size_t capacity, int64_t* offsets, size_t* needed, char* error,
                                       size_t error_capacity) {
  return guarded(error, error_capacity, [&] {
    const StoreCall call(store);
    require_ids(*call.operator->(), search::IdKind::texts);
    require(offsets != nullptr && (count == 0 || rows != nullptr), "rows or offsets is NULL");
    call->with_ids([&](const search::Ids& all) {
      offsets[0] = 0;
      for (size_t i = 0; i < count; ++i) offsets[i + 1] = offsets[i] + static_cast<int64_t>(all.text(checked_row(rows[i], all.count())).size());
      const auto bytes = static_cast<size_t>(offsets[count]);
      if (needed) *needed = bytes;
      if (bytes > capacity) throw Error(Status::buffer_too_small, "texts has room for " + std::to_string(capacity) + " bytes; the ids have " + std::to_string(bytes));
      require(bytes == 0 || texts != nullptr, "texts is NULL");
      for (size_t i = 0; i < count; ++i) {
        const std::string_view text = all.text(rows[i]);
        std::copy(text.begin(), text.end(), texts + offsets[i]);
      }
    });
  });
}

}  // extern "C"
