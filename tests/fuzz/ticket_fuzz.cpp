// Tickets of DoGet, which clients hand back.
#include "fuzz/input.hpp"
#include "protocol/discovery.hpp"

using mosaico::fuzz::require;
using mosaico::protocol::Ticket;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto ticket = Ticket::parse(mosaico::fuzz::Input(data, size).rest());
  if (!ticket.ok()) return 0;
  const auto again = Ticket::parse(ticket->to_text());
  require(again.ok() && again->to_text() == ticket->to_text(),
          "a ticket is read as it was written");
  return 0;
}
