#include "files/json.h"

#include "core/error.h"

namespace oag::files {
namespace {

constexpr int depth_limit = 100;  // config.json of any known family has less than ten

}  // namespace

nlohmann::json parse_json(std::string_view text, const std::string& subject) {
  using Json = nlohmann::json;
  const auto refuse_depth = [&](int depth, Json::parse_event_t, Json&) {
    if (depth > depth_limit) throw Error(Status::bad_model, subject + " is nested more than " + std::to_string(depth_limit) + " deep");
    return true;
  };
  try {
    return Json::parse(text.begin(), text.end(), refuse_depth);
  } catch (const Json::parse_error& e) {
    throw Error(Status::bad_model, subject + " is not valid JSON: an error at byte " + std::to_string(e.byte) + " of " + std::to_string(text.size()));
  } catch (const Json::exception&) {  // a number beyond all range
    throw Error(Status::bad_model, subject + " is not valid JSON: it holds a number that no type can hold");
  }
}

}  // namespace oag::files
