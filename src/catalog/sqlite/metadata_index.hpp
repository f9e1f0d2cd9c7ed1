#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/sqlite/database.hpp"
#include "query/filter.hpp"

// What the tables of metadata keys (migrations.cpp) tell of conditions on user metadata.
namespace mosaico::catalog::sqlite {

// A table of the last keys of metadata paths, and the column of the object that it is about.
struct MetadataIndex {
  std::string_view object;  // "s.id"
  std::string_view id;      // "sequence_id"
  std::string_view table;   // "sequence_metadata"
};
inline constexpr MetadataIndex kSequenceMetadata = {"s.id", "sequence_id", "sequence_metadata"};
inline constexpr MetadataIndex kTopicMetadata = {"t.id", "topic_id", "topic_metadata"};

// A part of a WHERE clause that an index answers, with the texts bound to its parameters.
struct IndexedPart {
  std::string sql;
  std::vector<std::string> texts;
};

// The choices of an Eq or In condition, as an array; those of them that are texts.
nlohmann::json choices_of(const query::Condition& condition);
nlohmann::json texts_of(const nlohmann::json& choices);

// Holds for every object that fulfils the condition, and for others: by the last key of its path,
// and by text or number where that is what is compared. None where no key ends the path, or what
// lacks one fulfils the condition.
std::optional<IndexedPart> candidates_part(const query::Condition& condition,
                                           const MetadataIndex& index);

// Objects that fulfil the condition, and not all of them: those of which the table alone says so.
// Ids in ascending order.
Result<std::vector<int64_t>> certain_matches(Database* database, const query::Condition& condition,
                                             const MetadataIndex& index);

}  // namespace mosaico::catalog::sqlite
