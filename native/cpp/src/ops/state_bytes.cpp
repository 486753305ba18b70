#include "ops/state_bytes.h"

#include <cstring>
#include <string>
#include <utility>

#include "core/digest.h"
#include "core/error.h"
#include "core/sequence_table.h"

namespace oag {
namespace {

constexpr char magic[8] = {'O', 'A', 'G', 'S', 'T', 'A', 'T', '2'};
constexpr size_t digest_digits = 32;

class Writer {
 public:
  void raw(const void* data, size_t count) {
    const size_t at = bytes.size();
    bytes.resize(at + count);
    if (count) std::memcpy(bytes.data() + at, data, count);
  }
  void number(int64_t value) { raw(&value, sizeof value); }
  void text(const std::string& value) {
    number(static_cast<int64_t>(value.size()));
    raw(value.data(), value.size());
  }
  std::vector<uint8_t> bytes;
};

class Reader {
 public:
  Reader(const std::vector<uint8_t>& bytes, size_t end) : bytes_(bytes), end_(end) {}
  size_t skip(int64_t count) {
    if (count < 0 || static_cast<uint64_t>(count) > end_ - at_) throw Error(Status::invalid_argument, "the saved state is cut off");
    const size_t from = at_;
    at_ += static_cast<size_t>(count);
    return from;
  }
  int64_t number() {
    int64_t value;
    std::memcpy(&value, bytes_.data() + skip(sizeof value), sizeof value);
    return value;
  }
  int64_t number(int64_t low, int64_t high) {
    const int64_t value = number();
    if (value < low || value > high) throw Error(Status::invalid_argument, "the saved state holds the number " + std::to_string(value) + " where none such can be");
    return value;
  }
  bool at_end() const { return at_ == end_; }
  std::string text() {
    const int64_t length = number(0, 1 << 16);
    const size_t from = skip(length);
    return std::string(reinterpret_cast<const char*>(bytes_.data()) + from, static_cast<size_t>(length));
  }

 private:
  const std::vector<uint8_t>& bytes_;
  size_t end_;
  size_t at_ = sizeof magic;
};

}  // namespace

std::vector<uint8_t> save_state(Pass& pass, const State& state) {
  Writer out;
  out.raw(magic, sizeof magic);
  out.number(state.next_block);
  out.number(static_cast<int64_t>(state.tensors.size()));
  for (const auto& [name, tensor] : state.tensors) {
    const int64_t rows = tensor.shape.rows.value(), width = tensor.shape.width.value();
    out.text(name);
    out.number(static_cast<int64_t>(tensor.dtype));
    out.number(rows);
    out.number(width);
    const size_t at = out.bytes.size();
    out.bytes.resize(at + static_cast<size_t>(rows * width) * size_of(tensor.dtype));
    pass.read(tensor, out.bytes.data() + at);
  }
  out.number(static_cast<int64_t>(state.sequences.size()));
  for (const auto& [name, sequences] : state.sequences) {
    const SequenceTable& table = *sequences.table;
    out.text(name);
    out.number(table.runs());
    for (int64_t offset : table.offsets()) out.number(offset);
    for (int64_t r = 0; r < table.runs(); r++) out.number(table.first_position(r));
    out.number(table.has_tree() ? static_cast<int64_t>(table.tree().parents.size()) : -1);
    if (!table.has_tree()) continue;
    for (int32_t parent : table.tree().parents) out.number(parent);
    for (int32_t node : table.tree().nodes) out.number(node);
    out.number(table.count());
    for (int32_t node : table.tree().ends) out.number(node);
  }
  const std::string digits = digest(out.bytes.data(), out.bytes.size());
  out.raw(digits.data(), digits.size());
  return std::move(out.bytes);
}

SavedState::SavedState(std::vector<uint8_t> bytes) : bytes_(std::move(bytes)) {
  if (bytes_.size() < sizeof magic + digest_digits || std::memcmp(bytes_.data(), magic, sizeof magic) != 0)
    throw Error(Status::invalid_argument, "these bytes are not a saved state");
  const size_t end = bytes_.size() - digest_digits;
  if (digest(bytes_.data(), end) != std::string(reinterpret_cast<const char*>(bytes_.data()) + end, digest_digits))
    throw Error(Status::invalid_argument, "the saved state was cut or changed: its digest differs");
  Reader in(bytes_, end);
  next_block_ = static_cast<int>(in.number(0, 1 << 20));
  for (int64_t n = in.number(0, 1 << 16); n > 0; n--) {
    std::string name = in.text();
    Values values{};
    values.dtype = static_cast<DType>(in.number(0, static_cast<int64_t>(DType::u8)));
    values.rows = in.number(1, int64_t{1} << 31);
    values.width = in.number(1, int64_t{1} << 24);
    values.offset = in.skip(values.rows * values.width * static_cast<int64_t>(size_of(values.dtype)));
    tensors_.emplace_back(std::move(name), values);
  }
  for (int64_t n = in.number(0, 1 << 16); n > 0; n--) {
    std::string name = in.text();
    const int64_t runs = in.number(0, int64_t{1} << 31);
    std::vector<int64_t> offsets{in.number(0, 0)};
    std::vector<int32_t> positions;
    for (int64_t r = 0; r < runs; r++) offsets.push_back(in.number(offsets.back() + 1, int64_t{1} << 31));
    for (int64_t r = 0; r < runs; r++) positions.push_back(static_cast<int32_t>(in.number(0, INT32_MAX)));
    const int64_t nodes = in.number(-1, INT32_MAX);
    if (nodes < 0) {
      sequences_.emplace_back(std::move(name), make_sequences(SequenceTable(std::move(offsets), std::move(positions))));
      continue;
    }
    PrefixTree tree;
    for (int64_t node = 0; node < nodes; node++) tree.parents.push_back(static_cast<int32_t>(in.number(-1, node - 1)));
    std::vector<bool> taken(tree.parents.size());
    for (int64_t r = 0; r < runs; r++) {
      const int64_t node = in.number(0, nodes - 1);
      if (taken[static_cast<size_t>(node)]) throw Error(Status::invalid_argument, "the saved state has two runs of rows for one place");
      taken[static_cast<size_t>(node)] = true;
      tree.nodes.push_back(static_cast<int32_t>(node));
    }
    const int64_t count = in.number(0, int64_t{1} << 31);
    for (int64_t s = 0; s < count; s++) tree.ends.push_back(static_cast<int32_t>(in.number(0, nodes - 1)));
    sequences_.emplace_back(std::move(name), make_sequences(SequenceTable(std::move(offsets), std::move(positions), std::move(tree))));
  }
  if (!in.at_end()) throw Error(Status::invalid_argument, "the saved state has bytes behind its end");
}

State SavedState::load(Pass& pass) const {
  State state;
  state.next_block = next_block_;
  for (const auto& [name, values] : tensors_) {
    const size_t count = static_cast<size_t>(values.rows * values.width) * size_of(values.dtype);
    state.tensors[name] = pass.input(values.dtype, {values.rows, values.width}, [&, offset = values.offset](void* to) {
      std::memcpy(to, bytes_.data() + offset, count);
    });
  }
  for (const auto& [name, sequences] : sequences_) state.sequences[name] = sequences;
  return state;
}

}  // namespace oag
