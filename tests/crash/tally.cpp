#include "crash/tally.hpp"

#include <iostream>

namespace mosaico {

void Tally::add_kill(const std::string& point) {
  ++kills_by_point[point];
  ++kills;
}

void Tally::print(const std::string& victim) const {
  std::cout << "crash: " << victim << " killed " << kills << " times; " << rows_compared
            << " rows compared in " << readings << " readings\n";
  for (const auto& [point, count] : kills_by_point) {
    std::cout << "crash:   " << count << " at " << point << "\n";
  }
  std::cout << std::flush;
}

}  // namespace mosaico
