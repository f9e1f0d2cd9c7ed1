#pragma once

#include <array>
#include <optional>
#include <random>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "mosaico/describe.hpp"
#include "mosaico/values.hpp"

namespace mosaico {

// Fills objects of any described type: optional members come and go, lists have 0 to `list_max`
// elements.
class RandomObjects {
 public:
  explicit RandomObjects(unsigned seed, size_t list_max = 5) : random_(seed), list_max_(list_max) {}

  template <typename T>
  T make() {
    T value{};
    fill(value);
    return value;
  }

 private:
  template <typename T>
  void fill(T& value) {
    if constexpr (detail::kIsOptional<T>) {
      value.reset();
      if (random_() % 2 == 0) fill(value.emplace());
    } else if constexpr (std::is_same_v<T, bool>) {
      value = random_() % 2 == 0;
    } else if constexpr (std::is_same_v<T, Float16>) {
      value = Float16::from_float(static_cast<float>(random_() % 100));
    } else if constexpr (std::is_enum_v<T>) {
      value = static_cast<T>(random_() % 3);
    } else if constexpr (std::is_floating_point_v<T>) {
      value = static_cast<T>(random_() % 1000) / 8;
    } else if constexpr (std::is_integral_v<T>) {
      value = static_cast<T>(random_());
    } else if constexpr (std::is_same_v<T, std::string>) {
      value = std::string(random_() % 4, static_cast<char>('a' + random_() % 26));
    } else if constexpr (std::is_same_v<T, Bytes>) {
      value = Bytes(std::vector<std::uint8_t>(random_() % 4, static_cast<std::uint8_t>(random_())));
    } else if constexpr (Described<T>) {
      std::apply([&](const auto&... entry) { (fill(value.*(entry.member)), ...); },
                 description_of<T>().fields);
    } else if constexpr (std::is_same_v<T, std::vector<bool>>) {
      value.assign(random_() % (list_max_ + 1), random_() % 2 == 0);
    } else {
      if constexpr (detail::IsVector<T>::value) value.resize(random_() % (list_max_ + 1));
      for (auto& element : value) fill(element);
    }
  }

  std::mt19937 random_;
  const size_t list_max_;
};

}  // namespace mosaico
