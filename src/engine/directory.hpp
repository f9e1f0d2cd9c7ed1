#pragma once

#include <string>

namespace mosaico::engine {

// Where the catalog of a store directory lies.
std::string catalog_path(const std::string& root);

}  // namespace mosaico::engine
