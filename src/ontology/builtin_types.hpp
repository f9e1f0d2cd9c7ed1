#pragma once

#include <typeindex>
#include <vector>

#include "mosaico/schema.hpp"

namespace mosaico::ontology {

struct ClassSchema {
  std::type_index cpp_type;
  Schema schema;
};

// The schemas of detail::BuiltinTypes, in its order. Made anew at each call.
std::vector<ClassSchema> builtin_class_schemas();

}  // namespace mosaico::ontology
