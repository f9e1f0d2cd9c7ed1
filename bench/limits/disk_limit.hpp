#pragma once

#include <cstdint>
#include <filesystem>

// What the disk alone does.
namespace mosaico::bench {

// Seconds to write so many bytes into a fresh file and to sync it and its folder. The file is
// removed afterwards, which does not count.
double write_seconds(const std::filesystem::path& directory, std::int64_t bytes);

// The bytes of all files at and below a folder, by the ending of their names.
std::int64_t stored_bytes(const std::filesystem::path& directory, const char* extension);

// Transactions of one small row a second, each synced before the next begins: SQLite as the
// catalog sets it up (WAL, synchronous FULL).
double commits_per_second(const std::filesystem::path& directory, std::int64_t commits);

}  // namespace mosaico::bench
