#pragma once

#include <cstdint>
#include <optional>
#include <string>

// Quantities as people read them.
namespace mosaico::cli {

// "12.34 MiB"; small sizes keep three digits that count.
std::string mib_text(std::int64_t bytes);
// "17 070"
std::string count_text(std::int64_t count);
// "1700000000000000000 (2023-11-14 22:13:20.000000 UTC)". The date only for times from 2000 to
// 2100, since recorders may count from zero; "-" when absent.
std::string time_text(std::optional<std::int64_t> timestamp_ns);
// "4.995 s", "12 min 03 s", "2 h 05 min"
std::string duration_text(double seconds);

}  // namespace mosaico::cli
