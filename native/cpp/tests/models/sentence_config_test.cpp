// What the folders of sentence encoders say, and what they may not: each fault is refused by file and key when the model is loaded.
#include <doctest/doctest.h>

#include <map>
#include <string>

#include "core/error.h"
#include "models/definition.h"
#include "support/memory_configs.h"
#include "support/refusal.h"

using namespace oag;
using namespace oag::test;
using nlohmann::json;

namespace {

using Files = std::map<std::string, json>;

json module(const std::string& type, const std::string& path) { return {{"idx", 0}, {"name", "0"}, {"path", path}, {"type", "sentence_transformers.models." + type}}; }

Files sentences() {
  return {{"config.json", {{"model_type", "bert"}, {"vocab_size", 100}, {"hidden_size", 32}, {"intermediate_size", 48}, {"num_hidden_layers", 2}, {"num_attention_heads", 2},
                           {"max_position_embeddings", 64}}},
          {"modules.json", {module("Transformer", ""), module("Pooling", "1_Pooling"), module("Dense", "2_Dense"), module("Normalize", "3_Normalize")}},
          {"1_Pooling/config.json", {{"word_embedding_dimension", 32}, {"pooling_mode_mean_tokens", true}}},
          {"2_Dense/config.json", {{"in_features", 32}, {"out_features", 20}, {"bias", true}, {"activation_function", "torch.nn.modules.activation.Tanh"}}}};
}

std::unique_ptr<models::Definition> define(const Files& files, const models::Choices& choices = {}) { return models::define(MemoryConfigs(files), choices); }

// The refusal of a folder in which one file's key has another value; a null file is removed.
std::string fault(const std::string& file, const std::string& key, const json& value, std::initializer_list<std::string> parts) {
  Files files = sentences();
  files[file][key] = value;
  return wrong_refusal(Status::bad_model, parts, [&] { define(files); });
}

std::string fault_of_modules(const json& modules, std::initializer_list<std::string> parts) {
  Files files = sentences();
  files["modules.json"] = modules;
  return wrong_refusal(Status::bad_model, parts, [&] { define(files); });
}

bool has_tensor(const models::Definition& definition, const std::string& name) {
  for (const auto& [tensor, shape] : definition.parameters().tensors())
    if (tensor == name) return true;
  return false;
}

}  // namespace

TEST_CASE("a folder's modules make the embedding") {
  const auto model = define(sentences());
  CHECK(std::string(model->family()) == "bert");
  CHECK(model->embedding_size() == 20);
  CHECK(model->embedding() == "mean of the tokens, dense to 20, length 1");
  CHECK_FALSE(model->image_spec());
  CHECK(model->text_spec()->max_tokens == 64);
  CHECK(has_tensor(*model, "2_Dense/linear.weight"));
  CHECK(has_tensor(*model, "2_Dense/linear.bias"));
  CHECK(has_tensor(*model, "embeddings.token_type_embeddings.weight"));

  Files files = sentences();
  files["1_Pooling/config.json"] = {{"embedding_dimension", 32}, {"pooling_mode", {"cls", "weightedmean"}}};
  files["2_Dense/config.json"]["in_features"] = 64;
  files["2_Dense/config.json"]["bias"] = false;
  CHECK(define(files)->embedding() == "the first token and mean of the tokens weighted by position, dense to 20, length 1");
  CHECK_FALSE(has_tensor(*define(files), "2_Dense/linear.bias"));
  files["modules.json"] = {module("Transformer", ""), module("Pooling", "1_Pooling"), module("Dropout", "2_Dropout")};
  CHECK(define(files)->embedding_size() == 64);
}

TEST_CASE("layers before the pooling are of each token") {
  Files files = sentences();
  files["modules.json"] = {module("Transformer", ""), module("Dense", "2_Dense"), module("Normalize", "3_Normalize"), module("Pooling", "1_Pooling"), module("Normalize", "4_Normalize")};
  files["2_Dense/config.json"]["module_input_name"] = "token_embeddings";
  files["3_Normalize/config.json"] = {{"module_input_name", "token_embeddings"}, {"module_output_name", nullptr}};
  files["1_Pooling/config.json"] = {{"embedding_dimension", 20}, {"pooling_mode", {"mean", "max"}}};
  const auto model = define(files);
  CHECK(model->embedding_size() == 40);
  CHECK(model->embedding() == "mean of the tokens and maximum of the tokens (each dense to 20, length 1), length 1");
  CHECK(model->text_tower()->token_size() == 20);
  CHECK(model->tokens() == "the tokens behind the last block, dense to 20, length 1");
  CHECK(define(sentences())->tokens() == "the tokens behind the last block");
  CHECK(define(sentences())->text_tower()->token_size() == 32);
}

TEST_CASE("a folder without modules.json pools as is asked, and by the mean if nothing is") {
  Files files = sentences();
  files.erase("modules.json");
  CHECK(define(files)->embedding() == "mean of the tokens");
  CHECK(define(files)->embedding_size() == 32);
  CHECK(define(files, {.pooling = Pooling::first})->embedding() == "the first token");
  CHECK(define(files, {.pooling = Pooling::weighted_mean})->embedding() == "mean of the tokens weighted by position");
  CHECK(wrong_refusal(Status::invalid_argument, {"config.json", "modules.json", "leave the option out"}, [&] { define(sentences(), {.pooling = Pooling::mean}); }) == "");
  const Files clip{{"config.json", {{"model_type", "clip"}}}};
  CHECK(wrong_refusal(Status::invalid_argument, {"pools as it was trained"}, [&] { define(clip, {.pooling = Pooling::mean}); }) == "");
}

TEST_CASE("the length of a text is the folder's, as far as there are positions") {
  Files files = sentences();
  const auto most = [&] { return define(files)->text_spec()->max_tokens; };
  files["tokenizer_config.json"] = {{"model_max_length", 40}};
  CHECK(most() == 40);
  files["sentence_bert_config.json"] = {{"max_seq_length", 50}, {"do_lower_case", true}};
  CHECK(most() == 50);
  CHECK(define(files)->text_spec()->lower_case);
  files["sentence_bert_config.json"] = {{"max_seq_length", nullptr}};
  CHECK(most() == 40);
  files["tokenizer_config.json"] = {{"model_max_length", 1e30}};
  CHECK(most() == 64);
  for (const char* type : {"roberta", "xlm-roberta", "mpnet"}) {  // whose first two positions stand for padding
    files["config.json"]["model_type"] = type;
    CHECK(most() == 62);
    CHECK(fault("config.json", "max_position_embeddings", 2, {"max_position_embeddings"}) == "");
  }
  files = sentences();
  files["sentence_bert_config.json"] = {{"max_seq_length", 65}};
  CHECK(wrong_refusal(Status::bad_model, {"sentence_bert_config.json: max_seq_length is 65", "has room for 64 tokens"}, [&] { define(files); }) == "");
  files["sentence_bert_config.json"] = {{"max_seq_length", 2}};
  CHECK(wrong_refusal(Status::bad_model, {"sentence_bert_config.json: max_seq_length is 2"}, [&] { define(files); }) == "");
}

TEST_CASE("prompts are kept by name, and the default one must be among them") {
  Files files = sentences();
  files["config_sentence_transformers.json"] = {{"prompts", {{"query", "query: "}, {"passage", "passage: "}}}, {"default_prompt_name", "query"}};
  const auto model = define(files);
  CHECK(model->text_spec()->prompts == std::map<std::string, std::string>{{"passage", "passage: "}, {"query", "query: "}});
  CHECK(model->text_spec()->default_prompt == "query");
  files["config_sentence_transformers.json"]["default_prompt_name"] = "question";
  CHECK(wrong_refusal(Status::bad_model, {"config_sentence_transformers.json: default_prompt_name is \"question\"", "prompts has none of that name"}, [&] { define(files); }) == "");
  files["config_sentence_transformers.json"] = {{"prompts", {{"query", 7}}}};
  CHECK(wrong_refusal(Status::bad_model, {"config_sentence_transformers.json: prompts.query is 7", "expected a string"}, [&] { define(files); }) == "");
}

TEST_CASE("an unknown pooling is refused by name") {
  CHECK(fault("1_Pooling/config.json", "pooling_mode", "median", {"1_Pooling/config.json: pooling_mode is \"median\"", "this version knows cls, max, mean"}) == "");
  CHECK(fault("1_Pooling/config.json", "pooling_mode", json::array({"cls", 3}), {"pooling_mode is", "this version knows"}) == "");
  CHECK(fault("1_Pooling/config.json", "pooling_mode", json::array(), {"pooling_mode is []"}) == "");
  CHECK(fault("1_Pooling/config.json", "pooling_mode_median_tokens", true, {"pooling_mode_median_tokens is true", "this version knows"}) == "");
  CHECK(fault("1_Pooling/config.json", "word_embedding_dimension", 31, {"word_embedding_dimension is 31", "the encoder gives 32"}) == "");
  Files files = sentences();
  files["1_Pooling/config.json"] = {{"embedding_dimension", 32}, {"pooling_mode", "weightedmean"}, {"include_prompt", false}};
  CHECK(wrong_refusal(Status::bad_model, {"1_Pooling/config.json: include_prompt is false", "whose weights count from it"}, [&] { define(files); }) == "");
  files["1_Pooling/config.json"]["pooling_mode"] = "cls";
  CHECK(define(files)->text_spec()->leaves_prompt_out);
  CHECK(define(files)->embedding() == "the first token behind the prompt, dense to 20, length 1");
  CHECK_FALSE(define(sentences())->text_spec()->leaves_prompt_out);
}

TEST_CASE("a module that this version lacks, or one out of order, is refused by name") {
  CHECK(fault_of_modules({module("Transformer", ""), module("Pooling", "1_Pooling"), module("WhitenedThing", "2_W")},
                         {"modules.json: element 2: type is \"sentence_transformers.models.WhitenedThing\"", "this version knows Transformer, Pooling"}) == "");
  CHECK(fault_of_modules({module("Transformer", ""), module("CNN", "1_CNN")}, {"element 1: type is \"sentence_transformers.models.CNN\"", "this version knows"}) == "");
  CHECK(fault_of_modules({module("Transformer", ""), module("Dense", "2_Dense")}, {"2_Dense/config.json: module_input_name is missing", "token_embeddings before the Pooling"}) == "");
  CHECK(fault_of_modules({module("Transformer", ""), module("Normalize", "2_Normalize"), module("Pooling", "1_Pooling")},
                         {"element 1: module_input_name is missing", "token_embeddings before the Pooling"}) == "");
  CHECK(fault_of_modules({module("Transformer", ""), module("Pooling", "1_Pooling"), module("Pooling", "1_Pooling")}, {"element 2", "expected one Pooling"}) == "");
  CHECK(fault_of_modules({module("BoW", ""), module("Pooling", "1_Pooling")}, {"element 0", "expected a Transformer first"}) == "");
  CHECK(fault_of_modules(json::array({module("Transformer", "")}), {"has no Pooling"}) == "");
  CHECK(fault_of_modules({module("Transformer", ""), module("Pooling", "../1_Pooling")}, {"element 1: path is \"../1_Pooling\"", "a folder beside modules.json"}) == "");
  CHECK(fault_of_modules({module("Transformer", ".."), module("Pooling", "1_Pooling")}, {"element 0: path is \"..\""}) == "");
  CHECK(fault_of_modules({module("Transformer", ""), module("Pooling", "4_Pooling")}, {"4_Pooling/config.json", "is missing"}) == "");
  CHECK(fault_of_modules({module("Transformer", "0_Transformer"), module("Pooling", "1_Pooling")}, {"0_Transformer/config.json", "is missing"}) == "");
}

TEST_CASE("a dense layer that does not fit, or is not known") {
  CHECK(fault("2_Dense/config.json", "in_features", 31, {"2_Dense/config.json: in_features is 31", "the module before gives 32"}) == "");
  CHECK(fault("2_Dense/config.json", "activation_function", "torch.nn.modules.activation.Mish", {"activation_function", "Tanh, ReLU, GELU and Identity"}) == "");
  CHECK(fault("2_Dense/config.json", "use_residual", true, {"use_residual is true"}) == "");
  CHECK(fault("2_Dense/config.json", "module_input_name", "token_embeddings", {"module_input_name is \"token_embeddings\"", "sentence_embedding behind it"}) == "");
  CHECK(fault("2_Dense/config.json", "module_output_name", "else", {"module_output_name is \"else\"", "sentence_embedding behind it"}) == "");
  CHECK(fault("2_Dense/config.json", "out_features", nullptr, {"out_features is missing"}) == "");
}

TEST_CASE("settings that no sentence encoder has are refused by name") {
  CHECK(fault("config.json", "position_embedding_type", "relative_key", {"position_embedding_type is \"relative_key\"", "this version knows absolute"}) == "");
  CHECK(fault("config.json", "is_decoder", true, {"is_decoder is true"}) == "");
  CHECK(fault("config.json", "num_attention_heads", 3, {"num_attention_heads is 3", "hidden_size 32"}) == "");
  CHECK(fault("config.json", "layer_norm_eps", -1, {"layer_norm_eps"}) == "");
  CHECK(fault("config.json", "hidden_act", "mish", {"hidden_act is \"mish\"", "gelu_new, relu"}) == "");
  Files files = sentences();
  files["config.json"]["model_type"] = "mpnet";
  files["config.json"]["relative_attention_num_buckets"] = 64;
  CHECK(wrong_refusal(Status::bad_model, {"relative_attention_num_buckets is 64"}, [&] { define(files); }) == "");
  files["config.json"]["model_type"] = "gpt_neox";
  CHECK(wrong_refusal(Status::unsupported, {"\"gpt_neox\"", "clip", "bert", "roberta", "xlm-roberta", "distilbert", "mpnet"}, [&] { define(files); }) == "");
}
