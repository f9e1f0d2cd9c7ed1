#pragma once

#include <cstdint>

#include "mosaico/describe.hpp"

namespace mosaico {

// A row that tells its place in its topic.
struct Numbered {
  std::int64_t number = 0;
};
MOSAICO_ONTOLOGY(Numbered, "TestNumbered", number)

}  // namespace mosaico
