// Descriptors of DoPut, GetFlightInfo and GetSchema, and what the server answers to them.
#include "fuzz/input.hpp"
#include "protocol/discovery.hpp"

namespace {

namespace protocol = mosaico::protocol;
using mosaico::fuzz::require;

template <typename Message>
void check_text(std::string_view text) {
  const auto message = Message::parse(text);
  if (!message.ok()) return;
  const auto again = Message::parse(message->to_text());
  require(again.ok() && again->to_text() == message->to_text(), "it is read as it was written");
}

template <typename Message>
void check_json(std::string_view text) {
  const auto message = Message::parse(text);
  if (!message.ok()) return;
  const auto again = Message::from_json(message->to_json());
  require(again.ok() && again->to_json() == message->to_json(), "it is read as it was written");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = mosaico::fuzz::Input(data, size).rest();
  check_text<protocol::PutDescriptor>(text);
  check_text<protocol::ReadDescriptor>(text);
  check_text<protocol::PutAck>(text);
  check_text<protocol::TopicProperties>(text);
  check_json<protocol::SequenceDescription>(text);
  check_json<protocol::TopicDescription>(text);
  return 0;
}
