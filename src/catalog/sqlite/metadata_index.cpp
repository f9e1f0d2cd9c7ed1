#include "catalog/sqlite/metadata_index.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "catalog/sqlite/rows.hpp"
#include "core/json.hpp"
#include "query/evaluate.hpp"
#include "query/metadata_path.hpp"

namespace mosaico::catalog::sqlite {

namespace {

using nlohmann::json;
using query::Condition;
using query::Operator;

// The `kind` of a value in the tables.
enum class ValueKind : int64_t { Other = 0, Text = 1, Integer = 2, Real = 3 };

// An interval in which a number lies that SQLite has read.
struct Approximate {
  double low;
  double high;
};

// SQLite rounds in ways of its own, by less than this.
Approximate around(double low, double high) {
  constexpr double kRelative = 1e-12;
  constexpr double kAbsolute = 1e-300;
  return {low - (std::abs(low) * kRelative + kAbsolute),
          high + (std::abs(high) * kRelative + kAbsolute)};
}

// Ranges [low, high] of the index of numbers in which all lies that fulfils a condition; none where
// it compares no numbers, or is fulfilled nearly everywhere.
json number_ranges(const Condition& condition) {
  static constexpr double kLeast = std::numeric_limits<double>::lowest();
  static constexpr double kGreatest = std::numeric_limits<double>::max();
  json ranges = json::array();
  // Above the greatest double lies what is no number for conditions.
  const auto add = [&ranges](double low, double high) {
    const Approximate range = around(low, high);
    ranges.push_back(json::array({std::max(range.low, kLeast), std::min(range.high, kGreatest)}));
  };
  const json& value = condition.value;
  if (!(value.is_array() && !value.empty() ? value.front() : value).is_number()) return ranges;
  const auto number = [&value](size_t i) { return value[i].get<double>(); };
  switch (condition.op) {
    case Operator::Eq:
      add(value.get<double>(), value.get<double>());
      break;
    case Operator::Lt:
    case Operator::Leq:
      add(kLeast, value.get<double>());
      break;
    case Operator::Gt:
    case Operator::Geq:
      add(value.get<double>(), kGreatest);
      break;
    case Operator::Between:
      add(number(0), number(1));
      break;
    case Operator::Outside:
      add(kLeast, number(0));
      add(number(1), kGreatest);
      break;
    case Operator::In:
      for (size_t i = 0; i < value.size(); ++i) add(number(i), number(i));
      break;
    default:
      break;
  }
  return ranges;
}

bool is_choice_of_texts(const Condition& condition) {
  const bool is_choice = condition.op == Operator::Eq || condition.op == Operator::In;
  return is_choice && choices_of(condition).front().is_string();
}

constexpr std::string_view kWithin =
    " m WHERE m.key = ? AND m.number >= r.value ->> 0 AND m.number <= r.value ->> 1";

// Whether what lies between two numbers that fulfil the condition fulfils it.
bool is_one_interval(Operator op) {
  return op == Operator::Lt || op == Operator::Leq || op == Operator::Gt || op == Operator::Geq ||
         op == Operator::Between;
}

bool is_certain(const Condition& condition, double number, ValueKind kind) {
  if (kind == ValueKind::Integer) {
    return query::matches_value(condition, static_cast<int64_t>(number));
  }
  const Approximate place = around(number, number);
  return is_one_interval(condition.op) && query::matches_value(condition, place.low) &&
         query::matches_value(condition, place.high);
}

Result<std::vector<int64_t>> with_certain_text(Database* database, const Condition& condition,
                                               const std::string& key, const MetadataIndex& index) {
  std::vector<int64_t> ids;
  const json texts = texts_of(choices_of(condition));
  // SQLite ends a text of JSON at a zero byte.
  const bool has_zero_byte = std::any_of(texts.begin(), texts.end(), [](const json& text) {
    return text.get_ref<const std::string&>().find('\0') != std::string::npos;
  });
  if (has_zero_byte) return ids;
  constexpr std::string_view kCondition =
      " WHERE key = ? AND text IN (SELECT value FROM json_each(?)) AND kind IN (1, 2)";
  const std::string sql = join({"SELECT ", index.id, " FROM ", index.table, kCondition});
  ARROW_ASSIGN_OR_RAISE(Statement rows, database->query(sql, key, core::dump(texts)));
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const bool found, rows.step());
    if (!found) return ids;
    ids.push_back(rows.integer(0));
  }
}

Result<std::vector<int64_t>> with_certain_number(Database* database, const Condition& condition,
                                                 const json& ranges, const std::string& key,
                                                 const MetadataIndex& index) {
  std::vector<int64_t> ids;
  constexpr std::string_view kFrom = ", m.number, m.kind FROM json_each(?) r CROSS JOIN ";
  const std::string sql =
      join({"SELECT m.", index.id, kFrom, index.table, kWithin, " AND m.kind IN (2, 3)"});
  ARROW_ASSIGN_OR_RAISE(Statement rows, database->query(sql, core::dump(ranges), key));
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const bool found, rows.step());
    if (!found) return ids;
    if (is_certain(condition, rows.real(1), ValueKind{rows.integer(2)})) {
      ids.push_back(rows.integer(0));
    }
  }
}

}  // namespace

json choices_of(const Condition& condition) {
  return condition.op == Operator::In ? condition.value : json::array({condition.value});
}

json texts_of(const json& choices) {
  json texts = json::array();
  for (const json& choice : choices) {
    if (choice.is_string()) texts.push_back(choice);
  }
  return texts;
}

std::optional<IndexedPart> candidates_part(const Condition& condition, const MetadataIndex& index) {
  const auto path = query::MetadataPath::parse(condition.field);
  if (!path.ok() || condition.op == Operator::NotExists) return std::nullopt;
  const auto key = path->last_key();
  if (!key) return std::nullopt;
  const std::string select = join({"SELECT ", index.id, " FROM ", index.table, " WHERE key = ?"});
  if (is_choice_of_texts(condition)) {
    return IndexedPart{join({" AND ", index.object, " IN (", select, " AND text IS NULL UNION ALL ",
                             select, " AND text IN (SELECT value FROM json_each(?)))"}),
                       {*key, *key, core::dump(texts_of(choices_of(condition)))}};
  }
  if (const json ranges = number_ranges(condition); !ranges.empty()) {
    return IndexedPart{join({" AND ", index.object, " IN (SELECT m.", index.id,
                             " FROM json_each(?) r CROSS JOIN ", index.table, kWithin, ")"}),
                       {core::dump(ranges), *key}};
  }
  return IndexedPart{join({" AND ", index.object, " IN (", select, ")"}), {*key}};
}

Result<std::vector<int64_t>> certain_matches(Database* database, const Condition& condition,
                                             const MetadataIndex& index) {
  std::vector<int64_t> ids;
  const auto path = query::MetadataPath::parse(condition.field);
  const auto key = path.ok() ? path->only_key() : std::nullopt;
  if (!key) return ids;
  if (is_choice_of_texts(condition)) {
    ARROW_ASSIGN_OR_RAISE(ids, with_certain_text(database, condition, *key, index));
  } else if (const json ranges = number_ranges(condition); !ranges.empty()) {
    ARROW_ASSIGN_OR_RAISE(ids, with_certain_number(database, condition, ranges, *key, index));
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace mosaico::catalog::sqlite
