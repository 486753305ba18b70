// The text side of a Model: its programs, and a call's way through the plan, the cache of prefixes and the passes.
#include <algorithm>
#include <cstring>
#include <utility>

#include "core/error.h"
#include "core/sequence_table.h"
#include "runtime/model.h"
#include "runtime/text_plan.h"

namespace oag {
namespace {

// Rows that are computed for the cache at once. Their keys and values of a block are copied: 512 rows of 1,024 floats are 2 MiB.
constexpr int64_t prefix_rows_per_call = 512;

Bindings bind(const Sequences& rows) { return {1, 0, rows.count.value(), rows.rows.value()}; }

const auto nothing = [](void*) {};

// The programs. Each runs once with symbols when the model is loaded, and then with numbers in every pass; the second, whose kept rows have no symbol, is recorded for each pass.

void text_program(Pass& pass, const models::Definition& model, const Sequences& rows, FunctionRef<void(void*)> ids, float* out) {
  const Tensor tokens = pass.input(DType::i32, {rows.rows, 1}, ids);
  pass.read(model.text_tower()->forward(pass, tokens, rows), out);
}

void prompted_text_program(Pass& pass, const models::Definition& model, const Sequences& rows, const models::PromptAndRest& prompt, FunctionRef<void(void*)> ids,
                           float* out) {
  const Tensor tokens = pass.input(DType::i32, {rows.rows, 1}, ids);
  pass.read(model.text_tower()->forward_behind_prompt(pass, tokens, rows, prompt), out);
}

void token_program(Pass& pass, const models::Definition& model, const Sequences& rows, FunctionRef<void(void*)> ids, float* out) {
  const Tensor tokens = pass.input(DType::i32, {rows.rows, 1}, ids);
  pass.read(model.text_tower()->tokens(pass, tokens, rows), out);
}

void continued_text_program(Pass& pass, const models::Definition& model, const Sequences& rows, FunctionRef<void(void*)> ids, const Sequences& kept_rows,
                            FunctionRef<void(void*)> keys_values, float* out) {
  const models::Tower& tower = *model.text_tower();
  const Tensor tokens = pass.input(DType::i32, {rows.rows, 1}, ids);
  const models::Prefix prefix{pass.input(DType::f32, {kept_rows.rows, tower.blocks() * tower.keys_values_width()}, keys_values), kept_rows};
  pass.read(tower.forward(pass, tokens, rows, &prefix), out);
}

// `take` is given each block's keys and values, to read.
void prefix_program(Pass& pass, const models::Definition& model, const Sequences& rows, FunctionRef<void(void*)> ids, FunctionRef<void(int block, const Tensor&)> take) {
  const models::Tower& tower = *model.text_tower();
  State state = tower.begin(pass, pass.input(DType::i32, {rows.rows, 1}, ids), rows);
  while (true) {
    take(state.next_block, tower.keys_values(pass, state));
    if (state.next_block + 1 == tower.blocks()) return;
    state = tower.block(pass, state);
  }
}

}  // namespace

void Model::record_texts() {
  const ParameterList& parameters = definition_->parameters();
  const Sequences rows{{1, Symbol::tokens}, {1, Symbol::texts}, nullptr};
  text_recording_ = record(parameters, [&](Pass& pass) { text_program(pass, *definition_, rows, nothing, nullptr); });
  if (definition_->text_tower()->keys_values_width() == 0) return;
  prefix_recording_ = record(parameters, [&](Pass& pass) {
    prefix_program(pass, *definition_, rows, nothing, [&](int, const Tensor& keys_values) { pass.read(keys_values, nullptr); });
  });
  const Sequences many{1024, 1024, nullptr};
  const Recording continued = record(parameters, [&](Pass& pass) { continued_text_program(pass, *definition_, many, nothing, many, nothing, nullptr); });
  const int64_t without = text_recording_.plan(bind(many)).bytes;
  kept_row_cost_ = (continued.plan(bind(many)).bytes - 1) / without;  // rounded up
}

void Model::share_prefixes(const PrefixOptions& options) {
  share_prefixes_ = options.share;
  const models::Tower* tower = definition_->text_tower();
  if (!tower || tower->keys_values_width() == 0 || !options.share || options.cache_bytes == 0) return;
  prefix_cache_ = std::make_unique<PrefixCache>(options.cache_bytes, tower->blocks() * tower->keys_values_width());
}

void Model::fill(const std::vector<std::shared_ptr<PrefixCache::Prefix>>& prefixes) const {
  std::vector<int32_t> ids;
  std::vector<int64_t> offsets{0};
  for (const auto& prefix : prefixes) {
    ids.insert(ids.end(), prefix->rows().ids, prefix->rows().ids + prefix->rows().length);
    offsets.push_back(static_cast<int64_t>(ids.size()));
  }
  const Sequences rows = make_sequences(SequenceTable(offsets));
  const models::Tower& tower = *definition_->text_tower();
  const int64_t width = tower.keys_values_width(), all_blocks = tower.blocks() * width;
  std::vector<float> block_rows(ids.size() * static_cast<size_t>(width));
  run(prefix_recording_, bind(rows), [&](Pass& pass) {
    prefix_program(pass, *definition_, rows, [&](void* to) { std::memcpy(to, ids.data(), ids.size() * sizeof(int32_t)); },
                   [&](int block, const Tensor& keys_values) {
                     pass.read(keys_values, block_rows.data());
                     const float* from = block_rows.data();
                     for (const auto& prefix : prefixes)
                       for (int64_t row = 0; row < prefix->rows().length; row++, from += width)
                         std::copy_n(from, width, prefix->keys_values.data() + row * all_blocks + block * width);
                   });
  });
}

void Model::encode_texts(const int32_t* ids, const int64_t* offsets, int64_t count, float* out) const {
  require_text_tower();
  const int64_t max_tokens = runtime_->options().max_tokens;
  KeptPrefixes kept{{}, kept_row_cost_};
  if (prefix_cache_)
    kept.find = [&](const std::vector<TextRows>& texts) {
      const auto missing = prefix_cache_->missing(texts, std::min(max_tokens, prefix_rows_per_call));
      if (!missing.empty()) fill(missing);
      for (const auto& prefix : missing) prefix_cache_->keep(prefix);
      return prefix_cache_->find(texts);
    };
  models::TextSpec spec = *definition_->text_spec();
  spec.causal &= share_prefixes_;
  TextPlan plan = plan_texts(spec, ids, offsets, count, max_tokens, kept);
  const int64_t width = definition_->embedding_size();
  std::vector<float> distinct;
  for (TextPlan::Pass& texts : plan.passes) {
    distinct.resize(static_cast<size_t>((texts.first_distinct + texts.rows.count.value()) * width));
    float* rows = distinct.data() + texts.first_distinct * width;
    const auto fill_ids = [&](void* to) { std::memcpy(to, texts.ids.data(), texts.ids.size() * sizeof(int32_t)); };
    if (texts.kept.empty()) {
      run(text_recording_, bind(texts.rows), [&](Pass& pass) { text_program(pass, *definition_, texts.rows, fill_ids, rows); });
      continue;
    }
    const int64_t row_floats = definition_->text_tower()->blocks() * definition_->text_tower()->keys_values_width();
    const auto fill_kept = [&](void* to) {
      auto* next = static_cast<float*>(to);
      for (const TextPlan::Pass::KeptRows& rows_of : texts.kept)
        next = std::copy_n(rows_of.prefix->keys_values.data() + rows_of.first_row * row_floats, rows_of.rows * row_floats, next);
      texts.kept.clear();  // may be freed when it is evicted
    };
    const int64_t saved = texts.kept_rows.rows.value();
    const Program program = [&](Pass& pass) { continued_text_program(pass, *definition_, texts.rows, fill_ids, texts.kept_rows, fill_kept, rows); };
    run(record(definition_->parameters(), program), bind(texts.rows), program);
    prefix_cache_->count_saved(saved);
  }
  require_finite(distinct.data(), static_cast<int64_t>(distinct.size()));
  for (int64_t i = 0; i < count; i++) std::copy_n(distinct.data() + plan.distinct_of[static_cast<size_t>(i)] * width, width, out + i * width);
}

// Towers that pool more than one row share none, so that there is no cache to ask.
void Model::encode_prompted_texts(const int32_t* ids, const int64_t* offsets, int64_t count, int64_t prompt_tokens, float* out) const {
  require_text_tower();
  const models::TextSpec& spec = *definition_->text_spec();
  if (prompt_tokens == 0 || !spec.leaves_prompt_out) return encode_texts(ids, offsets, count, out);
  for (int64_t i = 0; i < count; i++)
    if (offsets[i + 1] - offsets[i] <= prompt_tokens)
      throw Error(Status::invalid_argument, "text " + std::to_string(i) + " has " + std::to_string(offsets[i + 1] - offsets[i]) + " tokens, and its prompt alone " +
                                                std::to_string(prompt_tokens) + ": nothing is left to pool");
  const TextPlan plan = plan_texts(spec, ids, offsets, count, runtime_->options().max_tokens);
  const Sequences any{{1, Symbol::tokens}, {1, Symbol::texts}, nullptr};
  const models::PromptAndRest any_prompt{{{1, Symbol::tokens}, {2, Symbol::texts}, nullptr}, {{2, Symbol::texts}, {1, Symbol::texts}, nullptr}};
  const Recording recording =
      record(definition_->parameters(), [&](Pass& pass) { prompted_text_program(pass, *definition_, any, any_prompt, nothing, nullptr); });
  const int64_t width = definition_->embedding_size();
  std::vector<float> distinct;
  for (const TextPlan::Pass& texts : plan.passes) {
    distinct.resize(static_cast<size_t>((texts.first_distinct + texts.rows.count.value()) * width));
    const models::PromptAndRest prompt{make_sequences(cut_in_two(*texts.rows.table, prompt_tokens)), make_sequences(SequenceTable::uniform(texts.rows.count.value(), 2))};
    const auto fill_ids = [&](void* to) { std::memcpy(to, texts.ids.data(), texts.ids.size() * sizeof(int32_t)); };
    run(recording, bind(texts.rows),
        [&](Pass& pass) { prompted_text_program(pass, *definition_, texts.rows, prompt, fill_ids, distinct.data() + texts.first_distinct * width); });
  }
  require_finite(distinct.data(), static_cast<int64_t>(distinct.size()));
  for (int64_t i = 0; i < count; i++) std::copy_n(distinct.data() + plan.distinct_of[static_cast<size_t>(i)] * width, width, out + i * width);
}

// Rows that a cache keeps have keys and values and no last vector, so it is neither asked nor filled; what texts of this call have in common is computed once.
void Model::encode_text_tokens(const int32_t* ids, const int64_t* offsets, int64_t count, float* out) const {
  require_text_tower();
  const models::Tower& tower = *definition_->text_tower();
  require_tokens(tower);
  models::TextSpec spec = *definition_->text_spec();
  spec.causal &= share_prefixes_;
  spec.end = models::TextSpec::End::none;  // what stands behind the end has vectors, too
  const TextPlan plan = plan_texts(spec, ids, offsets, count, runtime_->options().max_tokens);
  std::vector<std::vector<int64_t>> texts_of(static_cast<size_t>(plan.passes.back().first_distinct + plan.passes.back().rows.count.value()));
  for (int64_t i = 0; i < count; i++) texts_of[static_cast<size_t>(plan.distinct_of[static_cast<size_t>(i)])].push_back(i);
  const Sequences any{{1, Symbol::tokens}, {1, Symbol::texts}, nullptr};
  const Recording recording = record(definition_->parameters(), [&](Pass& pass) { token_program(pass, *definition_, any, nothing, nullptr); });
  const int64_t width = tower.token_size();
  std::vector<float> rows;
  for (const TextPlan::Pass& texts : plan.passes) {
    rows.resize(static_cast<size_t>(texts.rows.rows.value() * width));
    const auto fill_ids = [&](void* to) { std::memcpy(to, texts.ids.data(), texts.ids.size() * sizeof(int32_t)); };
    run(recording, bind(texts.rows), [&](Pass& pass) { token_program(pass, *definition_, texts.rows, fill_ids, rows.data()); });
    require_finite(rows.data(), static_cast<int64_t>(rows.size()));
    const SequenceTable& table = *texts.rows.table;
    for (int64_t s = 0; s < table.count(); s++)
      for (const int64_t text : texts_of[static_cast<size_t>(texts.first_distinct + s)]) {
        float* to = out + offsets[text] * width;
        for (const int64_t run : table.runs_of(s)) to = std::copy_n(rows.data() + table.begin(run) * width, table.length(run) * width, to);
      }
  }
}

PrefixStatistics Model::prefix_statistics() const { return prefix_cache_ ? prefix_cache_->statistics() : PrefixStatistics{}; }

}  // namespace oag
