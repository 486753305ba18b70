// A loaded model: definition, weights, and the recorded programs that calls run.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "core/error.h"
#include "files/model_folder.h"
#include "image/picture.h"
#include "image/processor.h"
#include "models/definition.h"
#include "ops/recorder.h"
#include "runtime/picture_batch.h"
#include "runtime/precision_policy.h"
#include "runtime/prefix_cache.h"
#include "runtime/runtime.h"

namespace oag {

// A JPEG or PNG file's bytes.
struct EncodedImage {
  const uint8_t* bytes;
  size_t size;
};
using ImageRequest = std::variant<EncodedImage, image::RgbView>;

constexpr int64_t default_prefix_cache_bytes = int64_t{32} << 20;

// What is done with rows that causal texts begin with in common.
struct PrefixOptions {
  bool share = true;                                 // false: each text is computed by itself
  int64_t cache_bytes = default_prefix_cache_bytes;  // most memory for those that later calls may have in common with these; 0: none
};

// What is computed of a tower's input.
using TowerProgram = Tensor (*)(Ops& ops, const models::Tower& tower, const models::TowerInput& input, const Sequences& rows);

// Immutable after construction, but for the cache of prefixes, which no result depends on; every method may be called from any number of threads.
class Model {
 public:
  Model(std::shared_ptr<Runtime> runtime, const std::string& folder, const PrecisionRequest& request, const models::Choices& choices = {},
        const PrefixOptions& prefixes = {});

  const models::Definition& definition() const { return *definition_; }
  const Runtime& runtime() const { return *runtime_; }
  const files::ModelFolder& folder() const { return folder_; }
  Precision precision() const { return loaded_.plan.precision; }
  const std::optional<Accuracy>& accuracy() const { return loaded_.accuracy; }  // none in fp32
  const std::string& hash() const { return loaded_.hash; }
  // The text of a tokenizer.json, made of vocab.txt or of vocab.json and merges.txt, where the folder has only those; else empty.
  const std::string& made_tokenizer() const { return made_tokenizer_; }
  std::string backend() const;         // "host avx512 fp32, 2 threads"
  std::string backend_reason() const;
  std::string operations() const;      // the recorded programs, for people
  // Multiplications and additions of products and attention in encoding so much; no two texts share anything.
  double count_operations(int64_t images, int64_t texts, int64_t tokens_per_text) const;

  // Raw embeddings [images, embedding_size] at `out`. With `items` (one per picture, all ok at first) a bad picture is reported there and its row is zero;
  // without, the first bad one throws.
  void encode_images(const std::vector<ImageRequest>& images, float* out, std::vector<ItemResult>* items) const;

  // `ids`, `offsets` as in oag_encode_texts. Raw embeddings [count, embedding_size] at `out`.
  void encode_texts(const int32_t* ids, const int64_t* offsets, int64_t count, float* out) const;
  // The first `prompt_tokens` ids of each text are a prompt's, which counts only where TextSpec::leaves_prompt_out.
  void encode_prompted_texts(const int32_t* ids, const int64_t* offsets, int64_t count, int64_t prompt_tokens, float* out) const;

  // The same for every token (Tower::tokens): [images · rows_per_image, token_size] and [offsets[count], token_size]. Error(unsupported) for a tower without.
  void encode_image_tokens(const std::vector<ImageRequest>& images, float* out, std::vector<ItemResult>* items) const;
  void encode_text_tokens(const int32_t* ids, const int64_t* offsets, int64_t count, float* out) const;
  PrefixStatistics prefix_statistics() const;  // all 0 without a cache

  // Logits [images, texts] and, unless null, probabilities.
  void forward(const float* images, int64_t image_count, const float* texts, int64_t text_count, float* logits, float* probabilities) const;

  // The size that `preprocess` gives for this picture, and its values [3, height, width].
  image::Size preprocessed_size(const ImageRequest& image) const;
  void preprocess(const ImageRequest& image, float* out) const;

 private:
  class Loading;  // the Candidate that is measured and becomes this model
  friend PrecisionCheck check_precisions(std::shared_ptr<Runtime> runtime, const std::string& folder, const PrecisionRequest& request);

  // All but the weights.
  Model(std::shared_ptr<Runtime> runtime, const std::string& folder, const models::Choices& choices);

  // Decodes a picture, within the budget of pixels in flight, and lends it to `use`.
  void decode(const ImageRequest& image, FunctionRef<void(image::RgbView)> use) const;
  void require_image_tower() const;
  void require_text_tower() const;
  void require_tokens(const models::Tower& tower) const;
  // Pictures in passes, each of which writes `floats_per_image` floats for each picture.
  void encode_pictures(const std::vector<ImageRequest>& images, const Recording& recording, TowerProgram program, int64_t floats_per_image, float* out,
                       std::vector<ItemResult>* items) const;
  void require_finite(const float* values, int64_t count) const;
  void record_texts();
  void share_prefixes(const PrefixOptions& options);
  void fill(const std::vector<std::shared_ptr<PrefixCache::Prefix>>& prefixes) const;
  // Runs `program`, as recorded, in a leased workspace.
  void run(const Recording& recording, const Bindings& bindings, const Program& program) const;

  std::shared_ptr<Runtime> runtime_;
  files::ModelFolder folder_;
  std::unique_ptr<models::Definition> definition_;
  std::optional<files::Config> processor_config_;
  std::optional<image::Processor> processor_;
  std::string made_tokenizer_;
  std::string choices_;  // those that make another model of the folder, for its hash
  LoadedWeights loaded_;
  ObservedProducts* observed_ = nullptr;  // while the samples run in fp32, before anybody else sees the model
  Recording image_recording_, text_recording_, logits_recording_, probabilities_recording_;
  // Without a cache, and for towers whose rows depend on those behind them, these are empty.
  bool share_prefixes_ = true;
  std::unique_ptr<PrefixCache> prefix_cache_;
  Recording prefix_recording_;
  int64_t kept_row_cost_ = 1;  // rows of a text pass whose memory a kept row takes there
};

// Measures every precision with the weights of a folder; of the request, only the cache folder matters.
PrecisionCheck check_precisions(std::shared_ptr<Runtime> runtime, const std::string& folder, const PrecisionRequest& request);

// "host avx512 fp32, 2 threads", or without the precision.
std::string backend_text(const Runtime& runtime, std::optional<Precision> precision);

// Each of `count` rows to Euclidean length 1, in place, with the best kernels of this CPU.
void normalize_rows(float* rows, int64_t count, int64_t width);

}  // namespace oag
