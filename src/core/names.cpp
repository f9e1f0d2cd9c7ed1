#include "core/names.hpp"

#include "core/ids.hpp"

namespace mosaico::core {

namespace {

constexpr size_t kQuotedBytesMax = 64;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_name_character(char c) { return is_letter_or_digit(c) || c == '_' || c == '-'; }

Status refuse(std::string_view what, std::string_view name, const std::string& reason) {
  return error(ErrorKind::Invalid, what, " ", quoted(name), " ", reason);
}

// The rules that sequence and topic names share.
Status validate_ends_and_length(std::string_view what, std::string_view name) {
  if (name.empty()) return error(ErrorKind::Invalid, what, " is empty");
  if (name.size() > kNameBytesMax) {
    return refuse(what, name,
                  "has " + std::to_string(name.size()) + " bytes; at most " +
                      std::to_string(kNameBytesMax) + " are allowed");
  }
  if (name.front() != '/' && is_name_character(name.front()) && !is_letter_or_digit(name.front())) {
    return refuse(what, name, "must begin with a letter or digit");
  }
  return Status::OK();
}

Status validate_characters(std::string_view what, std::string_view name, bool allow_slash) {
  for (const char c : name) {
    if (is_name_character(c) || (allow_slash && c == '/')) continue;
    return refuse(what, name,
                  "contains " + quoted(std::string_view(&c, 1)) +
                      "; allowed are letters, digits, '_', '-'" +
                      (allow_slash ? " and '/' between segments" : ""));
  }
  return Status::OK();
}

}  // namespace

std::string quoted(std::string_view text) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  std::string result = "\"";
  for (const char c : text.substr(0, kQuotedBytesMax)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += {'\\', c};
    } else if (byte >= 0x20 && byte < 0x7f) {
      result += c;
    } else {
      result += {'\\', 'x', kHexDigits[byte >> 4], kHexDigits[byte & 15]};
    }
  }
  result += text.size() > kQuotedBytesMax ? "…\"" : "\"";
  return result;
}

Status validate_sequence_name(std::string_view name) {
  constexpr std::string_view kWhat = "sequence name";
  ARROW_RETURN_NOT_OK(validate_ends_and_length(kWhat, name));
  return validate_characters(kWhat, name, /*allow_slash=*/false);
}

Status validate_topic_name(std::string_view name) {
  constexpr std::string_view kWhat = "topic name";
  ARROW_RETURN_NOT_OK(validate_ends_and_length(kWhat, name));
  ARROW_RETURN_NOT_OK(validate_characters(kWhat, name, /*allow_slash=*/true));
  if (name.front() == '/' || name.back() == '/' || name.find("//") != std::string_view::npos) {
    return refuse(kWhat, name, "has an empty segment; segments are joined by a single '/'");
  }
  return Status::OK();
}

std::string topic_name_on_wire(std::string_view name) {
  if (!name.empty() && name.front() == '/') name.remove_prefix(1);
  return std::string(name);
}

std::string topic_name_for_user(std::string_view name) {
  return name.substr(0, 1) == "/" ? std::string(name) : "/" + std::string(name);
}

Result<Locator> Locator::parse(std::string_view text) {
  Locator locator;
  const size_t separator = text.find_first_of("/:");
  locator.sequence = text.substr(0, separator);
  ARROW_RETURN_NOT_OK(validate_sequence_name(locator.sequence));
  if (separator == std::string_view::npos) return locator;

  const std::string_view rest = text.substr(separator + 1);
  if (text[separator] == '/') {
    ARROW_RETURN_NOT_OK(validate_topic_name(rest));
    locator.topic = rest;
  } else {
    locator.session = rest;
    if (!is_ulid(locator.session)) {
      return refuse("session locator", text, "does not end in ':' and a ULID of 26 characters");
    }
  }
  return locator;
}

std::string Locator::to_string() const {
  if (is_topic()) return sequence + "/" + topic;
  if (is_session()) return sequence + ":" + session;
  return sequence;
}

Result<Locator> parse_sequence_locator(std::string_view text) {
  ARROW_ASSIGN_OR_RAISE(Locator locator, Locator::parse(text));
  if (!locator.is_sequence()) {
    return refuse("locator", text, "is not that of a sequence: expected <sequence>");
  }
  return locator;
}

Result<Locator> parse_topic_locator(std::string_view text) {
  ARROW_ASSIGN_OR_RAISE(Locator locator, Locator::parse(text));
  if (!locator.is_topic()) {
    return refuse("locator", text, "is not that of a topic: expected <sequence>/<topic>");
  }
  return locator;
}

Result<Locator> parse_session_locator(std::string_view text) {
  ARROW_ASSIGN_OR_RAISE(Locator locator, Locator::parse(text));
  if (!locator.is_session()) {
    return refuse("locator", text, "is not that of a session: expected <sequence>:<ULID>");
  }
  return locator;
}

}  // namespace mosaico::core
