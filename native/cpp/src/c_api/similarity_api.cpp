// oag_similarity, oag_bilinear, oag_max_similarity and the calibrations.
#include <cstring>

#include "c_api/handles.h"
#include "host/isa.h"
#include "search/calibration.h"
#include "search/similarity.h"

using namespace oag;
using namespace oag::c_api;

namespace {

// The caller alone.
class CallingThread final : public Parallel {
 public:
  int threads() const override { return 1; }
  void run(int64_t tasks, FunctionRef<void(int64_t, int)> body) override {
    for (int64_t task = 0; task < tasks; ++task) body(task, 0);
  }
};

// Calls body(kernels, threads) with those of the runtime, or without one with the best of this machine and the calling thread.
template <class Body>
void with_threads(const oag_runtime* runtime, Body&& body) {
  if (runtime) {
    const std::shared_lock call(runtime->calls);
    body(search::score_kernels(runtime->runtime->kernels().isa), static_cast<Parallel&>(runtime->runtime->threads()));
  } else {
    CallingThread alone;
    body(search::score_kernels(host::choose_kernels(nullptr).isa), static_cast<Parallel&>(alone));
  }
}

search::Vectors vectors(const float* values, size_t count, size_t width, const char* name) {
  require(values != nullptr || count == 0, "a matrix of vectors is NULL");
  if (width < 1 || width > static_cast<size_t>(search::kMostWidth))
    throw Error(Status::invalid_argument, std::string(name) + " has vectors of " + std::to_string(width) + " floats; 1 to " + std::to_string(search::kMostWidth) + " can be compared");
  if (count > static_cast<size_t>(INT64_MAX) / (width * sizeof(float))) throw Error(Status::invalid_argument, std::string(name) + " has " + std::to_string(count) + " vectors, more than any memory holds");
  return {values, static_cast<int64_t>(count), static_cast<int64_t>(width)};
}

void write_calibration(const search::Calibration& fit, oag_calibration* out) {
  require(out->struct_size >= sizeof out->struct_size && out->struct_size <= 4096, "oag_calibration.struct_size is not sizeof(oag_calibration)");
  oag_calibration own{out->struct_size, 0, fit.scale, fit.bias, fit.loss_before, fit.loss_after, fit.error_before, fit.error_after};
  std::memcpy(out, &own, std::min<size_t>(out->struct_size, sizeof own));
}

}  // namespace

extern "C" {

OAG_API oag_status oag_similarity(const oag_runtime* runtime, oag_metric metric, const float* a, size_t a_count, const float* b, size_t b_count, size_t width, float* scores,
                                  char* error, size_t error_capacity) {
  return guarded(error, error_capacity, [&] {
    require(metric >= OAG_METRIC_DOT && metric <= OAG_METRIC_EUCLIDEAN, "metric is none of OAG_METRIC_*");
    const search::Vectors left = vectors(a, a_count, width, "a"), right = vectors(b, b_count, width, "b");
    if (a_count == 0 || b_count == 0) return;
    require(scores != nullptr, "scores is NULL");
    with_threads(runtime, [&](const search::ScoreKernels& kernels, Parallel& threads) {
      search::similarity(kernels, threads, static_cast<search::Metric>(metric), left, right, scores);
    });
  });
}

OAG_API oag_status oag_bilinear(const oag_runtime* runtime, const float* a, size_t a_count, size_t a_width, const float* matrix, const float* b, size_t b_count, size_t b_width,
                                float* scores, char* error, size_t error_capacity) {
  return guarded(error, error_capacity, [&] {
    const search::Vectors left = vectors(a, a_count, a_width, "a"), right = vectors(b, b_count, b_width, "b");
    if (a_count == 0 || b_count == 0) return;
    require(scores != nullptr && matrix != nullptr, "scores or matrix is NULL");
    with_threads(runtime, [&](const search::ScoreKernels& kernels, Parallel& threads) { search::bilinear(kernels, threads, left, matrix, right, scores); });
  });
}

OAG_API oag_status oag_max_similarity(const oag_runtime* runtime, const float* query, size_t query_count, const float* documents, const int64_t* offsets, size_t document_count,
                                      size_t width, float* scores, char* error, size_t error_capacity) {
  return guarded(error, error_capacity, [&] {
    const search::Vectors asked = vectors(query, query_count, width, "query");
    require(query_count > 0, "query has no vectors");
    if (document_count == 0) return;
    require(offsets != nullptr && scores != nullptr, "offsets or scores is NULL");
    require(offsets[0] == 0, "offsets[0] is not 0");
    for (size_t i = 0; i < document_count; ++i)
      if (offsets[i + 1] <= offsets[i]) throw Error(Status::invalid_argument, "document " + std::to_string(i) + " has no vectors: leave it out");
    const search::Vectors all = vectors(documents, static_cast<size_t>(offsets[document_count]), width, "documents");
    with_threads(runtime, [&](const search::ScoreKernels& kernels, Parallel& threads) {
      search::max_similarity(kernels, threads, asked, all, offsets, static_cast<int64_t>(document_count), scores);
    });
  });
}

OAG_API oag_status oag_fit_sigmoid(const float* scores, const uint8_t* labels, size_t count, int32_t with_bias, oag_calibration* out, char* error, size_t error_capacity) {
  return guarded(error, error_capacity, [&] {
    require(scores != nullptr && labels != nullptr && out != nullptr, "scores, labels or out is NULL");
    write_calibration(search::fit_sigmoid(scores, labels, static_cast<int64_t>(count), with_bias != 0), out);
  });
}

OAG_API oag_status oag_fit_softmax(const float* logits, const int32_t* labels, size_t count, size_t classes, oag_calibration* out, char* error, size_t error_capacity) {
  return guarded(error, error_capacity, [&] {
    require(logits != nullptr && labels != nullptr && out != nullptr, "logits, labels or out is NULL");
    require(classes == 0 || count <= static_cast<size_t>(INT64_MAX) / sizeof(float) / classes, "logits has more elements than any memory holds");
    write_calibration(search::fit_softmax(logits, labels, static_cast<int64_t>(count), static_cast<int64_t>(classes)), out);
  });
}

}  // extern "C"
