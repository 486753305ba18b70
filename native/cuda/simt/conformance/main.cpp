// The conformance program.
//
//   compiled by the C++ compiler   simt_conformance              the emulator agrees with itself under several seeds, and with what it answered when this was written
//                                  simt_conformance write FILE   the emulator's answers, for a machine with a GPU
//   compiled by nvcc (-x cu)       simt_conformance FILE         a GPU's answers beside those of the file
//
// 0: all that must agree agrees; 1: something does not; 2: could not run.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "simt/conformance/probe.h"

namespace {

using namespace simt::conformance;

std::vector<uint32_t> input() {
  std::vector<uint32_t> drawn(input_words);
  uint32_t x = 12345;
  for (uint32_t& word : drawn) {
    x = x * 1664525u + 1013904223u;
    word = x ^ x >> 13;
  }
  return drawn;
}

#if defined(__CUDACC__)

using ProbeKernel = void (*)(ProbeParams);

void must(cudaError_t status) {
  if (status == cudaSuccess) return;
  std::printf("CUDA: %s\n", cudaGetErrorString(status));
  std::exit(2);
}

std::vector<uint32_t> answers(ProbeKernel kernel) {
  const std::vector<uint32_t> in = input();
  std::vector<uint32_t> out(static_cast<size_t>(trials) * 32 * words);
  void *device_in, *device_out;
  must(cudaMalloc(&device_in, in.size() * 4));
  must(cudaMalloc(&device_out, out.size() * 4));
  must(cudaMemcpy(device_in, in.data(), in.size() * 4, cudaMemcpyHostToDevice));
  kernel<<<trials, 32, probe_shared_bytes>>>({static_cast<const uint4*>(device_in), static_cast<uint32_t*>(device_out)});
  must(cudaGetLastError());
  must(cudaMemcpy(out.data(), device_out, out.size() * 4, cudaMemcpyDeviceToHost));
  return out;
}

std::vector<uint32_t> all_answers() {
  std::vector<uint32_t> all = answers(conformance_f16);
  const std::vector<uint32_t> bf16 = answers(conformance_bf16);
  all.insert(all.end(), bf16.begin(), bf16.end());
  return all;
}

int compare(const std::vector<uint32_t>& ours, const char* path) {
  std::vector<uint32_t> theirs(ours.size());
  FILE* file = std::fopen(path, "rb");
  if (!file || std::fread(theirs.data(), 4, theirs.size(), file) != theirs.size()) {
    std::printf("%s does not hold the emulator's answers: write them with `simt_conformance write FILE`\n", path);
    return 2;
  }
  std::fclose(file);
  bool agree = true;
  for (const Section& section : sections) {
    long different = 0, compared = 0, worst = 0;
    for (size_t i = 0; i < ours.size(); i++) {
      const int w = static_cast<int>(i % words);
      if (w < section.from || w >= section.to) continue;
      compared++;
      if (ours[i] == theirs[i]) continue;
      different++;
      worst = std::max(worst, std::labs(static_cast<long>(static_cast<int>(ours[i])) - static_cast<long>(static_cast<int>(theirs[i]))));
    }
    const bool wrong = section.exact && different;
    std::printf("%-20s %ld of %ld words differ, at most by %ld units in the last place%s\n", section.name, different, compared, worst, wrong ? "  <-- MUST AGREE" : "");
    agree = agree && !wrong;
  }
  return agree ? 0 : 1;
}

#else

std::vector<uint32_t> all_answers() {
  const std::vector<uint32_t> drawn = input();
  alignas(16) static uint32_t in[input_words];
  std::copy(drawn.begin(), drawn.end(), in);
  const size_t each = static_cast<size_t>(trials) * 32 * words;
  std::vector<uint32_t> all(2 * each);
  ProbeParams p{reinterpret_cast<const uint4*>(in), all.data()};
  simt::emulator::launch("conformance_f16", dim3(trials), dim3(32), probe_shared_bytes, &p, sizeof p);
  p.output += each;
  simt::emulator::launch("conformance_bf16", dim3(trials), dim3(32), probe_shared_bytes, &p, sizeof p);
  return all;
}

uint32_t checksum(const std::vector<uint32_t>& answers) {  // of what must agree on every machine
  uint32_t sum = 0;
  for (size_t i = 0; i < answers.size(); i++)
    for (const Section& section : sections)
      if (section.exact && static_cast<int>(i % words) >= section.from && static_cast<int>(i % words) < section.to) sum = sum * 31 + answers[i];
  return sum;
}

constexpr uint32_t known_checksum = 0x8a422d5d;

#endif

}  // namespace

int main(int argc, char** argv) {
#if defined(__CUDACC__)
  return compare(all_answers(), argc > 1 ? argv[1] : "emulator.bin");
#else
  const std::vector<uint32_t> answers = all_answers();
  if (argc == 3 && std::string(argv[1]) == "write") {
    FILE* file = std::fopen(argv[2], "wb");
    const bool written = file && std::fwrite(answers.data(), 4, answers.size(), file) == answers.size();
    if (!written || std::fclose(file) != 0) {
      std::printf("cannot write %s\n", argv[2]);
      return 2;
    }
    return 0;
  }
  for (uint64_t seed = 2; seed <= 4; seed++) {
    simt::emulator::options.seed = seed;
    if (all_answers() != answers) {
      std::printf("seed %d gives other answers than seed 1\n", static_cast<int>(seed));
      return 1;
    }
  }
  if (checksum(answers) != known_checksum) {
    std::printf("the exact words have the checksum %08x, not %08x\n", checksum(answers), known_checksum);
    return 1;
  }
  return 0;
#endif
}
