#pragma once

#include <string_view>

namespace mosaico::core {

bool is_utf8(std::string_view text);

}  // namespace mosaico::core
