// Attention in a pass: which keys a query's sequence has, and a task for each head of a sequence.
#include <algorithm>
#include <vector>

#include "core/sequence_table.h"
#include "host/pass.h"

namespace oag::host {

void HostPass::run(const op::Attention& attention, float* out) {
  const SequenceTable& query_rows = *attention.query_rows.table;
  const int64_t head_size = attention.queries.count / attention.heads;
  const int64_t query_stride = attention.queries.tensor.shape.width.value();
  const float* queries = floats(attention.queries.tensor) + attention.queries.first;
  std::vector<KeyChains> chains;  // [segments]
  for (const KeySegment& segment : attention.segments) chains.push_back(key_chains(query_rows, *segment.rows.table));
  int64_t most_keys = 0, most_runs = 0;
  for (int64_t q = 0; q < query_rows.runs(); q++) {
    int64_t keys = 0, runs = 0;
    for (size_t g = 0; g < chains.size(); g++) {
      for (int64_t c = chains[g].offsets[q]; c < chains[g].offsets[q + 1]; c++) keys += attention.segments[g].rows.table->length(chains[g].runs[c]);
      runs += chains[g].offsets[q + 1] - chains[g].offsets[q];
    }
    most_keys = std::max(most_keys, keys);
    most_runs = std::max(most_runs, runs);
  }
  // In int8, too, where the CPU multiplies bf16: beside rounded weights its roundings do not show.
  const bool in_bf16 = weights_.precision() == Precision::bf16 || (weights_.precision() == Precision::int8 && kernels_.bf16.native);
  const AttentionKernels& kernels = in_bf16 ? kernels_.bf16_attention : kernels_.attention;
  const size_t run_bytes = (static_cast<size_t>(most_runs) * sizeof(KeyRun) + 63) / 64 * 64;
  const int64_t span = attention.position_bias ? attention.span() : 0, bias_width = 2 * span + 1;
  workspace_.reserve_scratch(attention.position_bias ? static_cast<size_t>(attention.heads * bias_width) * sizeof(float) : 0,
                             run_bytes + kernels.scratch(most_keys, head_size), parallel_.threads());
  float* biases = nullptr;  // [heads, 2·span + 1]
  if (attention.position_bias) {
    const Parameter table = attention.position_bias->table;
    const std::vector<int32_t> buckets = position_buckets(*attention.position_bias, parameters()[table].part_rows(), span);
    biases = workspace_.shared<float>();
    for (int64_t head = 0; head < attention.heads; head++)
      for (int64_t d = 0; d < bias_width; d++) biases[head * bias_width + d] = weights_.values(table)[buckets[static_cast<size_t>(d)] * attention.heads + head];
  }

  parallel_.run(query_rows.runs() * attention.heads, [&](int64_t task, int slot) {
    const int64_t q = task / attention.heads, head = task % attention.heads;
    auto* runs = workspace_.slot<KeyRun>(slot);
    int run_count = 0;
    for (size_t g = 0; g < chains.size(); g++) {
      const KeySegment& segment = attention.segments[g];
      const SequenceTable& key_rows = *segment.rows.table;
      const int64_t key_stride = segment.keys.tensor.shape.width.value(), value_stride = segment.values.tensor.shape.width.value();
      for (int64_t c = chains[g].offsets[q]; c < chains[g].offsets[q + 1]; c++) {
        const int64_t run = chains[g].runs[c], row = key_rows.begin(run);
        runs[run_count++] = {floats(segment.keys.tensor) + row * key_stride + segment.keys.first + head * head_size,
                             floats(segment.values.tensor) + row * value_stride + segment.values.first + head * head_size, key_stride, value_stride,
                             key_rows.length(run), key_rows.first_position(run)};
      }
    }
    AttentionTask piece;
    piece.queries = queries + query_rows.begin(q) * query_stride + head * head_size;
    piece.query_stride = query_stride;
    piece.query_count = query_rows.length(q);
    piece.first_query_position = query_rows.first_position(q);
    piece.runs = runs;
    piece.run_count = run_count;
    piece.head_size = head_size;
    piece.scale = attention.scale;
    piece.causal = attention.causal;
    piece.position_bias = biases ? biases + head * bias_width + span : nullptr;
    piece.out_stride = attention.queries.count;
    piece.out = out + query_rows.begin(q) * piece.out_stride + head * head_size;
    piece.scratch = workspace_.slot<char>(slot) + run_bytes;
    kernels.attend(piece);
  });
}

}  // namespace oag::host
