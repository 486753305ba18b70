// Settings of config.json and tokenizer_config.json that no CLIP can have: each is refused by name when the model is loaded, not found out from NaN later.
#include <doctest/doctest.h>

#include <string>

#include "core/error.h"
#include "models/definition.h"
#include "support/memory_configs.h"
#include "support/refusal.h"

using namespace oag;
using namespace oag::test;
using nlohmann::json;

namespace {

json small() {
  const json tower{{"hidden_size", 32}, {"intermediate_size", 48}, {"num_hidden_layers", 1}, {"num_attention_heads", 2}};
  json config{{"model_type", "clip"}, {"text_config", tower}, {"vision_config", tower}, {"projection_dim", 16}};
  config["text_config"]["vocab_size"] = 600;
  config["text_config"]["eos_token_id"] = 599;
  config["vision_config"]["image_size"] = 64;
  return config;
}

std::unique_ptr<models::Definition> define(const json& config, const json& tokenizer = json::object()) {
  return models::define(MemoryConfigs({{"config.json", config}, {"tokenizer_config.json", tokenizer}}));
}

// The refusal of a config with one value changed.
std::string fault(const std::string& tower, const std::string& key, const json& value, std::initializer_list<std::string> parts) {
  json config = small();
  config[tower][key] = value;
  return wrong_refusal(Status::bad_model, parts, [&] { define(config); });
}

}  // namespace

TEST_CASE("a sound config is taken, with the limits of its tokenizer") {
  CHECK(define(small())->text_spec()->max_tokens == 77);
  CHECK(define(small(), {{"model_max_length", 20}})->text_spec()->max_tokens == 20);
  CHECK(define(small(), {{"model_max_length", 1e30}})->text_spec()->max_tokens == 77);
}

TEST_CASE("settings that would give NaN, or one result for all texts, are refused by name") {
  CHECK(fault("text_config", "layer_norm_eps", -5, {"config.json", "text_config.layer_norm_eps", "-5"}) == "");
  CHECK(fault("vision_config", "layer_norm_eps", 1e300, {"vision_config.layer_norm_eps"}) == "");
  CHECK(fault("text_config", "eos_token_id", 600, {"text_config.eos_token_id", "600", "vocab_size 600"}) == "");
  CHECK(fault("text_config", "vocab_size", int64_t{1} << 31, {"text_config.vocab_size", "to 2147483647"}) == "");  // the ABI's type
  CHECK(fault("text_config", "eos_token_id", nullptr, {"text_config.eos_token_id", "49407"}) == "");
  CHECK(fault("text_config", "num_attention_heads", 3, {"text_config.num_attention_heads", "hidden_size 32"}) == "");
  CHECK(fault("vision_config", "patch_size", 128, {"vision_config.patch_size", "image_size"}) == "");
  CHECK(fault("vision_config", "hidden_act", "mish", {"vision_config.hidden_act", "mish", "quick_gelu"}) == "");
  for (const json& length : {json(1), json(2), json(-7)})
    CHECK(wrong_refusal(Status::bad_model, {"tokenizer_config.json", "model_max_length"}, [&] { define(small(), {{"model_max_length", length}}); }) == "");
}
