#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "mosaico/query.hpp"

namespace mosaico::detail {

/// The names that lead to a column, from the tag down, with the list specifier of one of them.
class ColumnPath {
 public:
  static constexpr std::size_t kNamesMax = 16;
  static constexpr std::int64_t kAny = -1;
  static constexpr std::int64_t kEvery = -2;

  constexpr explicit ColumnPath(const char* tag) { names_[0] = tag; }

  constexpr ColumnPath member(const char* name) const {
    ColumnPath path = *this;
    path.names_.at(path.size_++) = name;
    return path;
  }
  /// Throws InvalidError for a second one, and for a negative position.
  ColumnPath element(std::int64_t position) const;

  /// "IMU.acceleration.x", "LaserScan.ranges[?]".
  std::string text() const;

 private:
  static constexpr std::size_t kNoList = kNamesMax;

  std::array<const char*, kNamesMax> names_{};
  std::size_t size_ = 1;
  std::size_t list_ = kNoList;  // The name that the specifier stands on.
  std::int64_t position_ = 0;   // Or kAny, kEvery.
};

/// A column of any type.
class AnyColumn {
 public:
  constexpr explicit AnyColumn(const ColumnPath& path) : path_(path) {}

  /// The topic has such a column.
  QueryCondition exists() const { return condition("$ex", nullptr); }
  QueryCondition not_exists() const { return condition("$nex", nullptr); }

 protected:
  QueryCondition condition(const char* op, nlohmann::json value) const;
  const ColumnPath& path() const { return path_; }

 private:
  ColumnPath path_;
};

template <typename Value>
concept NumberOperand =
    (std::is_arithmetic_v<Value> && !std::is_same_v<Value, bool>) || std::is_enum_v<Value>;

/// An enumeration as its number.
template <NumberOperand Value>
nlohmann::json number_json(Value value) {
  if constexpr (std::is_enum_v<Value>) {
    return static_cast<std::underlying_type_t<Value>>(value);
  } else {
    return value;
  }
}

/// Compared exactly, also 64-bit integers with floating point.
class NumberColumn : public AnyColumn {
 public:
  using AnyColumn::AnyColumn;

  template <NumberOperand Value>
  QueryCondition eq(Value value) const {
    return condition("$eq", number_json(value));
  }
  /// Holds for a NaN, and not for null.
  template <NumberOperand Value>
  QueryCondition neq(Value value) const {
    return condition("$neq", number_json(value));
  }
  template <NumberOperand Value>
  QueryCondition lt(Value value) const {
    return condition("$lt", number_json(value));
  }
  template <NumberOperand Value>
  QueryCondition leq(Value value) const {
    return condition("$leq", number_json(value));
  }
  template <NumberOperand Value>
  QueryCondition gt(Value value) const {
    return condition("$gt", number_json(value));
  }
  template <NumberOperand Value>
  QueryCondition geq(Value value) const {
    return condition("$geq", number_json(value));
  }
  /// min ≤ value ≤ max.
  template <NumberOperand Min, NumberOperand Max>
  QueryCondition between(Min min, Max max) const {
    return condition("$between", {number_json(min), number_json(max)});
  }
  /// value < min or value > max.
  template <NumberOperand Min, NumberOperand Max>
  QueryCondition outside(Min min, Max max) const {
    return condition("$outside", {number_json(min), number_json(max)});
  }
  template <NumberOperand Value>
  QueryCondition in(std::initializer_list<Value> values) const {
    auto list = nlohmann::json::array();
    for (const Value value : values) list.push_back(number_json(value));
    return condition("$in", std::move(list));
  }
};

class BoolColumn : public AnyColumn {
 public:
  using AnyColumn::AnyColumn;

  QueryCondition eq(std::same_as<bool> auto value) const { return condition("$eq", value); }
  QueryCondition neq(std::same_as<bool> auto value) const { return condition("$neq", value); }
};

/// Ordered by code point.
class TextColumn : public AnyColumn {
 public:
  using AnyColumn::AnyColumn;

  QueryCondition eq(std::string_view value) const { return condition("$eq", value); }
  QueryCondition neq(std::string_view value) const { return condition("$neq", value); }
  QueryCondition lt(std::string_view value) const { return condition("$lt", value); }
  QueryCondition leq(std::string_view value) const { return condition("$leq", value); }
  QueryCondition gt(std::string_view value) const { return condition("$gt", value); }
  QueryCondition geq(std::string_view value) const { return condition("$geq", value); }
  QueryCondition between(std::string_view min, std::string_view max) const {
    return condition("$between", {std::string(min), std::string(max)});
  }
  QueryCondition outside(std::string_view min, std::string_view max) const {
    return condition("$outside", {std::string(min), std::string(max)});
  }
  QueryCondition in(const std::vector<std::string>& values) const {
    return condition("$in", values);
  }
  /// The text contains `part`.
  QueryCondition match(std::string_view part) const {
    return condition("$match", pattern_containing(part));
  }
};

}  // namespace mosaico::detail
