// How a test says that something must be refused, with which status and which words.
#pragma once

#include <initializer_list>
#include <string>

#include "core/error.h"

namespace oag::test {

// Empty when `body` throws Error(status) whose text has all `parts`; else what happened instead, for CHECK(... == "").
template <class Body>
std::string wrong_refusal(Status status, std::initializer_list<std::string> parts, Body&& body) {
  try {
    body();
  } catch (const Error& e) {
    const std::string seen = "status " + std::to_string(static_cast<int>(e.status())) + ": " + e.text();
    if (e.status() != status) return "not status " + std::to_string(static_cast<int>(status)) + " but " + seen;
    for (const std::string& part : parts)
      if (e.text().find(part) == std::string::npos) return "no \"" + part + "\" in " + seen;
    return "";
  }
  return "nothing was thrown";
}

}  // namespace oag::test
