// Settings of a folder's JSON files that no ViT, DINOv2, SigLIP or open_clip model can have: each is refused by name when the model is loaded.
#include <doctest/doctest.h>

#include <set>
#include <string>
#include <tuple>

#include "core/error.h"
#include "models/definition.h"
#include "support/memory_configs.h"
#include "support/refusal.h"

using namespace oag;
using namespace oag::test;
using nlohmann::json;

namespace {

json small(const std::string& type) {
  return {{"model_type", type}, {"hidden_size", 32}, {"intermediate_size", 48}, {"num_hidden_layers", 1}, {"num_attention_heads", 2}, {"image_size", 64}, {"patch_size", 8}};
}

std::unique_ptr<models::Definition> define(const json& config, const json& processor = {{"crop_size", 32}}, std::set<std::string> tensors = {}) {
  return models::define(MemoryConfigs({{"config.json", config}, {"preprocessor_config.json", processor}}, std::move(tensors)));
}

std::string fault(const std::string& type, const std::string& key, const json& value, std::initializer_list<std::string> parts) {
  json config = small(type);
  config[key] = value;
  return wrong_refusal(Status::bad_model, parts, [&] { define(config); });
}

bool has_shape(const models::Definition& definition, const std::string& tensor, const std::vector<int64_t>& shape) {
  for (const auto& wanted : definition.parameters().tensors())
    if (wanted.tensor == tensor) return wanted.shape == shape;
  return false;
}

}  // namespace

TEST_CASE("what a ViT's embedding is depends on its weights") {
  const auto plain = define(small("vit")), pooled = define(small("vit"), {}, {"pooler.dense.weight"});
  CHECK(std::string(plain->embedding()) == "the class token behind the last layer norm");
  CHECK(std::string(pooled->embedding()) == "the pooler of the class token");
  CHECK(has_shape(*pooled, "pooler.dense.weight", {32, 32}));
  CHECK_FALSE(has_shape(*plain, "pooler.dense.weight", {32, 32}));
  CHECK(plain->scores() == models::Scores::none);
  CHECK(plain->image_spec()->rows_per_image == 65);
}

TEST_CASE("a DINOv2 takes the pictures of its processor, with the positions it was trained with") {
  for (const auto& [processor, height, width] : {std::tuple<json, int, int>{{{"crop_size", 32}}, 32, 32}, {{{"crop_size", {{"height", 40}, {"width", 24}}}}, 40, 24},
                                                 {{{"do_center_crop", false}, {"size", {{"height", 16}, {"width", 48}}}}, 16, 48},
                                                 {{{"image_processor", {{"crop_size", 72}}}}, 72, 72}, {json::object(), 224, 224}}) {
    CAPTURE(processor.dump());
    const auto definition = define(small("dinov2"), processor);
    CHECK(definition->image_spec()->height == height);
    CHECK(definition->image_spec()->width == width);
    CHECK(definition->image_spec()->rows_per_image == 1 + (height / 8) * (width / 8));
    CHECK(has_shape(*definition, "embeddings.position_embeddings", {1, 65, 32}));
  }
  const auto registers = define(small("dinov2_with_registers"));
  CHECK(registers->image_spec()->rows_per_image == 1 + 4 + 16);
  CHECK(has_shape(*registers, "embeddings.register_tokens", {1, 4, 32}));
}

TEST_CASE("settings that no such model can have are refused by name") {
  CHECK(fault("vit", "patch_size", 65, {"patch_size", "image_size"}) == "");
  CHECK(fault("vit", "patch_size", json{8, 4}, {"patch_size", "square patches"}) == "");
  CHECK(fault("vit", "num_attention_heads", 5, {"num_attention_heads", "hidden_size 32"}) == "");
  CHECK(fault("vit", "hidden_act", "mish", {"hidden_act", "mish"}) == "");
  CHECK(fault("vit", "qkv_bias", 1, {"qkv_bias", "true or false"}) == "");
  CHECK(fault("vit", "num_channels", 1, {"num_channels", "3 channels"}) == "");
  CHECK(fault("dinov2", "image_size", json{64, 32}, {"image_size", "square"}) == "");
  CHECK(fault("dinov2", "mlp_ratio", 0, {"mlp_ratio"}) == "");
  CHECK(fault("dinov2", "patch_size", 48, {"preprocessor_config.json", "crop_size", "48 pixels"}) == "");
  CHECK(fault("dinov2_with_registers", "num_register_tokens", -1, {"num_register_tokens"}) == "");
  CHECK(wrong_refusal(Status::bad_model, {"preprocessor_config.json", "crop_size"}, [&] { define(small("dinov2"), {{"crop_size", "large"}}); }) == "");
}

namespace {

json siglip() {
  json config{{"model_type", "siglip"}, {"text_config", small("siglip_text_model")}, {"vision_config", small("siglip_vision_model")}};
  config["text_config"]["vocab_size"] = 100;
  return config;
}

std::unique_ptr<models::Definition> define_siglip(const json& config, const json& tokenizer_config, const json& tokenizer = json::object()) {
  return models::define(MemoryConfigs({{"config.json", config}, {"tokenizer_config.json", tokenizer_config}, {"tokenizer.json", tokenizer}}));
}

std::string siglip_fault(const std::string& section, const std::string& key, const json& value, std::initializer_list<std::string> parts) {
  json config = siglip();
  config[section][key] = value;
  return wrong_refusal(Status::bad_model, parts, [&] { define_siglip(config, json::object()); });
}

}  // namespace

TEST_CASE("texts of a SigLIP are padded to what it was trained with, with the tokenizer's id") {
  const auto spec = [](const json& tokenizer_config, const json& tokenizer = json::object()) { return *define_siglip(siglip(), tokenizer_config, tokenizer)->text_spec(); };
  CHECK(spec(json::object()).pad_to == 64);
  CHECK(spec(json::object()).pad_id == 1);
  CHECK_FALSE(spec(json::object()).lower_case);
  CHECK(spec({{"model_max_length", 20}}).pad_to == 20);
  CHECK(spec({{"model_max_length", 1e30}}).pad_to == 64);
  CHECK(spec({{"pad_token", "<p>"}, {"added_tokens_decoder", {{"3", "<q>"}, {"7", {{"content", "<p>"}}}}}}).pad_id == 7);
  CHECK(spec({{"pad_token", {{"content", "<p>"}}}}, {{"added_tokens", {{{"content", "<q>"}, {"id", 2}}, {{"content", "<p>"}, {"id", 9}}}}}).pad_id == 9);
  CHECK(spec({{"pad_token", "<r>"}}, {{"added_tokens", {{{"content", "<q>"}, {"id", 2}}}}}).pad_id == 1);
  CHECK(spec({{"tokenizer_class", "SiglipTokenizer"}}).lower_case);
  CHECK_FALSE(spec({{"tokenizer_class", "SiglipTokenizer"}, {"do_lower_case", false}}).lower_case);
  CHECK(spec({{"tokenizer_class", "GemmaTokenizer"}, {"do_lower_case", true}}).lower_case);
  CHECK(spec(json::object()).end == models::TextSpec::End::none);
  CHECK(define_siglip(siglip(), json::object())->scores() == models::Scores::each_pair);
}

TEST_CASE("settings that no SigLIP can have are refused by name") {
  CHECK(siglip_fault("vision_config", "vision_use_head", false, {"vision_config.vision_use_head", "pooling head"}) == "");
  CHECK(siglip_fault("text_config", "projection_size", 16, {"text_config.projection_size", "the 32 of vision_config.hidden_size"}) == "");
  CHECK(siglip_fault("text_config", "vocab_size", 1, {"text_config.vocab_size", "the id 1"}) == "");
  CHECK(siglip_fault("vision_config", "num_attention_heads", 3, {"vision_config.num_attention_heads"}) == "");
  CHECK(wrong_refusal(Status::bad_model, {"tokenizer_config.json", "padding_side", "left"}, [&] { define_siglip(siglip(), {{"padding_side", "left"}}); }) == "");
  CHECK(wrong_refusal(Status::bad_model, {"tokenizer_config.json", "pad_token", "a string"}, [&] { define_siglip(siglip(), {{"pad_token", 5}}); }) == "");
}

namespace {

json open_clip() {
  return {{"model_cfg", {{"embed_dim", 16}, {"vision_cfg", {{"image_size", 32}, {"width", 32}, {"head_width", 8}, {"layers", 1}, {"patch_size", 8}}},
                         {"text_cfg", {{"width", 24}, {"heads", 3}, {"layers", 1}, {"vocab_size", 100}}}}},
          {"preprocess_cfg", json::object()}};
}

std::unique_ptr<models::Definition> define_open_clip(const json& config, std::set<std::string> tensors = {}) {
  return models::define(MemoryConfigs({{"open_clip_config.json", config}}, std::move(tensors)));
}

std::string open_clip_fault(const std::string& path, const json& value, std::initializer_list<std::string> parts) {
  json config = open_clip();
  config[json::json_pointer(path)] = value;
  return wrong_refusal(Status::bad_model, parts, [&] { define_open_clip(config); });
}

}  // namespace

TEST_CASE("an open_clip folder is read with open_clip's names and defaults") {
  const auto plain = define_open_clip(open_clip()), custom = define_open_clip(open_clip(), {"text.token_embedding.weight"});
  CHECK(has_shape(*plain, "token_embedding.weight", {100, 24}));
  CHECK(has_shape(*custom, "text.token_embedding.weight", {100, 24}));
  CHECK(has_shape(*custom, "text.text_projection", {24, 16}));
  CHECK(has_shape(*plain, "visual.transformer.resblocks.0.attn.in_proj_weight", {96, 32}));
  CHECK(has_shape(*plain, "visual.transformer.resblocks.0.attn.in_proj_bias", {96}));
  CHECK(has_shape(*plain, "visual.proj", {32, 16}));
  CHECK(plain->text_spec()->max_tokens == 77);
  CHECK(plain->text_spec()->end == models::TextSpec::End::highest_id);
  CHECK(plain->image_spec()->processor->at("size").at("shortest_edge") == 32);
  // config.json, where there is one, is the model.
  CHECK(std::string(models::define(MemoryConfigs({{"config.json", small("vit")}, {"open_clip_config.json", open_clip()}}))->family()) == "vit");
}

TEST_CASE("a list of layers makes an open_clip ResNet") {
  const auto resnet = [](const json& layers, const json& changes = json::object()) {
    json config = open_clip();
    config["model_cfg"]["vision_cfg"] = {{"image_size", 64}, {"layers", layers}, {"width", 6}, {"head_width", 16}, {"patch_size", nullptr}};
    config["model_cfg"]["vision_cfg"].update(changes);
    return config;
  };
  const auto definition = define_open_clip(resnet({1, 2, 1, 1}));
  CHECK(definition->image_tower()->blocks() == 5);
  CHECK(definition->embedding().find("the attention-pooled cells") == 0);
  CHECK(definition->image_spec()->rows_per_image == 4);
  CHECK(definition->image_spec()->rows_in_pass == 32);  // 32 · 32 · 6 numbers of the stem, in rows of 192
  CHECK(definition->image_spec()->processor->at("size").at("shortest_edge") == 64);
  CHECK(has_shape(*definition, "visual.conv2.weight", {3, 3, 3, 3}));
  CHECK(has_shape(*definition, "visual.layer2.1.conv1.weight", {12, 48, 1, 1}));
  CHECK(has_shape(*definition, "visual.layer4.0.downsample.1.running_mean", {192}));
  CHECK_FALSE(has_shape(*definition, "visual.layer2.1.downsample.0.weight", {48, 48, 1, 1}));
  CHECK(has_shape(*definition, "visual.attnpool.positional_embedding", {5, 192}));
  CHECK(has_shape(*definition, "visual.attnpool.c_proj.weight", {16, 192}));

  const auto fault = [&](const json& layers, const json& changes, std::initializer_list<std::string> parts) {
    return wrong_refusal(Status::bad_model, parts, [&] { define_open_clip(resnet(layers, changes)); });
  };
  for (const json& layers : {json{1, 2, 1}, json{1, 2, 1, 1, 1}, json::array(), json{1, 2, 0, 1}, json{1, 2, 1.5, 1}, json{1, 2, "1", 1}, json{1, 2, 1, 1e9}})
    CHECK(fault(layers, json::object(), {"vision_cfg.layers", "four stages"}) == "");
  CHECK(fault({1, 1, 1, 1}, {{"width", 1}}, {"vision_cfg.width"}) == "");
  CHECK(fault({1, 1, 1, 1}, {{"head_width", 5}}, {"vision_cfg.head_width", "the 192 features"}) == "");
  CHECK(fault({1, 1, 1, 1}, {{"image_size", 48}}, {"vision_cfg.image_size", "multiple of 32"}) == "");
  CHECK(fault({1, 1, 1, 1}, {{"image_size", {64, 96}}}, {"vision_cfg.image_size", "square"}) == "");
  CHECK(fault({1, 1, 1, 1}, {{"image_size", 8192}}, {"vision_cfg.image_size", "4096"}) == "");
  CHECK(fault({1, 1, 1, 1}, {{"timm_model_name", "resnet50"}}, {"vision_cfg.timm_model_name"}) == "");
}

TEST_CASE("what no open_clip ViT is by default is refused by name") {
  const char* const defaults = "as they are by default";
  CHECK(open_clip_fault("/model_cfg/vision_cfg/layers", "12", {"open_clip_config.json", "vision_cfg.layers"}) == "");
  CHECK(open_clip_fault("/model_cfg/vision_cfg/timm_model_name", "vit_base", {"vision_cfg.timm_model_name", defaults}) == "");
  CHECK(open_clip_fault("/model_cfg/vision_cfg/pool_type", "avg", {"vision_cfg.pool_type", defaults}) == "");
  CHECK(open_clip_fault("/model_cfg/vision_cfg/norm_kwargs", {{"eps", 1e-6}}, {"vision_cfg.norm_kwargs", defaults}) == "");
  CHECK(open_clip_fault("/model_cfg/vision_cfg/head_width", 5, {"vision_cfg.head_width", "the width 32"}) == "");
  CHECK(open_clip_fault("/model_cfg/vision_cfg/mlp_ratio", 0, {"vision_cfg.mlp_ratio"}) == "");
  CHECK(open_clip_fault("/model_cfg/text_cfg/hf_model_name", "roberta-base", {"text_cfg.hf_model_name", defaults}) == "");
  CHECK(open_clip_fault("/model_cfg/text_cfg/no_causal_mask", true, {"text_cfg.no_causal_mask", defaults}) == "");
  CHECK(open_clip_fault("/model_cfg/text_cfg/heads", 5, {"text_cfg.heads", "the width 24"}) == "");
  CHECK(open_clip_fault("/model_cfg/init_logit_bias", -10, {"model_cfg.init_logit_bias", defaults}) == "");
  CHECK(open_clip_fault("/model_cfg/embed_dim", nullptr, {"model_cfg.embed_dim", "no default"}) == "");
  CHECK(open_clip_fault("/preprocess_cfg/resize_mode", "longest", {"preprocess_cfg.resize_mode", "squash"}) == "");
  CHECK(open_clip_fault("/preprocess_cfg/interpolation", "random", {"preprocess_cfg.interpolation", "bicubic or bilinear"}) == "");
  json harmless = open_clip();
  harmless["model_cfg"]["vision_cfg"]["attentional_pool"] = false;
  harmless["model_cfg"]["text_cfg"]["pool_type"] = "argmax";
  define_open_clip(harmless);
}
