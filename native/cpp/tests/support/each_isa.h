// The instruction sets of this machine, for tests.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <string>

#include "host/isa.h"

namespace oag::test {

// Calls body for every instruction set that this build has and this CPU runs; says which it leaves out.
inline void for_each_isa(const std::function<void(host::Isa)>& body) {
  for (const host::IsaVerdict& verdict : host::isa_verdicts()) {
    if (!verdict.refusal.empty()) {
      MESSAGE("left out: " << std::string(host::name_of(verdict.isa)) << ": " << verdict.refusal);
      continue;
    }
    CAPTURE(std::string(host::name_of(verdict.isa)));
    body(verdict.isa);
  }
}

}  // namespace oag::test
