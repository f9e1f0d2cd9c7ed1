#pragma once

#include <algorithm>
#include <array>
#include <tuple>
#include <type_traits>

#include "mosaico/message.hpp"
#include "mosaico/ontology.hpp"

namespace mosaico::peers {

// Turns a random object into one that the classes of the published clients take: they check more
// than the columns say.
template <typename T>
void make_plausible(T& value) {
  if constexpr (detail::kIsOptional<T>) {
    if (value) make_plausible(*value);
  } else if constexpr (detail::IsVector<T>::value) {
    if constexpr (Described<typename T::value_type>) {
      for (auto& element : value) make_plausible(element);
    }
  } else if constexpr (Described<T>) {
    std::apply([&](const auto&... field) { (make_plausible(value.*(field.member)), ...); },
               description_of<T>().fields);
  }
  if constexpr (std::is_same_v<T, Time> || std::is_same_v<T, Duration>) {
    value.nanoseconds %= 1'000'000'000;
  } else if constexpr (std::is_same_v<T, Acceleration> || std::is_same_v<T, Velocity>) {
    if (!value.linear && !value.angular) value.linear.emplace(Vector3d{.x = 1, .y = 2, .z = 3});
  } else if constexpr (std::is_same_v<T, Header>) {
    if (is_empty(value)) value.sample_counter = 1;
  } else if constexpr (std::is_same_v<T, PointField>) {
    value.datatype = PointField::kUInt8;
  } else if constexpr (std::is_same_v<T, Image>) {
    value.format = "raw";
  } else if constexpr (std::is_same_v<T, CompressedImage>) {
    value.format = "jpeg";
  } else if constexpr (std::is_same_v<T, Range>) {
    std::array bounds{value.min_range, value.range, value.max_range};
    std::ranges::sort(bounds);
    std::tie(value.min_range, value.range, value.max_range) =
        std::tuple(bounds[0], bounds[1], bounds[2]);
  }
}

}  // namespace mosaico::peers
