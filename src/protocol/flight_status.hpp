#pragma once

#include <string>

#include "core/error.hpp"

// The one place where kinds become Flight errors and back (docs/protocol.md, section 3).
namespace mosaico::protocol {

// A Status of ours as one that Flight sends with the right gRPC code; kinds without one travel as
// the kind's name in the extra info. OK stays OK.
core::Status to_flight(const core::Status& status);

// A Flight error with the code name ABORTED: a message inside a DoPut that may not be there. Our
// client sees it as Invalid. to_flight() leaves it as it is.
core::Status aborted(std::string text);

// The reverse, for a Status that a Flight call returned: the extra info first, then the code.
core::Status from_flight(const core::Status& status);

}  // namespace mosaico::protocol
