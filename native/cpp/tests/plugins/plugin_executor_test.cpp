#include <doctest/doctest.h>

#include <cmath>
#include <thread>

#include "plugins/plugin_folder.h"
#include "runtime/model.h"
#include "support/golden.h"
#include "support/refusal.h"
#include "support/test_data.h"
#include "support/texts.h"

using namespace oag;
using namespace oag::test;

namespace {

struct Outputs {
  std::vector<float> images, texts, logits, probabilities;
};

Outputs run_all(const Model& model, const Golden& golden) {
  const auto width = static_cast<size_t>(model.definition().embedding_size());
  std::vector<ImageRequest> images;
  for (const auto& picture : golden.pictures) images.push_back(EncodedImage{picture.data(), picture.size()});
  Outputs out;
  out.images.resize(images.size() * width);
  out.texts.resize(golden.ids.size() * width);
  out.logits.resize(images.size() * golden.ids.size());
  out.probabilities.resize(out.logits.size());
  if (!images.empty()) model.encode_images(images, out.images.data(), nullptr);
  if (!golden.ids.empty()) model.encode_texts(golden.packed_ids().data(), golden.offsets().data(), static_cast<int64_t>(golden.ids.size()), out.texts.data());
  if (!out.logits.empty()) model.forward(out.images.data(), static_cast<int64_t>(images.size()), out.texts.data(), static_cast<int64_t>(golden.ids.size()), out.logits.data(), out.probabilities.data());
  return out;
}

}  // namespace

TEST_CASE("everything crosses the boundary: a plugin of plain loops gives transformers' results") {
  const PluginFolder folder(OAG_PLAIN_PLUGIN);
  PlainPlugin plugin(folder);
  {
    auto runtime = folder.runtime();
    for (const std::string& name : golden_models()) {
      CAPTURE(name);
      const Golden golden = load_golden(name);
      const Model model(runtime, golden.folder, Precision::automatic);
      CHECK(model.backend().find("cuda") == 0);
      const Outputs out = run_all(model, golden);
      CHECK(largest_difference(out.images, golden.image_embeddings) < 1e-4);
      CHECK(largest_difference(out.texts, golden.text_embeddings) < 1e-4);
      CHECK(largest_difference(out.logits, golden.logits) < 1e-3);
      CHECK(largest_difference(out.probabilities, golden.probabilities) < 1e-3);
    }
    CHECK(runtime->workspaces().idle_bytes() > 0);
  }
  CHECK(plugin.living() == 0);
}

TEST_CASE("texts that begin alike share rows across the boundary too, and have the bits they have alone") {
  const PluginFolder folder(OAG_PLAIN_PLUGIN);
  PlainPlugin plugin(folder);
  const Model model(folder.runtime(), load_golden("tiny-clip").folder, Precision::automatic);
  std::mt19937 random(2);
  const Texts texts = random_texts(random, 12, 30);
  CHECK(encode(model, texts) == encode_each(model, texts));

  const Model without(folder.runtime(), load_golden("tiny-clip").folder, Precision::automatic, {}, {.share = true, .cache_bytes = 0});
  for (int32_t call = 0; call < 3; call++) {
    Texts alike;
    for (int32_t i = 0; i < 10; i++) alike.push_back({1, 20, 21, 22, 100 + 10 * call + i, 599});
    CHECK(encode(model, alike) == encode(without, alike));
  }
  CHECK(model.prefix_statistics().rows_saved == 2 * 4);
}

TEST_CASE("every entry's failure is its caller's error, with status and text, and the next call works") {
  const Golden golden = load_golden("tiny-clip");
  struct Failure {
    const char* entry;
    int status;
    int before;
  };
  for (const Failure& failure : {Failure{"workspace_create", 7, 0}, Failure{"pass_begin", 6, 0}, Failure{"pass_input_memory", 7, 0}, Failure{"pass_input", 5, 0},
                                 Failure{"pass_run", 6, 0}, Failure{"pass_run", 6, 9}, Failure{"pass_read", 2, 0}}) {
    CAPTURE(std::string(failure.entry));
    CAPTURE(failure.before);
    const PluginFolder folder(OAG_PLAIN_PLUGIN);
    PlainPlugin plugin(folder);
    {
      const Model model(folder.runtime(), golden.folder, Precision::automatic);
      const std::string text = std::string(failure.entry) + ": the device was lost";
      const int rounds = failure.entry == std::string("workspace_create") ? 1 : 2;  // a workspace is made once
      for (int round = 0; round < rounds; round++) {
        plugin.fail(failure.entry, failure.status, text.c_str(), failure.before);
        CHECK(wrong_refusal(static_cast<Status>(failure.status), {folder.library() + ": " + text}, [&] { run_all(model, golden); }) == "");
        plugin.work();
        CHECK(largest_difference(run_all(model, golden).logits, golden.logits) < 1e-3);
      }
    }
    CHECK(plugin.living() == 0);
  }
}

TEST_CASE("weights that cannot be made or filled fail the load alone") {
  const Golden golden = load_golden("tiny-clip");
  const PluginFolder folder(OAG_PLAIN_PLUGIN);
  PlainPlugin plugin(folder);
  auto runtime = folder.runtime();
  const int before = plugin.living();
  plugin.fail("weights_create", 7, "no room for the weights");
  CHECK(wrong_refusal(Status::out_of_memory, {folder.library(), "no room for the weights"}, [&] { Model(runtime, golden.folder, Precision::automatic); }) == "");
  plugin.fail("weights_put", 6, "the device was lost", 5);
  CHECK(wrong_refusal(Status::unavailable, {"the device was lost"}, [&] { Model(runtime, golden.folder, Precision::automatic); }) == "");
  CHECK(plugin.living() == before);
  plugin.work();
  const Model model(runtime, golden.folder, Precision::automatic);
  CHECK(largest_difference(run_all(model, golden).logits, golden.logits) < 1e-3);
}

TEST_CASE("weights are read back bit for bit, or with the plugin's error") {
  const PluginFolder folder(OAG_PLAIN_PLUGIN);
  PlainPlugin plugin(folder);
  auto runtime = folder.runtime();
  const files::ModelFolder model_folder(test_data("models/tiny-clip"));
  const auto definition = models::define(model_folder.configs());
  const ParameterList& parameters = definition->parameters();
  const auto source = model_folder.source(parameters);
  const auto weights = runtime->executor().prepare(parameters, *source);
  CHECK(weights->bytes() == 4 * parameters.numbers());
  for (uint32_t p = 0; p < parameters.size(); p++)
    for (int part = 0; part < parameters[{p}].parts(); part++) {
      const ParameterSpec& spec = parameters[{p}];
      std::vector<float> back(static_cast<size_t>(spec.part_numbers())), wanted(back.size());
      weights->read_back({p}, part, back.data());
      source->read(spec.tensors[static_cast<size_t>(part)], 0, spec.part_rows(), spec.width(), wanted.data());
      CHECK(back == wanted);
    }
  plugin.fail("weights_get", 2, "copy failed");
  float one[10000];
  CHECK(wrong_refusal(Status::io, {"copy failed"}, [&] { weights->read_back({0}, 0, one); }) == "");
}

TEST_CASE("a plugin that breaks the rules of errors is still an error") {
  const Golden golden = load_golden("tiny-clip");
  const PluginFolder folder(OAG_PLAIN_PLUGIN);
  PlainPlugin plugin(folder);
  const Model model(folder.runtime(), golden.folder, Precision::automatic);
  for (int status : {11, 77, -1, INT32_MAX}) {
    plugin.fail("pass_run", status, "odd");
    CHECK(wrong_refusal(Status::internal, {"odd"}, [&] { run_all(model, golden); }) == "");
  }
  plugin.fail("pass_run", 6, "");
  CHECK(wrong_refusal(Status::unavailable, {"failed without a reason"}, [&] { run_all(model, golden); }) == "");
  const std::string endless(5000, 'e');  // fills the buffer, without a NUL
  plugin.fail("pass_run", 6, endless.c_str());
  try {
    run_all(model, golden);
    FAIL("nothing was thrown");
  } catch (const Error& e) {
    CHECK(e.text() == folder.library() + ": " + std::string(511, 'e'));
  }
}

TEST_CASE("several callers share a plugin") {
  const Golden golden = load_golden("tiny-clip");
  const PluginFolder folder(OAG_PLAIN_PLUGIN);
  PlainPlugin plugin(folder);
  const Model model(folder.runtime(), golden.folder, Precision::automatic);
  const Outputs expected = run_all(model, golden);
  std::atomic<int> wrong{0};
  std::vector<std::thread> callers;
  for (int c = 0; c < 4; c++)
    callers.emplace_back([&] {
      for (int round = 0; round < 3; round++) wrong += run_all(model, golden).logits != expected.logits;
    });
  for (std::thread& caller : callers) caller.join();
  CHECK(wrong == 0);
}
