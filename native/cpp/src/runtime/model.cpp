#include "runtime/model.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>
#include <utility>

#include "core/pages.h"
#include "core/sequence_table.h"
#include "files/byte_pairs.h"
#include "files/wordpiece.h"
#include "host/isa.h"
#include "image/decode.h"
#include "ops/operation_count.h"
#include "runtime/accuracy_samples.h"

namespace oag {
namespace {

// Logits of one pass: 4 Mi are 16 MB, and as many probabilities.
constexpr int64_t logits_per_pass = int64_t{4} << 20;

Bindings bind(int64_t images, int64_t texts) { return {1, images, texts, 0}; }

// The programs. Each runs once with symbols when the model is loaded, and then with numbers in every pass.

Tensor embedding_of(Ops& ops, const models::Tower& tower, const models::TowerInput& input, const Sequences& rows) { return tower.forward(ops, input, rows); }
Tensor tokens_of(Ops& ops, const models::Tower& tower, const models::TowerInput& input, const Sequences& rows) { return tower.tokens(ops, input, rows); }

void image_program(Pass& pass, const models::Definition& model, TowerProgram program, const Sequences& rows, FunctionRef<void(void*)> pixels,
                   FunctionRef<void(void*)> levels, float* out) {
  const Tensor images = pass.input(DType::u8, {rows.count, model.image_spec()->bytes_per_image()}, pixels);
  const Tensor byte_levels = pass.input(DType::f32, {model.image_spec()->channels, 256}, levels);
  pass.read(program(pass, *model.image_tower(), {images, byte_levels}, rows), out);
}

void logits_program(Pass& pass, const models::Definition& model, Extent image_count, Extent text_count, FunctionRef<void(void*)> images,
                    FunctionRef<void(void*)> texts, float* logits) {
  const Tensor image_rows = pass.input(DType::f32, {image_count, model.embedding_size()}, images);
  const Tensor text_rows = pass.input(DType::f32, {text_count, model.embedding_size()}, texts);
  pass.read(model.logits(pass, image_rows, text_rows), logits);
}

void probabilities_program(Pass& pass, const models::Definition& model, Extent image_count, Extent text_count, FunctionRef<void(void*)> logits,
                           float* probabilities) {
  const Tensor scores = pass.input(DType::f32, {image_count, text_count}, logits);
  pass.read(model.probabilities(pass, scores), probabilities);
}

const auto nothing = [](void*) {};

Recording record_images(const models::Definition& model, TowerProgram program) {
  const Sequences rows{{model.image_spec()->rows_per_image, Symbol::images}, {1, Symbol::images}, nullptr};
  return record(model.parameters(), [&](Pass& pass) { image_program(pass, model, program, rows, nothing, nothing, nullptr); });
}

image::ProcessorFamily processor_family(const std::string& type) {
  if (type == "CLIPImageProcessor" || type == "ChineseCLIPImageProcessor") return image::ProcessorFamily::clip;
  if (type == "ViTImageProcessor") return image::ProcessorFamily::vit;
  if (type == "OpenClipImageProcessor") return image::ProcessorFamily::open_clip;
  if (type == "BitImageProcessor") return image::ProcessorFamily::bit;
  if (type == "SiglipImageProcessor") return image::ProcessorFamily::siglip;
  throw Error(Status::internal, "no processor family for " + type);
}

std::optional<files::Config> processor_config(const files::ModelFolder& folder, const models::Definition& definition) {
  const models::ImageSpec* spec = definition.image_spec();
  if (spec && spec->processor) return files::Config(folder.path() + "/open_clip_config.json", spec->processor);
  return folder.processor();
}

std::optional<image::Processor> make_processor(const std::string& folder, const std::optional<files::Config>& config, const models::Definition& definition) {
  const models::ImageSpec* spec = definition.image_spec();
  if (!spec) return std::nullopt;
  if (!config)
    throw Error(Status::bad_model, folder + ": has neither preprocessor_config.json nor processor_config.json, which say how pictures are prepared: copy "
                                                   "the one that was published with the model");
  image::Processor processor(config->json(), processor_family(spec->default_processor), config->source());
  if (!processor.fixed_size())
    throw Error(Status::unsupported, config->source() + ": leaves pictures of different sizes; the image tower takes " + std::to_string(spec->width) + " x " +
                                         std::to_string(spec->height));
  const image::Size size = processor.output_size(spec->width, spec->height);
  if (size.width != spec->width || size.height != spec->height)
    throw Error(Status::bad_model, config->source() + ": gives pictures of " + std::to_string(size.width) + " x " + std::to_string(size.height) +
                                       "; the image tower of config.json takes " + std::to_string(spec->width) + " x " + std::to_string(spec->height));
  return processor;
}

// What makes other ids of a text, and so another embedding.
std::string tokenizer_digest(const files::ModelFolder& folder, const std::string& made) {
  if (!made.empty()) return digest(made.data(), made.size());
  if (folder.tokenizer().empty()) return "";
  const std::string text = files::read_text(folder.tokenizer(), int64_t{1} << 30);
  return digest(text.data(), text.size());
}

std::string make_tokenizer(const files::ModelFolder& folder, const models::Definition& definition) {
  if (!definition.text_spec() || !folder.tokenizer().empty() || folder.vocabulary().empty()) return "";
  const int64_t vocabulary = definition.text_spec()->vocabulary;
  const files::TokenizerFiles files{folder.tokenizer_file("tokenizer_config.json"), folder.tokenizer_file("special_tokens_map.json"), folder.tokenizer_file("added_tokens.json")};
  const std::string kind = std::string(definition.family()).find("clip") != std::string::npos ? "CLIPTokenizer" : "RobertaTokenizer";
  files::MadeTokenizer made = folder.merges().empty() ? files::wordpiece_tokenizer(folder.vocabulary(), files.config)
                                                      : files::byte_pair_tokenizer(folder.vocabulary(), folder.merges(), files, kind);
  if (made.entries > vocabulary)
    throw Error(Status::bad_model, folder.vocabulary() + ": has " + std::to_string(made.entries) + " entries, more than the " + std::to_string(vocabulary) +
                                       " rows of the model's table: it is another model's vocabulary");
  return std::move(made.json);
}

}  // namespace

// The model while its weights are not decided upon: samples run in it with one weight set after another.
class Model::Loading final : public Candidate {
 public:
  explicit Loading(Model& model) : model_(model), source_(model.folder_.source(model.definition_->parameters())) {}

  std::string name() const override { return model_.folder_.path(); }
  const ParameterList& parameters() const override { return model_.definition_->parameters(); }
  const ParameterSource& source() const override { return *source_; }

  std::string hash(const HashingSource& read) const override { return read.hash(model_.folder_.configs().text() + tokenizer_digest(model_.folder_, model_.made_tokenizer_) + model_.choices_); }

  SampleEmbeddings embed(std::unique_ptr<Weights>& weights, TowerProducts* products) override {
    model_.loaded_.weights.swap(weights);
    SampleEmbeddings embeddings{model_.definition_->embedding_size(), {}, {}};
    try {
      embeddings.images = images(products ? &products->images : nullptr);
      embeddings.texts = texts(products ? &products->texts : nullptr);
    } catch (...) {
      model_.observed_ = nullptr;
      model_.loaded_.weights.swap(weights);
      throw;
    }
    model_.observed_ = nullptr;
    model_.loaded_.weights.swap(weights);
    return embeddings;
  }

 private:
  std::vector<float> images(ObservedProducts* products) {
    const models::ImageSpec* spec = model_.definition_->image_spec();
    if (!spec) return {};
    model_.observed_ = products;
    const SamplePictures pictures = sample_pictures(*spec);
    std::vector<ImageRequest> requests;
    for (const std::vector<uint8_t>& pixels : pictures.pixels) requests.push_back(image::RgbView{pixels.data(), pictures.width, pictures.height, int64_t{3} * pictures.width});
    std::vector<float> rows(requests.size() * static_cast<size_t>(model_.definition_->embedding_size()));
    if (!requests.empty()) model_.encode_images(requests, rows.data(), nullptr);
    return rows;
  }

  std::vector<float> texts(ObservedProducts* products) {
    const models::TextSpec* spec = model_.definition_->text_spec();
    if (!spec) return {};
    model_.observed_ = products;
    const SampleTexts samples = sample_texts(*spec);
    std::vector<float> rows(static_cast<size_t>(samples.count() * model_.definition_->embedding_size()));
    model_.encode_texts(samples.ids.data(), samples.offsets.data(), samples.count(), rows.data());
    return rows;
  }

  Model& model_;
  std::unique_ptr<files::ModelFolder::Source> source_;
};

Model::Model(std::shared_ptr<Runtime> runtime, const std::string& folder, const models::Choices& choices)
    : runtime_(std::move(runtime)), folder_(folder), definition_(models::define(folder_.configs(), choices)),
      processor_config_(processor_config(folder_, *definition_)), processor_(make_processor(folder_.path(), processor_config_, *definition_)),
      made_tokenizer_(make_tokenizer(folder_, *definition_)), choices_(choices.pooling ? std::string("pooling ") + name_of(*choices.pooling) : "") {
  const ParameterList& parameters = definition_->parameters();
  if (definition_->image_spec())
    image_recording_ = record_images(*definition_, embedding_of);
  if (definition_->text_spec()) record_texts();
  if (definition_->scores() == models::Scores::none) return;
  logits_recording_ =
      record(parameters, [&](Pass& pass) { logits_program(pass, *definition_, {1, Symbol::images}, {1, Symbol::texts}, nothing, nothing, nullptr); });
  probabilities_recording_ =
      record(parameters, [&](Pass& pass) { probabilities_program(pass, *definition_, {1, Symbol::images}, {1, Symbol::texts}, nothing, nullptr); });
}

Model::Model(std::shared_ptr<Runtime> runtime, const std::string& folder, const PrecisionRequest& request, const models::Choices& choices, const PrefixOptions& prefixes)
    : Model(std::move(runtime), folder, choices) {
  {
    Loading loading(*this);
    LoadedWeights loaded = PrecisionPolicy(*runtime_, loading, request).load();
    loaded_ = std::move(loaded);
  }
  folder_.close_weights();
  share_prefixes(prefixes);  // what is kept is of these weights: nothing was while samples ran with others
}

PrecisionCheck check_precisions(std::shared_ptr<Runtime> runtime, const std::string& folder, const PrecisionRequest& request) {
  Model model(std::move(runtime), folder, models::Choices{});
  Model::Loading loading(model);
  return PrecisionPolicy(*model.runtime_, loading, request).check();
}

// What became of huge pages that were asked for.
static std::string huge_pages_reason(const RuntimeOptions& options, const Weights& weights) {
  if (options.huge_pages != HugePages::on) return "";
  if (options.device != Device::host) return "; huge pages: the device has its own memory";
  const auto mebibytes = [](int64_t bytes) { return std::to_string((bytes + (1 << 19)) >> 20) + " MiB"; };
  const int64_t huge = weights.bytes_on_huge_pages();
  if (huge > 0) return "; huge pages: " + mebibytes(huge) + " of " + mebibytes(weights.bytes()) + " of weights lie on them";
  const std::string refusal = huge_page_refusal();
  return "; huge pages: none, for " + (refusal.empty() ? "there are only " + mebibytes(weights.bytes()) + " of weights" : refusal);
}

std::string backend_text(const Runtime& runtime, std::optional<Precision> precision) {
  const RuntimeOptions& options = runtime.options();
  const std::string isa = options.device == Device::host ? std::string(" ") + runtime.kernels().name : "";
  return name_of(options.device) + isa + (precision ? std::string(" ") + name_of(*precision) : "") + ", " + std::to_string(options.threads) +
         (options.threads == 1 ? " thread" : " threads");
}

std::string Model::backend() const { return backend_text(*runtime_, precision()); }

std::string Model::backend_reason() const { return runtime_->reason() + "; " + loaded_.why + huge_pages_reason(runtime_->options(), *loaded_.weights); }

double Model::count_operations(int64_t images, int64_t texts, int64_t tokens_per_text) const {
  if (images > 0) require_image_tower();
  if (texts > 0) require_text_tower();
  const ParameterList& parameters = definition_->parameters();
  // One at a time, in floating point: a count of a billion pictures is no overflow.
  double all = 0;
  if (images > 0) all += static_cast<double>(images) * static_cast<double>(oag::count_operations(image_recording_, parameters, bind(1, 0)));
  if (texts > 0) all += static_cast<double>(texts) * static_cast<double>(oag::count_operations(text_recording_, parameters, {1, 0, 1, std::min<int64_t>(tokens_per_text, 1 << 20)}));
  return all;
}

std::string Model::operations() const {
  const ParameterList& parameters = definition_->parameters();
  std::string text;
  if (definition_->image_spec()) text += "images\n" + image_recording_.text(parameters);
  if (definition_->text_spec()) text += "texts\n" + text_recording_.text(parameters);
  if (definition_->scores() != models::Scores::none) text += "logits\n" + logits_recording_.text(parameters) + "probabilities\n" + probabilities_recording_.text(parameters);
  return text;
}

void Model::run(const Recording& recording, const Bindings& bindings, const Program& program) const {
  const ParameterList& parameters = definition_->parameters();
  const Workspaces::Lease workspace(runtime_->workspaces());
  if (!observed_) {
    const auto pass = runtime_->executor().begin(parameters, *loaded_.weights, recording, bindings, *workspace);
    return program(*pass);
  }
  const Recording with_reads = record(parameters, [&](Pass& pass) { observe(parameters, program, pass, nullptr); });
  const auto pass = runtime_->executor().begin(parameters, *loaded_.weights, with_reads, bindings, *workspace);
  observe(parameters, program, *pass, observed_);
}

// NaN and infinities in weights are refused when they are loaded; finite ones may be so large that sums overflow.
void Model::require_finite(const float* values, int64_t count) const {
  for (int64_t i = 0; i < count; i++)
    if (!std::isfinite(values[i]))
      throw Error(Status::bad_model, folder_.path() + ": its numbers overflow: the model computes " + (std::isnan(values[i]) ? "NaN" : "an infinity") +
                                         ": its weights are damaged, or made for another precision");
}

void Model::require_image_tower() const {
  if (!definition_->image_spec()) throw Error(Status::unsupported, folder_.path() + ": this model has no image tower");
}

void Model::require_text_tower() const {
  if (!definition_->text_spec()) throw Error(Status::unsupported, folder_.path() + ": this model has no text tower");
}

void Model::require_tokens(const models::Tower& tower) const {
  if (tower.token_size() == 0) throw Error(Status::unsupported, folder_.path() + ": this model has no vectors of tokens, only embeddings");
}

void Model::decode(const ImageRequest& request, FunctionRef<void(image::RgbView)> use) const {
  if (const auto* raw = std::get_if<image::RgbView>(&request)) {
    const int64_t count = int64_t{raw->width} * raw->height, limit = runtime_->options().max_image_pixels;
    if (count > limit)
      throw Error(Status::bad_image, "the picture has " + std::to_string(raw->width) + " x " + std::to_string(raw->height) + " pixels, more than the limit of " +
                                         std::to_string(limit) + ": raise max_image_pixels if it is wanted");
    return use(*raw);
  }
  const auto& [bytes, size] = std::get<EncodedImage>(request);
  const image::PictureInfo info = image::probe(bytes, size);
  const Turnstile::Held held(runtime_->pixels_in_flight(), std::min(info.pixels(), runtime_->options().max_image_pixels));
  use(image::decode(bytes, size, runtime_->options().max_image_pixels).view());
}

void Model::encode_images(const std::vector<ImageRequest>& images, float* out, std::vector<ItemResult>* items) const {
  require_image_tower();
  encode_pictures(images, image_recording_, embedding_of, definition_->embedding_size(), out, items);
}

// Recorded for each call: what few calls want is no burden to a load, and takes less time than one operation of a pass.
void Model::encode_image_tokens(const std::vector<ImageRequest>& images, float* out, std::vector<ItemResult>* items) const {
  require_image_tower();
  const models::Tower& tower = *definition_->image_tower();
  require_tokens(tower);
  encode_pictures(images, record_images(*definition_, tokens_of), tokens_of, definition_->image_spec()->rows_per_image * tower.token_size(), out, items);
}

void Model::encode_pictures(const std::vector<ImageRequest>& images, const Recording& recording, TowerProgram program, int64_t floats_per_image, float* out,
                            std::vector<ItemResult>* items) const {
  const models::ImageSpec& spec = *definition_->image_spec();
  const auto count = static_cast<int64_t>(images.size());
  const int64_t per_pass = std::max<int64_t>(1, runtime_->options().max_tokens / std::max(spec.rows_per_image, spec.rows_in_pass));
  auto prepare = [&](int64_t i, uint8_t* to) {
    decode(images[static_cast<size_t>(i)], [&](image::RgbView picture) { processor_->pixels(picture, to); });
  };
  const auto batch_from = [&](int64_t first) {
    return std::make_unique<PictureBatch>(runtime_->threads(), first, std::min(per_pass, count - first), spec.bytes_per_image(), prepare);
  };
  std::unique_ptr<PictureBatch> batch = batch_from(0), next;
  for (int64_t first = 0; first < count; first += per_pass, batch = std::move(next)) {
    const int64_t now = std::min(per_pass, count - first);
    std::vector<ItemResult>& results = batch->results();
    auto pixels = [&](void* memory) {
      batch->finish(static_cast<uint8_t*>(memory));
      for (int64_t i = 0; i < now && !items; i++)
        if (const ItemResult& result = results[static_cast<size_t>(i)]; result.status != Status::ok)
          throw Error(result.status, "image " + std::to_string(first + i) + ": " + result.text);
      if (first + now < count) {  // beside the pass that begins here
        next = batch_from(first + now);
        next->begin_ahead(runtime_->pictures_ahead());
      }
    };
    auto levels = [&](void* memory) { std::memcpy(memory, processor_->levels(), static_cast<size_t>(spec.channels) * 256 * sizeof(float)); };
    float* rows = out + first * floats_per_image;
    run(recording, bind(now, 0), [&](Pass& pass) {
      image_program(pass, *definition_, program, make_sequences(SequenceTable::uniform(now, spec.rows_per_image)), pixels, levels, rows);
    });
    require_finite(rows, now * floats_per_image);
    for (int64_t i = 0; i < now && items; i++) {
      if (results[static_cast<size_t>(i)].status == Status::ok) continue;
      std::fill_n(rows + i * floats_per_image, floats_per_image, 0.0f);
      (*items)[static_cast<size_t>(first + i)] = std::move(results[static_cast<size_t>(i)]);
    }
  }
}

// In tiles of images and texts, so that the arena does not grow with either; a logit depends on its own pair alone. Probabilities are over all texts of an image.
void Model::forward(const float* images, int64_t image_count, const float* texts, int64_t text_count, float* logits, float* probabilities) const {
  if (definition_->scores() == models::Scores::none)
    throw Error(Status::unsupported, folder_.path() + ": this model has no " + (definition_->image_spec() ? "text" : "image") +
                                         " tower, and forward scores pictures against texts: compare two embeddings by their cosine (Similarity.of)");
  const int64_t width = definition_->embedding_size();
  const int64_t texts_now = std::clamp<int64_t>(logits_per_pass / width, 1, text_count);
  const int64_t images_now = std::clamp<int64_t>(logits_per_pass / std::max(texts_now, width), 1, image_count);
  std::vector<float> tile;  // [images, texts], where the texts are not all
  for (int64_t image = 0; image < image_count; image += images_now) {
    const int64_t rows = std::min(images_now, image_count - image);
    for (int64_t text = 0; text < text_count; text += texts_now) {
      const int64_t columns = std::min(texts_now, text_count - text);
      if (columns < text_count) tile.resize(static_cast<size_t>(rows * columns));
      float* out = columns < text_count ? tile.data() : logits + image * text_count;
      run(logits_recording_, bind(rows, columns), [&](Pass& pass) {
        logits_program(
            pass, *definition_, rows, columns, [&](void* to) { std::memcpy(to, images + image * width, static_cast<size_t>(rows * width) * sizeof(float)); },
            [&](void* to) { std::memcpy(to, texts + text * width, static_cast<size_t>(columns * width) * sizeof(float)); }, out);
      });
      for (int64_t i = 0; i < rows && columns < text_count; i++) std::copy_n(out + i * columns, columns, logits + (image + i) * text_count + text);
    }
  }
  require_finite(logits, image_count * text_count);
  const int64_t rows_now = std::clamp<int64_t>(logits_per_pass / text_count, 1, image_count);
  for (int64_t image = 0; image < image_count && probabilities; image += rows_now) {
    const int64_t rows = std::min(rows_now, image_count - image);
    run(probabilities_recording_, bind(rows, text_count), [&](Pass& pass) {
      probabilities_program(
          pass, *definition_, rows, text_count,
          [&](void* to) { std::memcpy(to, logits + image * text_count, static_cast<size_t>(rows * text_count) * sizeof(float)); },
          probabilities + image * text_count);
    });
  }
}

image::Size Model::preprocessed_size(const ImageRequest& request) const {
  require_image_tower();
  if (const auto* raw = std::get_if<image::RgbView>(&request)) return processor_->output_size(raw->width, raw->height);
  const auto& [bytes, size] = std::get<EncodedImage>(request);
  const image::PictureInfo info = image::probe(bytes, size);
  return processor_->output_size(info.width, info.height);
}

void normalize_rows(float* rows, int64_t count, int64_t width) {
  static const host::Kernels& kernels = host::choose_kernels(nullptr);  // a reference: nothing to destroy
  kernels.l2_normalize(rows, count, width, rows);
}

void Model::preprocess(const ImageRequest& request, float* out) const {
  require_image_tower();
  decode(request, [&](image::RgbView picture) { processor_->apply(picture, out); });
}

}  // namespace oag
