// The emulator's options for the length of a scope, and what a test asks of a launch.
#pragma once

#include <string>

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
