#pragma once

#include <string>

namespace mosaico::protocol {

// Expects tests/golden/protocol/`file` to hold exactly `text`; with MOSAICO_UPDATE_GOLDEN=1 in the
// environment writes it.
void expect_golden(const std::string& file, const std::string& text);

}  // namespace mosaico::protocol
