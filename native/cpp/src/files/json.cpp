#include "files/json.h"

#include <utility>
#include <vector>

#include "core/error.h"

namespace oag::files {
namespace {

using Json = nlohmann::json;

constexpr int depth_limit = 100;  // config.json of any known family has less than ten

// Empties a value from its leaves up. The destructor of a value that has children copies them to a vector first.
void release(Json& value) noexcept {
  if (!value.is_structured()) return;
  for (Json& child : value) release(child);
  value.clear();
}

std::shared_ptr<Json> new_tree() {
  return {new Json, [](Json* tree) {
            release(*tree);
            delete tree;
          }};
}

// Puts the parser's events together to a tree. (nlohmann's own parser would free what it has with its destructor when memory runs out half-way.)
class Builder final : public nlohmann::json_sax<Json> {
 public:
  Builder(Json& root, size_t text_size, const std::string& subject) : root_(root), text_size_(text_size), subject_(subject) {}

  bool null() override { return place(nullptr) != nullptr; }
  bool boolean(bool value) override { return place(value) != nullptr; }
  bool number_integer(number_integer_t value) override { return place(value) != nullptr; }
  bool number_unsigned(number_unsigned_t value) override { return place(value) != nullptr; }
  bool number_float(number_float_t value, const string_t&) override { return place(value) != nullptr; }
  bool string(string_t& value) override { return place(std::move(value)) != nullptr; }
  bool binary(binary_t&) override { return false; }  // not in JSON texts
  bool start_object(size_t) override { return open(Json::value_t::object); }
  bool start_array(size_t) override { return open(Json::value_t::array); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    member_ = &(*open_.back())[name];
    release(*member_);  // a name that comes twice: the last value counts
    return true;
  }

  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception& fault) override {
    const auto* syntax = dynamic_cast<const Json::parse_error*>(&fault);
    throw Error(Status::bad_model, subject_ + " is not valid JSON: " +
                                       (syntax ? "an error at byte " + std::to_string(syntax->byte) + " of " + std::to_string(text_size_)
                                               : "it holds a number that no type can hold"));
  }

 private:
  Json* place(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Json& parent = *open_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    *member_ = std::move(value);
    return member_;
  }

  bool open(Json::value_t type) {
    if (open_.size() >= depth_limit) throw Error(Status::bad_model, subject_ + " is nested more than " + std::to_string(depth_limit) + " deep");
    open_.push_back(place(type));
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  Json& root_;
  const size_t text_size_;
  const std::string& subject_;
  std::vector<Json*> open_;  // the values that are not complete, outermost first; none of them moves before it is
  Json* member_ = nullptr;   // where the value goes whose name was read last
};

}  // namespace

JsonTree share_json(Json value) {
  const std::shared_ptr<Json> tree = new_tree();
  *tree = std::move(value);
  return tree;
}

JsonTree parse_json(std::string_view text, const std::string& subject) {
  const std::shared_ptr<Json> tree = new_tree();
  Builder builder(*tree, text.size(), subject);
  Json::sax_parse(text.begin(), text.end(), &builder);
  return tree;
}

}  // namespace oag::files
