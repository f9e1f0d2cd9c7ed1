#include "ontology/builtin_types.hpp"

#include "mosaico/ontology.hpp"

// The one place that instantiates the schemas of all built-in types.
namespace mosaico::ontology {

namespace {

template <typename... Types>
std::vector<ClassSchema> schemas_of(detail::TypeList<Types...>) {
  return {ClassSchema{.cpp_type = typeid(Types), .schema = schema_of<Types>()}...};
}

}  // namespace

std::vector<ClassSchema> builtin_class_schemas() { return schemas_of(detail::BuiltinTypes()); }

}  // namespace mosaico::ontology
