// What travels as foreign bytes from the client: descriptors and tickets; and the PutAck.
#include "core/json.hpp"
#include "protocol/actions.hpp"
#include "protocol/discovery.hpp"
#include "protocol/limits.hpp"
#include "protocol/members.hpp"

namespace mosaico::protocol {

using core::error;

namespace {

constexpr int64_t kTicketVersion = 1;

Result<bool> flag_member(const json& body, std::string_view key) {
  ARROW_ASSIGN_OR_RAISE(const auto flag, core::optional_bool_member(body, key));
  return flag.value_or(false);
}

Result<Window> read_window(const json& body, std::string_view start_key, std::string_view end_key) {
  Window window;
  ARROW_ASSIGN_OR_RAISE(window.start_ns, core::optional_int_member(body, start_key));
  ARROW_ASSIGN_OR_RAISE(window.end_ns, core::optional_int_member(body, end_key));
  if (window.start_ns && window.end_ns && *window.start_ns >= *window.end_ns) {
    return error(ErrorKind::Invalid, "the time range is empty: start ", *window.start_ns,
                 " is not before end ", *window.end_ns, ", which is exclusive");
  }
  return window;
}

Result<std::optional<int64_t>> read_batch_bytes(const json& body) {
  ARROW_ASSIGN_OR_RAISE(const auto bytes, core::optional_int_member(body, "batch_bytes"));
  if (bytes && *bytes <= 0) {
    return error(ErrorKind::Invalid, "key \"batch_bytes\" must be positive, not ", *bytes);
  }
  return bytes;
}

void add_window(const Window& window, const char* start_key, const char* end_key, json* body) {
  if (window.start_ns) (*body)[start_key] = *window.start_ns;
  if (window.end_ns) (*body)[end_key] = *window.end_ns;
}

Result<std::optional<Ticket::Counted>> read_counted(const json& body) {
  ARROW_ASSIGN_OR_RAISE(const auto rows, core::optional_int_member(body, "rows"));
  ARROW_ASSIGN_OR_RAISE(const auto first, core::optional_int_member(body, "first"));
  ARROW_ASSIGN_OR_RAISE(const auto last, core::optional_int_member(body, "last"));
  if (!rows && !first && !last) return std::nullopt;
  const bool has_rows = rows.value_or(0) > 0;
  const bool has_both = first.has_value() && last.has_value();
  const bool has_none = !first.has_value() && !last.has_value();
  if (!rows || *rows < 0 || !(has_rows ? has_both && *first <= *last : has_none)) {
    return error(ErrorKind::Invalid, "the rows of a ticket and their times do not fit together");
  }
  Ticket::Counted counted{.rows = *rows};
  if (has_rows) counted.interval = Interval{*first, *last};
  return counted;
}

}  // namespace

std::string PutDescriptor::to_text() const {
  json body = {{"resource_locator", topic.to_string()}, {"topic_uuid", topic_uuid}};
  if (ack) body["ack"] = true;
  if (resume) body["resume"] = true;
  if (process_durability) body["durability"] = "process";
  return core::dump(body);
}

Result<PutDescriptor> PutDescriptor::parse(std::string_view text) {
  ARROW_ASSIGN_OR_RAISE(const json body, parse_request(text));
  PutDescriptor descriptor;
  ARROW_ASSIGN_OR_RAISE(descriptor.topic,
                        locator_member(body, "resource_locator", core::parse_topic_locator));
  ARROW_ASSIGN_OR_RAISE(descriptor.topic_uuid, uuid_member(body, "topic_uuid"));
  ARROW_ASSIGN_OR_RAISE(descriptor.ack, flag_member(body, "ack"));
  ARROW_ASSIGN_OR_RAISE(descriptor.resume, flag_member(body, "resume"));
  ARROW_ASSIGN_OR_RAISE(const auto durability, core::optional_string_member(body, "durability"));
  if (durability) {
    ARROW_RETURN_NOT_OK(word_member(body, "durability", {"disk", "process"}));
    descriptor.process_durability = *durability == "process";
  }
  return descriptor;
}

std::string PutAck::to_text() const {
  json body = {{"durable_rows", durable_rows}};
  if (failed) body["failed"] = true;
  return core::dump(body);
}

Result<PutAck> PutAck::parse(std::string_view text) {
  ARROW_ASSIGN_OR_RAISE(const json body, parse_answer(text));
  PutAck ack;
  ARROW_ASSIGN_OR_RAISE(ack.durable_rows, count_member(body, "durable_rows"));
  ARROW_ASSIGN_OR_RAISE(ack.failed, flag_member(body, "failed"));
  return ack;
}

std::string ReadDescriptor::to_text() const {
  json body = {{"resource_locator", locator.to_string()}};
  add_window(window, "timestamp_ns_start", "timestamp_ns_end", &body);
  if (follow) body["follow"] = true;
  if (batch_bytes) body["batch_bytes"] = *batch_bytes;
  if (share_nulls) body["share_nulls"] = true;
  if (uncounted) body["uncounted"] = true;
  return core::dump(body);
}

Result<ReadDescriptor> ReadDescriptor::parse(std::string_view text) {
  ARROW_ASSIGN_OR_RAISE(const json body, parse_request(text));
  ReadDescriptor descriptor;
  ARROW_ASSIGN_OR_RAISE(descriptor.locator,
                        locator_member(body, "resource_locator", Locator::parse));
  if (descriptor.locator.is_session()) {
    return error(ErrorKind::Invalid, "locator ", core::quoted(descriptor.locator.to_string()),
                 " is that of a session; data is read from a sequence or a topic");
  }
  ARROW_ASSIGN_OR_RAISE(descriptor.window,
                        read_window(body, "timestamp_ns_start", "timestamp_ns_end"));
  ARROW_ASSIGN_OR_RAISE(descriptor.follow, flag_member(body, "follow"));
  ARROW_ASSIGN_OR_RAISE(descriptor.batch_bytes, read_batch_bytes(body));
  ARROW_ASSIGN_OR_RAISE(descriptor.share_nulls, flag_member(body, "share_nulls"));
  ARROW_ASSIGN_OR_RAISE(descriptor.uncounted, flag_member(body, "uncounted"));
  return descriptor;
}

std::string Ticket::to_text() const {
  json body = {{"v", kTicketVersion}, {"topic", topic.to_string()}, {"id", topic_id}};
  add_window(window, "start", "end", &body);
  if (follow) body["follow"] = true;
  if (batch_bytes) body["batch_bytes"] = *batch_bytes;
  if (share_nulls) body["share_nulls"] = true;
  if (uncounted) body["uncounted"] = true;
  if (counted) body["rows"] = counted->rows;
  if (counted && counted->interval) {
    body["first"] = counted->interval->start_ns;
    body["last"] = counted->interval->end_ns;
  }
  return core::dump(body);
}

Result<Ticket> Ticket::parse(std::string_view text) {
  Result<json> body = parse_request(text);
  if (!body.ok()) return core::with_context(body.status(), "the ticket");
  ARROW_ASSIGN_OR_RAISE(const int64_t version, core::int_member(*body, "v"));
  if (version != kTicketVersion) {
    return error(ErrorKind::Invalid, "the ticket is of version ", version,
                 "; this server knows version ", kTicketVersion);
  }
  Ticket ticket;
  ARROW_ASSIGN_OR_RAISE(ticket.topic, locator_member(*body, "topic", core::parse_topic_locator));
  ARROW_ASSIGN_OR_RAISE(ticket.topic_id, core::int_member(*body, "id"));
  ARROW_ASSIGN_OR_RAISE(ticket.window, read_window(*body, "start", "end"));
  ARROW_ASSIGN_OR_RAISE(ticket.follow, flag_member(*body, "follow"));
  ARROW_ASSIGN_OR_RAISE(ticket.batch_bytes, read_batch_bytes(*body));
  ARROW_ASSIGN_OR_RAISE(ticket.share_nulls, flag_member(*body, "share_nulls"));
  ARROW_ASSIGN_OR_RAISE(ticket.uncounted, flag_member(*body, "uncounted"));
  ARROW_ASSIGN_OR_RAISE(ticket.counted, read_counted(*body));
  return ticket;
}

}  // namespace mosaico::protocol
