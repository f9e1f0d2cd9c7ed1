#pragma once

#include "core/error.hpp"

// The one place where kinds become Flight errors and back (docs/protocol.md, section 3).
namespace mosaico::protocol {

// A Status of ours as one that Flight sends with the right gRPC code; kinds without one travel as
// the kind's name in the extra info. OK stays OK.
core::Status to_flight(const core::Status& status);

// The reverse, for a Status that a Flight call returned: the extra info first, then the code.
core::Status from_flight(const core::Status& status);

}  // namespace mosaico::protocol
