// The emulator's options for the length of a scope, and what a test asks of a launch.
#pragma once

#include <cstdlib>
#include <string>
#include <vector>

#include "simt/simt.h"

namespace oag::cuda::test {

struct Emulation {
  simt::emulator::Options before = simt::emulator::options;
  Emulation() {
    simt::emulator::options = {};
    simt::emulator::counts = {};
  }
  ~Emulation() { simt::emulator::options = before; }
  Emulation(const Emulation&) = delete;
  Emulation& operator=(const Emulation&) = delete;
};

// In an emulator of another CPU there is no time for all cases; a sanitizer sees the same accesses under every seed.
inline bool few_cases() {
#ifdef OAG_SANITIZED
  return true;
#else
  return std::getenv("OAG_SLOW_MACHINE") != nullptr;
#endif
}
inline std::vector<unsigned> seeds() { return few_cases() ? std::vector<unsigned>{1} : std::vector<unsigned>{1, 2, 3}; }

// The text of the Error that `run` throws; empty when it throws none.
template <class Run> std::string fault_of(Run run) {
  try {
    run();
    return "";
  } catch (const simt::emulator::Error& e) {
    return e.what();
  }
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace oag::cuda::test
