#include "core/utf8.hpp"

#include <arrow/util/utf8.h>

namespace mosaico::core {

bool is_utf8(std::string_view text) {
  // Without it Arrow takes any bytes for UTF-8.
  arrow::util::InitializeUTF8();
  return arrow::util::ValidateUTF8(text);
}

}  // namespace mosaico::core
