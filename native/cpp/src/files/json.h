// JSON that somebody else wrote.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace oag::files {

// Parses `text`. Error(bad_model) "<subject> is not valid JSON: …", or when it is nested so deep that code which walks it could use up the
// stack. The error has the place and nothing of the text, which may be long and need not be UTF-8.
nlohmann::json parse_json(std::string_view text, const std::string& subject);

}  // namespace oag::files
