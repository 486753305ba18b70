// JSON that somebody else wrote.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace oag::files {

// A value that nobody changes, shared by all who look into it. It is freed without taking memory: nlohmann's own destructor takes some, and where there is
// none that ends the process.
using JsonTree = std::shared_ptr<const nlohmann::json>;

JsonTree share_json(nlohmann::json value);

// Parses `text`. Error(bad_model) "<subject> is not valid JSON: …", or when it is nested so deep that code which walks it could use up the
// stack. The error has the place and nothing of the text, which may be long and need not be UTF-8.
JsonTree parse_json(std::string_view text, const std::string& subject);

}  // namespace oag::files
