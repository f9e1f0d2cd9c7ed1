#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "mosaico/describe.hpp"
#include "mosaico/detail/query_column.hpp"
#include "mosaico/query.hpp"

namespace mosaico {

namespace detail {

template <typename Element>
class ListColumn;
template <Described T>
class StructColumn;

template <typename T>
auto column_type() {
  if constexpr (Described<T>) {
    return std::type_identity<StructColumn<T>>();
  } else if constexpr (IsVector<T>::value || IsArray<T>::value) {
    return std::type_identity<ListColumn<ValueOf<typename T::value_type>>>();
  } else if constexpr (std::is_same_v<T, bool>) {
    return std::type_identity<BoolColumn>();
  } else if constexpr (std::is_same_v<T, std::string>) {
    return std::type_identity<TextColumn>();
  } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, Float16>) {
    return std::type_identity<NumberColumn>();
  } else {
    return std::type_identity<AnyColumn>();
  }
}

/// The column of a member.
template <typename Member>
using ColumnOf = typename decltype(column_type<ValueOf<Member>>())::type;

/// Null and empty lists fulfil nothing.
template <typename Element>
class ListColumn : public AnyColumn {
 public:
  using AnyColumn::AnyColumn;

  /// Holds when any element fulfils what is asked of it: `ranges.any().lt(0.5)`.
  ColumnOf<Element> any() const { return ColumnOf<Element>(path().element(ColumnPath::kAny)); }
  /// Every element, of which there is at least one; null elements do not.
  ColumnOf<Element> every() const { return ColumnOf<Element>(path().element(ColumnPath::kEvery)); }
  /// The element at a position, from 0.
  ColumnOf<Element> at(std::int64_t position) const {
    return ColumnOf<Element>(path().element(position));
  }

  /// Length and every element; at most 1024.
  QueryCondition eq(const std::vector<Element>& values) const
    requires(std::is_arithmetic_v<Element> || std::is_same_v<Element, std::string>)
  {
    return condition("$eq", values);
  }
  QueryCondition neq(const std::vector<Element>& values) const
    requires(std::is_arithmetic_v<Element> || std::is_same_v<Element, std::string>)
  {
    return condition("$neq", values);
  }
};

/// For a field whose name is known only as text.
template <std::size_t kIndex>
struct Nameless {};

template <typename... Named>
struct NamedColumns : Named... {};

template <typename Entry, std::size_t kIndex>
constexpr auto named_column(const ColumnPath& path, const Entry& entry) {
  if constexpr (std::is_void_v<typename Entry::Name>) {
    return Nameless<kIndex>();
  } else {
    return typename Entry::Name{}(ColumnOf<typename Entry::Member>(path.member(entry.name)));
  }
}

template <Described T, std::size_t... kIndices>
constexpr auto named_columns(const ColumnPath& path, std::index_sequence<kIndices...>) {
  constexpr auto kFields = description_of<T>().fields;
  return NamedColumns<decltype(named_column<std::tuple_element_t<kIndices, decltype(kFields)>,
                                            kIndices>(path, std::get<kIndices>(kFields)))...>{
      named_column<std::tuple_element_t<kIndices, decltype(kFields)>, kIndices>(
          path, std::get<kIndices>(kFields))...};
}

template <Described T>
constexpr auto columns_of(const ColumnPath& path) {
  using Fields = decltype(description_of<T>().fields);
  return named_columns<T>(path, std::make_index_sequence<std::tuple_size_v<Fields>>());
}

/// The columns of the members of T, each by its name.
template <Described T>
using ColumnsOf = decltype(columns_of<T>(std::declval<ColumnPath>()));

template <Described T>
class StructColumn : public AnyColumn, public ColumnsOf<T> {
 public:
  constexpr explicit StructColumn(const ColumnPath& path)
      : AnyColumn(path), ColumnsOf<T>(columns_of<T>(path)) {}
};

template <Described T>
struct MessageColumns : ColumnsOf<T> {
  constexpr MessageColumns()
      : ColumnsOf<T>(columns_of<T>(ColumnPath(description_of<T>().tag))),
        timestamp_ns(ColumnPath(description_of<T>().tag).member("timestamp_ns")) {}

  NumberColumn timestamp_ns;
};

}  // namespace detail

/// The columns of a message type, by the names of its members: `Q<IMU>.acceleration.x.gt(5)`,
/// `Q<LaserScan>.ranges.any().lt(0.5)`, `Q<GPS>.header.frame_id.eq("map")`, and the time,
/// `Q<IMU>.timestamp_ns.geq(t)`. What does not exist, or suits the type of the member not, does not
/// compile. Infinite and NaN values throw InvalidError.
template <Described T>
inline constexpr detail::MessageColumns<T> Q{};  // NOLINT(readability-identifier-naming)

/// A column by its path, for types known only at run time: "MotorTemperature.value",
/// "LaserScan.ranges[?]" (any element), "[!]" (every element), "[3]".
inline FieldExpression OntologyField(const std::string& path) {  // NOLINT: reads as a type.
  return {"ontology", path, false};
}

/// Conditions on rows. Those on one type must hold in the same row of one topic; with several types
/// a sequence needs a matching topic of each.
class QueryOntologyCatalog : public Query {
 public:
  template <typename... Conditions>
  explicit QueryOntologyCatalog(Conditions... conditions)
      : Query("ontology", std::vector<QueryCondition>{std::move(conditions)...}) {}
};

}  // namespace mosaico
