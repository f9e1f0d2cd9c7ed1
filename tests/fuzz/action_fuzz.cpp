// Bodies of actions, of requests and of answers.
#include "core/json.hpp"
#include "fuzz/input.hpp"
#include "protocol/actions.hpp"
#include "protocol/temporal_filter.hpp"

namespace {

namespace protocol = mosaico::protocol;
using mosaico::fuzz::require;
using nlohmann::json;

template <typename Message>
void check(const json& body) {
  const auto message = Message::from_json(body);
  if (!message.ok()) return;
  const json written = message->to_json();
  const auto again = Message::from_json(written);
  require(again.ok() && again->to_json() == written, "a message is read as it was written");
}

void check_requests(const json& body) {
  check<protocol::SequenceCreate>(body);
  check<protocol::LocatorRequest>(body);
  check<protocol::SequenceAbort>(body);
  check<protocol::SessionFinalize>(body);
  check<protocol::TopicCreate>(body);
  check<protocol::NotificationCreate>(body);
  check<protocol::SequenceListRequest>(body);
  check<protocol::TopicFilter>(body);
  check<protocol::TopicIntersection>(body);
}

void check_answers(const json& body) {
  check<protocol::ServerInfo>(body);
  check<protocol::SessionCreated>(body);
  check<protocol::SessionClaimed>(body);
  check<protocol::TopicCreated>(body);
  check<protocol::NotificationList>(body);
  check<protocol::SequenceListAnswer>(body);
  check<protocol::TimeCluster>(body);
}

// Written plainly or not, an answer is the same.
void check_query_answer(std::string_view text) {
  const auto answer = protocol::QueryAnswer::from_envelope(text);
  if (!answer.ok()) return;
  const std::string written = answer->to_envelope();
  const auto again = protocol::QueryAnswer::from_envelope(written);
  require(again.ok() && again->to_envelope() == written, "an answer is read as it was written");
  const auto spaced = protocol::QueryAnswer::from_envelope(" " + written);
  require(spaced.ok() && spaced->to_envelope() == written, "and in other words as well");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = mosaico::fuzz::Input(data, size).rest();
  if (const auto body = protocol::parse_request(text); body.ok()) {
    check_requests(*body);
    const auto again = mosaico::core::parse_json(mosaico::core::dump(*body));
    require(again.ok() && *again == *body, "JSON is read as it was written");
    const auto metadata = mosaico::core::validate_user_metadata(*body);
    if (metadata.ok()) {
      require(mosaico::core::validate_user_metadata(*metadata).ok(), "metadata stays valid");
    }
  }
  if (const auto body = protocol::parse_answer(text); body.ok()) check_answers(*body);
  check_query_answer(text);
  static_cast<void>(protocol::unwrap_answer("session_create", text));
  return 0;
}
