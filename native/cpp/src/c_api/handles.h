// What the opaque handles are, and the way from an exception to a status and a text.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <type_traits>

#include "core/error.h"
#include "openautoglm.h"
#include "runtime/model.h"
#include "runtime/runtime.h"
#include "search/store.h"

// `calls` is shared by the calls on a handle and taken alone by its close, which so waits for them.
struct oag_runtime {
  std::shared_ptr<oag::Runtime> runtime;
  mutable std::shared_mutex calls;
};

struct oag_model {
  std::unique_ptr<oag::Model> model;
  mutable std::shared_mutex calls;
};

struct oag_store {
  std::shared_ptr<oag::Runtime> runtime;
  std::unique_ptr<oag::search::Store> store;
  mutable std::shared_mutex calls;
};

namespace oag::c_api {

// Waits for the calls in progress on a handle, and frees it.
template <class Handle>
void close_handle(Handle* handle) {
  if (!handle) return;
  { const std::unique_lock alone(handle->calls); }
  delete handle;
}

// Copies `text` to the caller's buffer, cut before a character that does not fit whole.
// Allocates nothing: it also tells that there is no memory.
void write_error(std::string_view text, char* error, size_t capacity) noexcept;

// Writes `text` with its NUL under the size rules of oag_diagnostics.
void write_text(const std::string& text, char* out, size_t capacity, size_t* needed);

inline void require(bool holds, const char* what) {
  if (!holds) throw Error(Status::invalid_argument, what);
}

// Runs `body`, which returns nothing or a status, and keeps every exception inside.
template <class Body>
oag_status guarded(char* error, size_t capacity, Body&& body) noexcept {
  try {
    if (error && capacity) error[0] = '\0';
    if constexpr (std::is_void_v<decltype(body())>) {
      body();
      return OAG_OK;
    } else {
      return body();
    }
  } catch (const Error& e) {
    write_error(e.text(), error, capacity);
    return static_cast<oag_status>(e.status());
  } catch (const std::bad_alloc&) {
    write_error("there is no memory left for this call: lower max_tokens or max_passes, or give the process more", error, capacity);
    return OAG_OUT_OF_MEMORY;
  } catch (const std::exception& e) {
    write_error(e.what(), error, capacity);
    return OAG_INTERNAL;
  } catch (...) {
    write_error("unexpected exception", error, capacity);
    return OAG_INTERNAL;
  }
}

// An options struct as the caller knows it, in one of ours: what it does not have stays zero.
template <class Options>
Options read_struct(const Options* given, const char* name) {
  Options own{};
  if (!given) return own;
  if (given->struct_size < sizeof given->struct_size || given->struct_size > 4096)
    throw Error(Status::invalid_argument, std::string(name) + ".struct_size is " + std::to_string(given->struct_size) + ": set it to sizeof(" + name + ")");
  std::memcpy(&own, given, std::min<size_t>(given->struct_size, sizeof own));
  return own;
}

// The model of a handle, held open for one call.
class InCall {
 public:
  explicit InCall(const oag_model* handle) : lock_(checked(handle).calls), model_(*handle->model) {}
  const Model* operator->() const { return &model_; }

 private:
  static const oag_model& checked(const oag_model* handle) {
    require(handle != nullptr, "model is NULL");
    return *handle;
  }
  std::shared_lock<std::shared_mutex> lock_;
  const Model& model_;
};

// What oag_model_options says about the precision; Error(invalid_argument). `options` may be null.
PrecisionRequest read_request(const oag_model_options* options);
// The same about what a folder may leave open.
models::Choices read_choices(const oag_model_options* options);

}  // namespace oag::c_api
