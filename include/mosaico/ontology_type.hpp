#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <typeindex>

#include "mosaico/schema.hpp"

namespace mosaico {

namespace detail {

struct OntologyRecord;

}  // namespace detail

/// The identity of a message type: its tag and the structure of its columns. A small value, cheap
/// to compare and to hash. A topic whose tag is known but whose columns differ has another one.
class OntologyType {
 public:
  OntologyType() = default;

  /// E.g. "IMU".
  const std::string& tag() const;
  const Schema& schema() const;
  const std::string& fingerprint() const;

  bool operator==(const OntologyType&) const = default;

  explicit OntologyType(const detail::OntologyRecord* record) : record_(record) {}
  std::size_t hash() const noexcept { return std::hash<const void*>()(record_); }

 private:
  const detail::OntologyRecord* record_ = nullptr;
};

namespace detail {

/// The type of this tag and structure, made known if it is new. Thread-safe; lives for ever.
OntologyType intern_ontology(const Schema& schema);

/// The same, and claims the tag for a C++ class. Throws AlreadyExistsError when another class has
/// the tag, InvalidError for an empty tag or a member called timestamp_ns.
OntologyType claim_ontology(const Schema& schema, std::type_index cpp_type);

}  // namespace detail

}  // namespace mosaico

template <>
struct std::hash<mosaico::OntologyType> {
  std::size_t operator()(const mosaico::OntologyType& type) const noexcept { return type.hash(); }
};
