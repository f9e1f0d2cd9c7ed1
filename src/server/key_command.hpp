#pragma once

#include <string>
#include <vector>

namespace mosaico::server {

// `mosaicod key`: makes, lists and revokes API keys in the catalog of a store, also while a server
// runs on it. `arguments` are those behind the word "key". Returns the exit code.
int run_key_command(const std::vector<std::string>& arguments);

}  // namespace mosaico::server
