// Which instruction sets this machine has, and why one is not used.
#pragma once

#include <string>
#include <vector>

#include "host/kernels/kernels.h"

namespace oag::host {

const char* name_of(Isa isa);

// One instruction set: usable when `refusal` is empty, else the reason with its remedy.
struct IsaVerdict {
  Isa isa;
  std::string refusal;
};

// Empty when this build and this CPU have `isa`, else the reason.
std::string isa_refusal(Isa isa);

// Every instruction set that the project knows, best first.
std::vector<IsaVerdict> isa_verdicts();

// The features of this CPU that the kernels ask about, in the names of /proc/cpuinfo.
std::vector<std::string> cpu_features();
bool cpu_has(const char* feature);

// The kernels of `isa`, or the best for none. Error(unsupported) with the reason when this CPU or build cannot.
const Kernels& choose_kernels(const Isa* isa);

}  // namespace oag::host
