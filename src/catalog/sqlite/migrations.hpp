#pragma once

#include <span>
#include <string_view>

#include "catalog/sqlite/database.hpp"

namespace mosaico::catalog::sqlite {

// The schema, step by step: entry i leads from version i to version i + 1. Entries are never
// changed once released, only appended.
std::span<const std::string_view> migrations();

// The version of a database; 0 for one without tables. Corrupt when it has tables but no version.
Result<int64_t> schema_version(Database* database);

// Runs the steps that are missing, each in a transaction of its own. Locked when the database is
// newer than the last step.
Status migrate(Database* database, std::span<const std::string_view> steps);

}  // namespace mosaico::catalog::sqlite
