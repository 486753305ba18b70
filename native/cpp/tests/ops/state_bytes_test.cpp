#include <doctest/doctest.h>

#include <cstring>

#include "core/digest.h"
#include "core/sequence_table.h"
#include "ops/state_bytes.h"
#include "support/refusal.h"

using namespace oag;
using namespace oag::test;

namespace {

// A pass that keeps inputs and gives them back, and has no operations.
class Shelf final : public Pass {
 public:
  using Pass::Pass;
  void read(const Tensor& tensor, void* values) override { std::memcpy(values, kept_.at(tensor.id).data(), kept_.at(tensor.id).size()); }

 protected:
  void execute(const Operation&) override { FAIL("no operation was expected"); }
  void write(const Tensor& tensor, FunctionRef<void(void*)> fill) override {
    kept_.resize(tensor.id + 1);
    kept_[tensor.id].resize(static_cast<size_t>(tensor.shape.rows.value() * tensor.shape.width.value()) * size_of(tensor.dtype));
    fill(kept_[tensor.id].data());
  }

 private:
  std::vector<std::vector<uint8_t>> kept_;
};

const ParameterList no_parameters;

std::vector<uint8_t> small_state() {
  Shelf pass(no_parameters);
  State state;
  state.next_block = 3;
  state.tensors["x"] = pass.input(DType::f32, {3, 2}, [](void* to) {
    const float values[]{1, -2, 0.5f, 1e-40f, -0.0f, 7};
    std::memcpy(to, values, sizeof values);
  });
  state.tensors["ids"] = pass.input(DType::i32, {3, 1}, [](void* to) {
    const int32_t values[]{5, -1, 9};
    std::memcpy(to, values, sizeof values);
  });
  state.sequences["rows"] = make_sequences(SequenceTable({0, 2, 3}, {4, 0}));
  state.sequences["tree"] = make_sequences(SequenceTable({0, 2, 3}, {0, 2}, {{-1, 0, 1}, {0, 2}, {2}}));
  return save_state(pass, state);
}

// Replaces the digest, as an attacker would.
std::vector<uint8_t> with_digest(std::vector<uint8_t> bytes) {
  const std::string digits = digest(bytes.data(), bytes.size() - 32);
  std::memcpy(bytes.data() + bytes.size() - 32, digits.data(), 32);
  return bytes;
}

}  // namespace

TEST_CASE("a state comes back from its bytes, bit for bit") {
  const std::vector<uint8_t> bytes = small_state();
  const SavedState saved(bytes);
  Shelf pass(no_parameters);
  const State state = saved.load(pass);
  CHECK(state.next_block == 3);
  REQUIRE(state.tensors.size() == 2);
  const Tensor& x = state.tensors.at("x");
  CHECK(x.dtype == DType::f32);
  CHECK(x.shape == Shape{3, 2});
  CHECK(state.tensors.at("ids").dtype == DType::i32);
  uint32_t bits[6];
  pass.read(x, bits);
  const float values[]{1, -2, 0.5f, 1e-40f, -0.0f, 7};
  CHECK(std::memcmp(bits, values, sizeof values) == 0);
  int32_t ids[3];
  pass.read(state.tensors.at("ids"), ids);
  CHECK(ids[1] == -1);
  const SequenceTable& rows = *state.sequences.at("rows").table;
  CHECK(rows.offsets() == std::vector<int64_t>{0, 2, 3});
  CHECK(rows.first_positions() == std::vector<int32_t>{4, 0});
  const SequenceTable& tree = *state.sequences.at("tree").table;
  REQUIRE(tree.has_tree());
  CHECK_FALSE(rows.has_tree());
  CHECK(tree.count() == 1);
  CHECK(tree.tree().parents == std::vector<int32_t>{-1, 0, 1});
  CHECK(tree.tree().nodes == std::vector<int32_t>{0, 2});
  CHECK(tree.tree().ends == std::vector<int32_t>{2});
  Shelf again(no_parameters);
  const State copy = saved.load(again);
  CHECK(save_state(again, copy) == bytes);
}

TEST_CASE("any changed byte, any cut and any foreign bytes are refused") {
  const std::vector<uint8_t> bytes = small_state();
  for (size_t at = 0; at < bytes.size(); at++)
    for (uint8_t flip : {uint8_t{1}, uint8_t{0x80}, uint8_t{0xff}}) {
      std::vector<uint8_t> damaged = bytes;
      damaged[at] ^= flip;
      CAPTURE(at);
      CHECK(wrong_refusal(Status::invalid_argument, {}, [&] { SavedState{damaged}; }) == "");
    }
  for (size_t length = 0; length < bytes.size(); length++) {
    CAPTURE(length);
    const std::vector<uint8_t> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
    CHECK(wrong_refusal(Status::invalid_argument, {}, [&] { SavedState{cut}; }) == "");
  }
  std::vector<uint8_t> longer = bytes;
  longer.push_back(0);
  CHECK(wrong_refusal(Status::invalid_argument, {}, [&] { SavedState{longer}; }) == "");
  CHECK(wrong_refusal(Status::invalid_argument, {"not a saved state"}, [] { SavedState{std::vector<uint8_t>(4096, 0x7f)}; }) == "");
}

TEST_CASE("bytes that were changed together with their digest are taken or refused, and never read beyond") {
  const std::vector<uint8_t> bytes = small_state();
  int refused = 0;
  for (size_t at = 8; at < bytes.size() - 32; at++)
    for (uint8_t value : {uint8_t{0}, uint8_t{1}, uint8_t{0x7f}, uint8_t{0x80}, uint8_t{0xff}}) {
      std::vector<uint8_t> changed = bytes;
      changed[at] = value;
      changed = with_digest(std::move(changed));
      CAPTURE(at);
      try {
        const SavedState saved(changed);
        Shelf pass(no_parameters);
        saved.load(pass);
      } catch (const Error& e) {
        CHECK(e.status() == Status::invalid_argument);
        refused++;
      }
    }
  CHECK(refused > 100);
  // Cut anywhere, with a digest that fits.
  for (size_t length = 8; length < bytes.size() - 32; length++) {
    std::vector<uint8_t> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
    cut.resize(length + 32);
    CAPTURE(length);
    CHECK(wrong_refusal(Status::invalid_argument, {}, [&] { SavedState{with_digest(cut)}; }) == "");
  }
  std::vector<uint8_t> longer = bytes;
  longer.insert(longer.end() - 32, 5, 0);
  CHECK(wrong_refusal(Status::invalid_argument, {}, [&] { SavedState{with_digest(longer)}; }) == "");
}
