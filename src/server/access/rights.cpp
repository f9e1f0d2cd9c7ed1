#include "server/access/rights.hpp"

#include "core/names.hpp"

namespace mosaico::server {

using arrow::flight::FlightMethod;

namespace {

constexpr std::array kRights = {Right::Read, Right::Write, Right::Delete};

bool* member_of(catalog::Rights& rights, std::string_view name) {
  if (name == "read") return &rights.read;
  if (name == "write") return &rights.write;
  if (name == "delete") return &rights.erase;
  return nullptr;
}

}  // namespace

Right right_of_method(FlightMethod method) {
  switch (method) {  // No default: the compiler names an RPC that is new.
    case FlightMethod::ListFlights:
    case FlightMethod::GetFlightInfo:
    case FlightMethod::GetSchema:
    case FlightMethod::DoGet:
      return Right::Read;
    case FlightMethod::DoPut:
      return Right::Write;
    case FlightMethod::DoAction:
    // Not offered: nothing lies behind these.
    case FlightMethod::Invalid:
    case FlightMethod::Handshake:
    case FlightMethod::ListActions:
    case FlightMethod::DoExchange:
    case FlightMethod::PollFlightInfo:
      break;
  }
  return Right::None;
}

bool has_right(const catalog::Rights& rights, Right right) {
  switch (right) {
    case Right::None:
      return true;
    case Right::Read:
      return rights.read;
    case Right::Write:
      return rights.write;
    case Right::Delete:
      return rights.erase;
  }
  return false;
}

std::string_view right_name(Right right) {
  switch (right) {
    case Right::Read:
      return "read";
    case Right::Write:
      return "write";
    case Right::Delete:
      return "delete";
    case Right::None:
      break;
  }
  return "none";
}

std::vector<std::string> rights_list(const catalog::Rights& rights) {
  std::vector<std::string> names;
  for (const Right right : kRights) {
    if (has_right(rights, right)) names.emplace_back(right_name(right));
  }
  return names;
}

std::string rights_text(const catalog::Rights& rights) {
  std::string text;
  for (const std::string& name : rights_list(rights)) text += (text.empty() ? "" : ",") + name;
  return text.empty() ? "none" : text;
}

core::Result<catalog::Rights> parse_rights(std::string_view text) {
  catalog::Rights rights;
  if (text == right_name(Right::None)) return rights;
  while (true) {
    const size_t comma = text.find(',');
    const std::string_view name = text.substr(0, comma);
    bool* const right = member_of(rights, name);
    if (right == nullptr) {
      return core::error(ErrorKind::Invalid, "there is no right ", core::quoted(name),
                         "; rights are read, write and delete, joined by commas, or none");
    }
    *right = true;
    if (comma == std::string_view::npos) return rights;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace mosaico::server
