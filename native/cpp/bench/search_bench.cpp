// How near exact search comes to reading its rows and no more: one thread, rows beyond every cache, in per cent of the bandwidth that a plain read of
// as many bytes reaches in the same run. Not a test: figures depend on the machine and on what else it does.
//
//   oag_search_bench [MiB of rows] [dimension]
//
// Search and read take turns, so that both see the same machine; each time is the best of several.
#include <algorithm>
#include <ctime>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

#include "core/large_block.h"
#include "host/isa.h"
#include "search/top_k.h"

namespace {

using namespace oag;
using namespace oag::search;

class Alone final : public Parallel {
 public:
  int threads() const override { return 1; }
  void run(int64_t tasks, FunctionRef<void(int64_t, int)> body) override {
    for (int64_t task = 0; task < tasks; ++task) body(task, 0);
  }
};

// Of this thread alone: what others do on the machine is not counted, though they share its memory.
double seconds_now() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Eight independent sums over 64 bytes a step: what the memory gives, not what the adds take.
using Words = uint64_t __attribute__((vector_size(16)));
uint64_t read_all(const uint8_t* bytes, size_t count) {
  Words sums[8] = {};
  for (size_t i = 0; i + 128 <= count; i += 128)
    for (int s = 0; s < 8; ++s) sums[s] += *reinterpret_cast<const Words*>(bytes + i + s * 16);
  uint64_t sum = 0;
  for (const Words& words : sums) sum += words[0] + words[1];
  return sum;
}

volatile uint64_t sink;

void measure(const ScoreKernels& kernels, RowType type, Metric metric, int64_t dimension, int64_t queries, size_t bytes) {
  const int64_t row_bytes = padded_width(type, dimension) * element_bytes(type), rows = static_cast<int64_t>(bytes) / row_bytes;
  const Block memory = allocate_block(static_cast<size_t>(rows * row_bytes));
  std::vector<float> scales(static_cast<size_t>(rows)), factors(scales.size()), row(static_cast<size_t>(dimension));
  std::minstd_rand random(1);
  std::normal_distribution<float> normal;
  for (int64_t r = 0; r < rows; ++r) {
    if (r < 1000) {
      for (float& x : row) x = normal(random);
    } else {
      row[static_cast<size_t>(random() % static_cast<unsigned>(dimension))] = normal(random);
    }
    const RowFactors own = encode_row(type, metric, row.data(), dimension, memory.get() + r * row_bytes);
    scales[static_cast<size_t>(r)] = own.scale, factors[static_cast<size_t>(r)] = own.factor;
  }
  std::vector<float> asked(static_cast<size_t>(queries * dimension));
  for (float& x : asked) x = normal(random);
  const PreparedQueries prepared(type, metric, asked.data(), queries, dimension);
  const std::vector<Segment> segments = {{{memory.get(), scales.data(), needs_factors(type, metric) ? factors.data() : nullptr, rows}, 0}};
  Alone alone;
  double best_read = 1e9, best_search = 1e9;
  for (int turn = 0; turn < 7; ++turn) {
    const double begin = seconds_now();
    sink = read_all(memory.get(), static_cast<size_t>(rows * row_bytes));
    const double middle = seconds_now();
    sink = static_cast<uint64_t>(oag::search::search(segments, row_bytes, prepared, 10, {}, kernels, alone)[0][0].row);
    best_read = std::min(best_read, middle - begin);
    best_search = std::min(best_search, seconds_now() - middle);
  }
  const double gigabytes = static_cast<double>(rows * row_bytes) / 1e9;
  std::printf("%-9s %-4s %-9s %2d quer%s %9ld rows of %ld: read %6.2f GB/s, search %6.2f GB/s = %5.1f %%, %7.1f million scores a second\n", kernels.name, name_of(type), name_of(metric),
              static_cast<int>(queries), queries == 1 ? "y  " : "ies", static_cast<long>(rows), static_cast<long>(dimension), gigabytes / best_read, gigabytes / best_search,
              100 * best_read / best_search, static_cast<double>(rows * queries) / best_search / 1e6);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const size_t bytes = static_cast<size_t>(argc > 1 ? std::atoi(argv[1]) : 256) << 20;
  const int64_t dimension = argc > 2 ? std::atoi(argv[2]) : 512;
  for (const host::IsaVerdict& verdict : host::isa_verdicts()) {
    const ScoreKernels* kernels = find_score_kernels(verdict.isa);
    if (!verdict.refusal.empty() || !kernels || verdict.isa == host::Isa::reference) continue;
    for (const RowType type : {RowType::fp32, RowType::bf16, RowType::int8}) {
      measure(*kernels, type, Metric::cosine, dimension, 1, bytes);
      measure(*kernels, type, Metric::cosine, dimension, 8, bytes);
    }
    measure(*kernels, RowType::fp32, Metric::euclidean, dimension, 1, bytes);
  }
}
