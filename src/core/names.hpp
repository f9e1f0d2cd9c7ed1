#pragma once

#include <string>
#include <string_view>

#include "core/error.hpp"

namespace mosaico::core {

inline constexpr size_t kNameBytesMax = 255;

// Foreign text as it may stand in an error: in double quotes, cut when it is long, every byte that
// is not printable ASCII written as \xNN.
std::string quoted(std::string_view text);

// Sequence name: one segment of letters, digits, '_' and '-', the first a letter or digit.
Status validate_sequence_name(std::string_view name);

// Topic name without leading slash: segments of the same characters joined by '/'.
Status validate_topic_name(std::string_view name);

// The wire form (no leading slash) of a name given with or without one.
std::string topic_name_on_wire(std::string_view name);

// The form shown to users: with a leading slash.
std::string topic_name_for_user(std::string_view name);

// "sequence", "sequence/topic" or "sequence:ULID"; which one is told by which members are set.
struct Locator {
  std::string sequence = {};
  std::string topic = {};    // Without leading slash; empty when absent.
  std::string session = {};  // The ULID; empty when absent.

  static Result<Locator> parse(std::string_view text);
  std::string to_string() const;

  bool is_sequence() const { return topic.empty() && session.empty(); }
  bool is_topic() const { return !topic.empty(); }
  bool is_session() const { return !session.empty(); }
};

// Parse `text` and refuse, with Invalid, a locator of another form.
Result<Locator> parse_sequence_locator(std::string_view text);
Result<Locator> parse_topic_locator(std::string_view text);
Result<Locator> parse_session_locator(std::string_view text);

}  // namespace mosaico::core
