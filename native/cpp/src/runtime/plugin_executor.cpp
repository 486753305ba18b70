#include "runtime/plugin_executor.h"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/arena.h"
#include "core/error.h"
#include "core/sequence_table.h"
#include "ops/recorder.h"

namespace oag {
namespace {

// Calls one entry of the table and turns its status into an Error again.
template <class Entry, class... Arguments>
void call(const std::string& library, Entry entry, Arguments... arguments) {
  char text[512] = "";
  const int32_t status = entry(arguments..., oag_plugin_error{text, sizeof text});
  if (status == 0) return;
  text[sizeof text - 1] = '\0';
  const bool known = status > 0 && status <= static_cast<int32_t>(Status::internal);
  throw Error(known ? static_cast<Status>(status) : Status::internal, library + ": " + (*text ? text : "failed without a reason"));
}

constexpr uint32_t no_parameter = UINT32_MAX;

oag_plugin_tensor plain(const Tensor& tensor) {
  return {tensor.id, static_cast<int32_t>(tensor.dtype), tensor.shape.rows.value(), tensor.shape.width.value()};
}
oag_plugin_columns plain(const Columns& columns) { return {plain(columns.tensor), columns.first, columns.count}; }
uint32_t plain(const std::optional<Parameter>& parameter) { return parameter ? parameter->index : no_parameter; }

class PluginWeights final : public Weights {
 public:
  PluginWeights(const oag_plugin_table& table, const std::string& library, void* device, const ParameterList& parameters) : table_(table), library_(library) {
    std::vector<oag_plugin_parameter> list;
    for (const ParameterSpec& spec : parameters) list.push_back({spec.role.c_str(), static_cast<int32_t>(spec.kind), spec.parts(), spec.part_rows(), spec.width()});
    call(library_, table_.weights_create, device, list.data(), static_cast<uint32_t>(list.size()), &handle);
  }
  ~PluginWeights() override { table_.weights_destroy(handle); }
  int64_t bytes() const override { return table_.weights_bytes(handle); }
  void read_back(Parameter parameter, int part, float* out) const override { call(library_, table_.weights_get, handle, parameter.index, part, out); }

  void* handle = nullptr;

 private:
  const oag_plugin_table& table_;
  const std::string& library_;
};

class PluginWorkspace final : public Workspace {
 public:
  PluginWorkspace(const oag_plugin_table& table, const std::string& library, void* device) : table_(table) {
    call(library, table_.workspace_create, device, &handle);
  }
  ~PluginWorkspace() override { table_.workspace_destroy(handle); }
  int64_t bytes() const override { return table_.workspace_bytes(handle); }

  void* handle = nullptr;

 private:
  const oag_plugin_table& table_;
};

class PluginPass final : public Pass {
 public:
  PluginPass(const oag_plugin_table& table, const std::string& library, void* device, const ParameterList& parameters, const PluginWeights& weights,
             const Recording& recording, const Bindings& bindings, const PluginWorkspace& workspace)
      : Pass(parameters), table_(table), library_(library), order_(recording, bindings), plan_(recording.plan(bindings)) {
    call(library_, table_.pass_begin, device, weights.handle, workspace.handle, static_cast<const int64_t*>(plan_.offsets.data()),
         static_cast<uint32_t>(plan_.offsets.size()), plan_.bytes, &handle_);
  }
  ~PluginPass() override { table_.pass_end(handle_); }

  void read(const Tensor& tensor, void* values) override {
    order_.read(tensor);
    const oag_plugin_tensor plain_tensor = plain(tensor);
    call(library_, table_.pass_read, handle_, &plain_tensor, values);
  }

 protected:
  void write(const Tensor& tensor, FunctionRef<void(void* values)> fill) override {
    order_.input(tensor);
    const oag_plugin_tensor plain_tensor = plain(tensor);
    void* memory = nullptr;
    call(library_, table_.pass_input_memory, handle_, &plain_tensor, &memory);
    fill(memory);
    call(library_, table_.pass_input, handle_, &plain_tensor);
  }

  void execute(const Operation& operation) override {
    order_.operation(operation);
    oag_plugin_operation to{};
    to.struct_size = sizeof to;
    to.out = plain(operation.out);
    to.x.rows = to.y.rows = -1;
    to.weight = to.bias = to.positions = to.prefix = to.position_bias = no_parameter;
    kept_positions_.clear();
    chains_.clear();
    segments_.clear();
    std::visit([&](const auto& what) { translate(what, to); }, operation.what);
    call(library_, table_.pass_run, handle_, static_cast<const oag_plugin_operation*>(&to));
  }

 private:
  oag_plugin_sequences plain_rows(const Sequences& sequences) {
    const SequenceTable& table = *sequences.table;
    const int32_t* positions = table.first_positions().data();
    if (table.first_positions().empty()) {
      kept_positions_.push_back(std::vector<int32_t>(static_cast<size_t>(table.runs()), 0));
      positions = kept_positions_.back().data();
    }
    return {table.runs(), table.offsets().data(), positions, table.count(), nullptr};
  }

  void translate(const op::Linear& o, oag_plugin_operation& to) {
    to.kind = OAG_OP_LINEAR;
    to.x = plain(o.x);
    to.weight = o.weight.index;
    to.first_part = o.first_part;
    to.parts = o.parts;
    to.bias = plain(o.bias);
    to.activation = static_cast<int32_t>(o.activation);
    if (o.residual) to.y = plain(*o.residual);
    to.residual_first = o.residual_first;
  }
  void translate(const op::LayerNorm& o, oag_plugin_operation& to) {
    to.kind = OAG_OP_LAYER_NORM;
    to.x = plain(o.x);
    to.weight = o.gain.index;
    to.bias = o.bias.index;
    to.epsilon = o.epsilon;
  }
  void translate(const op::Attention& o, oag_plugin_operation& to) {
    to.kind = OAG_OP_ATTENTION;
    to.queries = plain(o.queries);
    to.rows = plain_rows(o.query_rows);
    for (const KeySegment& segment : o.segments) chains_.push_back(key_chains(*o.query_rows.table, *segment.rows.table));
    for (size_t g = 0; g < o.segments.size(); g++)
      segments_.push_back({plain(o.segments[g].keys), plain(o.segments[g].values), plain_rows(o.segments[g].rows), chains_[g].offsets.data(), chains_[g].runs.data()});
    to.segments = segments_.data();
    to.segment_count = static_cast<int32_t>(segments_.size());
    to.heads = o.heads;
    to.scale = o.scale;
    to.causal = o.causal;
    if (!o.position_bias) return;
    to.bias_span = o.span();
    buckets_ = position_buckets(*o.position_bias, parameters()[o.position_bias->table].part_rows(), to.bias_span);
    to.position_bias = o.position_bias->table.index;
    to.bias_buckets = buckets_.data();
  }
  void translate(const op::Embed& o, oag_plugin_operation& to) {
    to.kind = OAG_OP_EMBED;
    to.x = plain(o.ids);
    to.rows = plain_rows(o.rows);
    to.weight = o.tokens.index;
    to.positions = o.positions.index;
  }
  void translate(const op::Patches& o, oag_plugin_operation& to) {
    to.kind = OAG_OP_PATCHES;
    to.x = plain(o.images);
    to.y = plain(o.levels);
    to.weight = o.weight.index;
    to.bias = plain(o.bias);
    to.prefix = plain(o.prefix);
    to.positions = o.positions.index;
    to.channels = o.channels;
    to.height = o.height;
    to.width = o.width;
    to.patch = o.patch;
  }
  void translate(const op::Pool& o, oag_plugin_operation& to) {
    to.kind = OAG_OP_POOL;
    to.x = plain(o.x);
    to.rows = plain_rows(o.rows);
    if (o.pooling == Pooling::first || o.pooling == Pooling::last) {
      chosen_rows_.clear();
      const RowChoice choice = o.pooling == Pooling::first ? RowChoice::first : RowChoice::last;
      for (int64_t s = 0; s < o.rows.table->count(); s++) chosen_rows_.push_back(o.rows.table->chosen_row(s, choice));
      to.rows.chosen_rows = chosen_rows_.data();
    } else if (o.rows.table->has_tree()) {
      throw Error(Status::internal, "pool: all rows of a sequence are asked for, and sequences share theirs");
    }
    to.pooling = static_cast<int32_t>(o.pooling);
  }
  void translate(const op::Concat& o, oag_plugin_operation& to) {
    to.kind = OAG_OP_CONCAT;
    parts_.clear();
    for (const Tensor& part : o.parts) parts_.push_back(plain(part));
    to.x = parts_.front();
    to.concat = parts_.data();
    to.concat_count = static_cast<int32_t>(parts_.size());
  }
  void translate(const op::L2Normalize& o, oag_plugin_operation& to) {
    to.kind = OAG_OP_L2_NORMALIZE;
    to.x = plain(o.x);
  }
  void translate(const op::Similarity& o, oag_plugin_operation& to) {
    to.kind = OAG_OP_SIMILARITY;
    to.x = plain(o.a);
    to.y = plain(o.b);
    to.weight = o.log_scale.index;
    to.bias = plain(o.bias);
  }
  void translate(const op::Softmax& o, oag_plugin_operation& to) {
    to.kind = OAG_OP_SOFTMAX;
    to.x = plain(o.x);
  }
  void translate(const op::Repeat& o, oag_plugin_operation& to) {
    to.kind = OAG_OP_REPEAT;
    to.weight = o.rows.index;
  }
  void translate(const op::Multiply& o, oag_plugin_operation& to) {
    to.kind = OAG_OP_MULTIPLY;
    to.x = plain(o.a);
    to.y = plain(o.b);
  }
  void translate(const op::Add& o, oag_plugin_operation& to) {
    to.kind = OAG_OP_ADD;
    to.x = plain(o.a);
    to.y = plain(o.b);
  }
  void translate(const op::Pixels& o, oag_plugin_operation& to) {
    to.kind = OAG_OP_PIXELS;
    to.x = plain(o.images);
    to.y = plain(o.levels);
    to.channels = static_cast<int32_t>(o.levels.shape.rows.value());
  }
  static void translate(const Window& window, oag_plugin_operation& to) {
    to.height = window.height;
    to.width = window.width;
    to.kernel = window.kernel;
    to.stride = window.stride;
    to.padding = window.padding;
  }
  void translate(const op::Conv2d& o, oag_plugin_operation& to) {
    to.kind = OAG_OP_CONV2D;
    to.x = plain(o.x);
    to.weight = o.weight.index;
    to.bias = plain(o.bias);
    to.activation = static_cast<int32_t>(o.activation);
    if (o.residual) to.y = plain(*o.residual);
    to.residual_first = o.residual_first;
    translate(o.window, to);
  }
  void translate(const op::Pool2d& o, oag_plugin_operation& to) {
    to.kind = OAG_OP_POOL2D;
    to.x = plain(o.x);
    to.pooling = static_cast<int32_t>(o.pooling);
    translate(o.window, to);
  }
  void translate(const op::Activate& o, oag_plugin_operation& to) {
    to.kind = OAG_OP_ACTIVATE;
    to.x = plain(o.x);
    to.activation = static_cast<int32_t>(o.activation);
  }

  const oag_plugin_table& table_;
  const std::string& library_;
  RecordedOrder order_;
  ArenaPlan plan_;
  void* handle_ = nullptr;
  std::vector<std::vector<int32_t>> kept_positions_;
  std::vector<KeyChains> chains_;
  std::vector<int64_t> chosen_rows_;
  std::vector<oag_plugin_segment> segments_;
  std::vector<int32_t> buckets_;
  std::vector<oag_plugin_tensor> parts_;
};

}  // namespace

PluginExecutor::PluginExecutor(const oag_plugin_table& table, std::string library) : table_(table), library_(std::move(library)) {
  call(library_, table_.device_open, &device_);
}

PluginExecutor::~PluginExecutor() { table_.device_close(device_); }

std::string PluginExecutor::precision_refusal(Precision precision) const {
  if (precision == Precision::fp32) return "";
  return std::string("precision ") + name_of(precision) + ": " + library_ + " computes in fp32; use fp32 or auto, or the device host";
}

std::unique_ptr<Weights> PluginExecutor::prepare(const ParameterList& parameters, const ParameterSource& source, const PrecisionPlan& plan) {
  require(plan);
  auto weights = std::make_unique<PluginWeights>(table_, library_, device_, parameters);
  std::vector<float> rows;
  for (uint32_t p = 0; p < parameters.size(); p++) {
    const ParameterSpec& spec = parameters[{p}];
    const int64_t rows_at_once = std::max<int64_t>(1, (int64_t{1} << 18) / spec.width());  // a MiB
    for (int part = 0; part < spec.parts(); part++)
      for (int64_t first = 0; first < spec.part_rows(); first += rows_at_once) {
        const int64_t count = std::min(rows_at_once, spec.part_rows() - first);
        rows.resize(static_cast<size_t>(count * spec.width()));
        source.read(spec.tensors[static_cast<size_t>(part)], first, count, spec.width(), rows.data());
        call(library_, table_.weights_put, weights->handle, p, part, first, count, static_cast<const float*>(rows.data()));
      }
  }
  return weights;
}

std::unique_ptr<Workspace> PluginExecutor::create_workspace() { return std::make_unique<PluginWorkspace>(table_, library_, device_); }

std::unique_ptr<Pass> PluginExecutor::begin(const ParameterList& parameters, const Weights& weights, const Recording& recording, const Bindings& bindings,
                                            Workspace& workspace) {
  return std::make_unique<PluginPass>(table_, library_, device_, parameters, static_cast<const PluginWeights&>(weights), recording, bindings,
                                      static_cast<const PluginWorkspace&>(workspace));
}

}  // namespace oag
