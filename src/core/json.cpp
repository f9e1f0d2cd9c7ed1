#include "core/json.hpp"

#include <cmath>
#include <exception>
#include <limits>
#include <utility>
#include <vector>

#include "core/names.hpp"

namespace mosaico::core {

using nlohmann::json;

namespace {

// Builds a document from the events of the library's iterative parser. Every handler returns false
// to stop; `failure()` then says why.
class DocumentBuilder : public nlohmann::json_sax<json> {
 public:
  explicit DocumentBuilder(int depth_max) : depth_max_(depth_max) {}

  const Status& failure() const { return failure_; }
  json take() { return std::move(root_); }

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(int64_t value) override { return add(value); }
  bool number_unsigned(uint64_t value) override { return add(value); }
  bool number_float(double value, const std::string& text) override {
    if (text.find_first_of(".eE") == std::string::npos) {
      failure_ = error(ErrorKind::Invalid, "integer ", quoted(text), " does not fit 64 bits");
      return false;
    }
    return add(value);
  }
  bool string(std::string& value) override { return add(std::move(value)); }
  bool binary(json::binary_t&) override { return false; }  // Not in JSON texts.

  bool start_object(size_t) override { return open(json::object()); }
  bool end_object() override { return close(); }
  bool start_array(size_t) override { return open(json::array()); }
  bool end_array() override { return close(); }

  bool key(std::string& name) override {
    const auto [member, is_new] = open_.back()->get_ref<json::object_t&>().try_emplace(name);
    if (!is_new) {
      failure_ = error(ErrorKind::Invalid, "key ", quoted(name), " stands twice in one object");
      return false;
    }
    member_ = &member->second;
    return true;
  }

  bool parse_error(size_t position, const std::string& last_token,
                   const json::exception&) override {
    failure_ = error(ErrorKind::Invalid, "not valid JSON at byte ", position, ", near ",
                     quoted(last_token));
    return false;
  }

 private:
  // Places a value where the document goes on; null only before the first event.
  json* place(json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    if (open_.back()->is_array()) {
      auto& elements = open_.back()->get_ref<json::array_t&>();
      elements.push_back(std::move(value));
      return &elements.back();
    }
    *member_ = std::move(value);
    return member_;
  }

  bool add(json value) {
    place(std::move(value));
    return true;
  }

  bool open(json container) {
    if (open_.size() >= static_cast<size_t>(depth_max_)) {
      failure_ =
          error(ErrorKind::LimitExceeded, "JSON is nested deeper than ", depth_max_, " levels");
      return false;
    }
    open_.push_back(place(std::move(container)));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  const int depth_max_;
  json root_;
  // The containers around the next value. Only the innermost grows, so the pointers stay valid.
  std::vector<json*> open_;
  json* member_ = nullptr;
  Status failure_;
};

bool is_metadata_key_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == ' ';
}

Status validate_metadata_key(const std::string& key) {
  if (key.empty()) return error(ErrorKind::Invalid, "user metadata has an empty key");
  if (key.find("--") != std::string::npos) {
    return error(ErrorKind::Invalid, "user metadata key ", quoted(key), " contains \"--\"");
  }
  for (const char c : key) {
    if (!is_metadata_key_character(c)) {
      return error(ErrorKind::Invalid, "user metadata key ", quoted(key), " contains ",
                   quoted(std::string_view(&c, 1)),
                   "; allowed are letters, digits, '_', '-' and blanks");
    }
  }
  return Status::OK();
}

Status validate_metadata_value(const json& value, int levels_left) {
  if (value.is_number_float() && !std::isfinite(value.get<double>())) {
    return error(ErrorKind::Invalid, "user metadata holds a number that is not finite");
  }
  if (value.is_binary() || value.is_discarded()) {
    return error(ErrorKind::Invalid, "user metadata holds a value that JSON cannot express");
  }
  if (!value.is_structured()) return Status::OK();
  if (levels_left == 0) {
    return error(ErrorKind::Invalid, "user metadata is nested deeper than ", JsonLimits{}.depth_max,
                 " levels");
  }
  for (auto item = value.begin(); item != value.end(); ++item) {
    if (value.is_object()) ARROW_RETURN_NOT_OK(validate_metadata_key(item.key()));
    ARROW_RETURN_NOT_OK(validate_metadata_value(item.value(), levels_left - 1));
  }
  return Status::OK();
}

// The member of that key, or nullptr when it is missing or null.
Result<const json*> find_member(const json& object, std::string_view key) {
  if (!object.is_object()) {
    return error(ErrorKind::Invalid, "expected a JSON object with key ", quoted(key), ", got ",
                 object.type_name());
  }
  const auto member = object.find(key);
  return member == object.end() || member->is_null() ? nullptr : &*member;
}

Result<const json*> require_member(const json& object, std::string_view key) {
  ARROW_ASSIGN_OR_RAISE(const json* member, find_member(object, key));
  if (member == nullptr) return error(ErrorKind::Invalid, "key ", quoted(key), " is missing");
  return member;
}

Status wrong_type(std::string_view key, std::string_view expected, const json& member) {
  return error(ErrorKind::Invalid, "key ", quoted(key), " must be ", expected, ", not ",
               member.type_name());
}

Result<std::string> as_string(std::string_view key, const json& member) {
  if (!member.is_string()) return wrong_type(key, "a string", member);
  return member.get<std::string>();
}

Result<int64_t> as_int(std::string_view key, const json& member) {
  if (!member.is_number_integer()) return wrong_type(key, "an integer", member);
  if (member.is_number_unsigned() &&
      member.get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    return error(ErrorKind::Invalid, "key ", quoted(key), " is beyond a signed 64-bit integer");
  }
  return member.get<int64_t>();
}

Result<bool> as_bool(std::string_view key, const json& member) {
  if (!member.is_boolean()) return wrong_type(key, "true or false", member);
  return member.get<bool>();
}

Result<const json*> as_object(std::string_view key, const json& member) {
  if (!member.is_object()) return wrong_type(key, "an object", member);
  return &member;
}

Result<const json*> as_array(std::string_view key, const json& member) {
  if (!member.is_array()) return wrong_type(key, "an array", member);
  return &member;
}

template <typename T>
Result<T> required(const json& object, std::string_view key,
                   Result<T> (*read)(std::string_view, const json&)) {
  ARROW_ASSIGN_OR_RAISE(const json* member, require_member(object, key));
  return read(key, *member);
}

template <typename T>
Result<std::optional<T>> optional(const json& object, std::string_view key,
                                  Result<T> (*read)(std::string_view, const json&)) {
  ARROW_ASSIGN_OR_RAISE(const json* member, find_member(object, key));
  if (member == nullptr) return std::nullopt;
  ARROW_ASSIGN_OR_RAISE(T value, read(key, *member));
  return value;
}

}  // namespace

Result<json> parse_json(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.bytes_max) {
    return error(ErrorKind::LimitExceeded, "JSON text of ", text.size(), " bytes; at most ",
                 limits.bytes_max, " are allowed");
  }
  DocumentBuilder builder(limits.depth_max);
  if (!json::sax_parse(text, &builder)) {
    if (!builder.failure().ok()) return builder.failure();
    return error(ErrorKind::Invalid, "not valid JSON");
  }
  return builder.take();
}

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<json> validate_user_metadata(json value) {
  if (value.is_null()) return json::object();
  if (value.is_array()) {
    return error(ErrorKind::Invalid,
                 "user metadata is an array, not an object; a list in braces easily becomes an "
                 "array: write nlohmann::json::object({{\"key\", value}})");
  }
  if (!value.is_object()) {
    return error(ErrorKind::Invalid, "user metadata must be an object, not ", value.type_name());
  }
  ARROW_RETURN_NOT_OK(validate_metadata_value(value, JsonLimits{}.depth_max));
  try {
    (void)value.dump();
  } catch (const std::exception&) {
    return error(ErrorKind::Invalid, "user metadata holds text that is not UTF-8");
  }
  return value;
}

Status check_user_metadata_size(const json& value, size_t bytes_max) {
  const size_t bytes = dump(value).size();
  if (bytes <= bytes_max) return Status::OK();
  return error(ErrorKind::LimitExceeded, "user metadata of ", bytes, " bytes; at most ", bytes_max,
               " are allowed (user_metadata_bytes_max)");
}

Result<std::string> string_member(const json& object, std::string_view key) {
  return required(object, key, as_string);
}

Result<int64_t> int_member(const json& object, std::string_view key) {
  return required(object, key, as_int);
}

Result<bool> bool_member(const json& object, std::string_view key) {
  return required(object, key, as_bool);
}

Result<const json*> object_member(const json& object, std::string_view key) {
  return required(object, key, as_object);
}

Result<const json*> array_member(const json& object, std::string_view key) {
  return required(object, key, as_array);
}

Result<std::optional<std::string>> optional_string_member(const json& object,
                                                          std::string_view key) {
  return optional(object, key, as_string);
}

Result<std::optional<int64_t>> optional_int_member(const json& object, std::string_view key) {
  return optional(object, key, as_int);
}

Result<std::optional<bool>> optional_bool_member(const json& object, std::string_view key) {
  return optional(object, key, as_bool);
}

Result<const json*> optional_object_member(const json& object, std::string_view key) {
  ARROW_ASSIGN_OR_RAISE(const auto member, optional(object, key, as_object));
  return member.value_or(nullptr);
}

}  // namespace mosaico::core
