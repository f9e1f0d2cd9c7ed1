#pragma once

#include <nlohmann/json.hpp>

#include "client/transport.hpp"

namespace mosaico::client {

// Why a query may have found nothing: a condition on a column that no topic of its tag has, or
// whose value suits it in none. Invalid, with the columns there are; OK where no topic has the tag.
// `body` is that of the query. OK also where too many topics would have to be looked at.
Status check_columns(Transport& transport, const nlohmann::json& body);

}  // namespace mosaico::client
