#include <arrow/api.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "query/filter.hpp"
#include "recording.hpp"
#include "support/temporary_directory.hpp"

// Generated conditions on generated rows: what the engine finds, through statistics, chunks, row
// groups and the tail, against a plain look at the rows as JSON.
namespace mosaico::engine {
namespace {

using arrow::field;
using nlohmann::json;

class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}

  int64_t below(int64_t end) { return std::uniform_int_distribution<int64_t>(0, end - 1)(engine_); }
  bool one_in(int64_t n) { return below(n) == 0; }
  template <typename T>
  T of(const std::vector<T>& choices) {
    return choices[static_cast<size_t>(below(std::ssize(choices)))];
  }

 private:
  std::mt19937 engine_;
};

std::shared_ptr<arrow::Schema> random_schema() {
  const auto point =
      arrow::struct_({field("x", arrow::float64()), field("n", arrow::int32(), false)});
  return arrow::schema({field("timestamp_ns", arrow::int64(), false), field("i", arrow::int64()),
                        field("u", arrow::uint64()), field("small", arrow::uint8()),
                        field("d", arrow::float64()), field("f", arrow::float32()),
                        field("b", arrow::boolean()), field("t", arrow::utf8()), field("s", point),
                        field("l", arrow::list(arrow::float64())),
                        field("ls", arrow::list(point))});
}

// A value of a type, near `near`: rows of one chunk resemble each other, as recordings do.
json random_value(Random& random, const arrow::DataType& type, int64_t near, bool may_be_null) {
  constexpr int64_t kTwoTo53 = 9'007'199'254'740'992;
  if (may_be_null && random.one_in(6)) return nullptr;
  switch (type.id()) {
    case arrow::Type::INT64:
      return random.of<int64_t>({near, near + 1, near + 2, kTwoTo53 + 1, -near});
    case arrow::Type::UINT64:
      return random.of<uint64_t>({static_cast<uint64_t>(near), UINT64_MAX, UINT64_MAX - 1});
    case arrow::Type::INT32:
    case arrow::Type::UINT8:
      return (near + random.below(3)) % 256;
    case arrow::Type::FLOAT:
      return static_cast<double>(random.of<float>({0.1F, static_cast<float>(near), -0.0F, NAN}));
    case arrow::Type::DOUBLE: {
      constexpr double kInfinity = std::numeric_limits<double>::infinity();
      const auto value = static_cast<double>(near);
      if (random.one_in(20)) return random.of<double>({kInfinity, -kInfinity, 1e300});
      return random.of<double>({value, value + 0.5, -0.0, 0.0, std::nan("")});
    }
    case arrow::Type::BOOL:
      return near % 3 == 0 ? random.one_in(2) : near % 3 == 1;
    case arrow::Type::STRING:
      return random.of<std::string>({"", "a" + std::to_string(near), "ä*", std::string(80, 'z')});
    case arrow::Type::STRUCT: {
      json members = json::object();
      for (const auto& member : type.fields()) {
        members[member->name()] = random_value(random, *member->type(), near, member->nullable());
      }
      return members;
    }
    default: {
      json elements = json::array();
      for (int64_t i = random.below(4); i > 0; --i) {
        elements.push_back(random_value(random, *type.field(0)->type(), near, true));
      }
      return elements;
    }
  }
}

json random_row(Random& random, const arrow::Schema& schema, int64_t number) {
  json row = json::object();
  for (const auto& column : schema.fields()) {
    row[column->name()] = random_value(random, *column->type(), number / 10, column->nullable());
  }
  row["timestamp_ns"] = number;
  return row;
}

void append(const json& value, arrow::ArrayBuilder& builder) {
  if (value.is_null()) {
    ASSERT_THAT(builder.AppendNull(), IsOk());
    return;
  }
  const auto as = [&builder](auto* type) -> auto& {
    return dynamic_cast<std::remove_pointer_t<decltype(type)>&>(builder);
  };
  Status done;
  switch (builder.type()->id()) {
    case arrow::Type::INT64:
      done = as(static_cast<arrow::Int64Builder*>(nullptr)).Append(value);
      break;
    case arrow::Type::UINT64:
      done = as(static_cast<arrow::UInt64Builder*>(nullptr)).Append(value);
      break;
    case arrow::Type::INT32:
      done = as(static_cast<arrow::Int32Builder*>(nullptr)).Append(value);
      break;
    case arrow::Type::UINT8:
      done = as(static_cast<arrow::UInt8Builder*>(nullptr)).Append(value);
      break;
    case arrow::Type::FLOAT:
      done = as(static_cast<arrow::FloatBuilder*>(nullptr)).Append(value);
      break;
    case arrow::Type::DOUBLE:
      done = as(static_cast<arrow::DoubleBuilder*>(nullptr)).Append(value);
      break;
    case arrow::Type::BOOL:
      done = as(static_cast<arrow::BooleanBuilder*>(nullptr)).Append(value.get<bool>());
      break;
    case arrow::Type::STRING:
      done = as(static_cast<arrow::StringBuilder*>(nullptr)).Append(value.get<std::string>());
      break;
    case arrow::Type::STRUCT: {
      auto& members = as(static_cast<arrow::StructBuilder*>(nullptr));
      done = members.Append();
      for (int i = 0; i < members.num_fields(); ++i) {
        append(value[members.type()->field(i)->name()], *members.field_builder(i));
      }
      break;
    }
    default: {
      auto& list = as(static_cast<arrow::ListBuilder*>(nullptr));
      done = list.Append();
      for (const json& element : value) append(element, *list.value_builder());
    }
  }
  ASSERT_THAT(done, IsOk());
}

std::shared_ptr<arrow::RecordBatch> batch_of(const std::shared_ptr<arrow::Schema>& schema,
                                             const std::vector<json>& rows) {
  auto builder = arrow::MakeBuilder(arrow::struct_(schema->fields())).ValueOrDie();
  for (const json& row : rows) append(row, *builder);
  return arrow::RecordBatch::FromStructArray(builder->Finish().ValueOrDie()).ValueOrDie();
}

// --- The plain look ---

// -1, 0 or 1; 2 where neither is less and they are not equal.
template <typename T>
int order(const T& a, const T& b) {
  return a < b ? -1 : a > b ? 1 : a == b ? 0 : 2;
}

long double number(const json& value) {
  if (value.is_number_float()) return value.get<double>();
  if (value.is_number_unsigned()) return static_cast<long double>(value.get<uint64_t>());
  return static_cast<long double>(value.get<int64_t>());
}

bool same_kind(const json& a, const json& b) {
  return (a.is_number() && b.is_number()) || (a.is_string() && b.is_string()) ||
         (a.is_boolean() && b.is_boolean());
}

int order_of(const json& a, const json& b) {
  if (a.is_number()) return order(number(a), number(b));
  if (a.is_boolean()) return order<int>(a.get<bool>(), b.get<bool>());
  return order(a.get<std::string>(), b.get<std::string>());
}

// Globs of stars alone.
bool fits(const std::string& pattern, const std::string& text) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() != '*') {
    return !text.empty() && pattern.front() == text.front() &&
           fits(pattern.substr(1), text.substr(1));
  }
  return fits(pattern.substr(1), text) || (!text.empty() && fits(pattern, text.substr(1)));
}

bool scalar_holds(const std::string& op, const json& wanted, const json& stored) {
  const json& first = wanted.is_array() ? wanted.front() : wanted;
  if (!same_kind(stored, first)) return false;
  if (op == "$match") return fits(wanted, stored);
  if (op == "$in") {
    return std::any_of(wanted.begin(), wanted.end(),
                       [&](const json& one) { return order_of(stored, one) == 0; });
  }
  const int a = order_of(stored, first);
  if (op == "$eq") return a == 0;
  if (op == "$neq") return a != 0;
  if (op == "$lt") return a == -1;
  if (op == "$leq") return a == -1 || a == 0;
  if (op == "$gt") return a == 1;
  if (op == "$geq") return a == 1 || a == 0;
  const int b = order_of(stored, wanted.back());
  if (op == "$between") return (a == 1 || a == 0) && (b == -1 || b == 0);
  return a == -1 || b == 1;
}

// Of lists of numbers.
bool whole_list_holds(const std::string& op, const json& wanted, const json& stored) {
  for (const json& element : wanted) {
    if (!element.is_number()) return false;
  }
  bool equal = stored.size() == wanted.size();
  for (size_t i = 0; equal && i < wanted.size(); ++i) {
    equal = scalar_holds("$eq", wanted[i], stored[i]);
  }
  return equal == (op == "$eq");
}

bool path_holds(const std::string& path, const std::string& op, const json& wanted,
                const json& object) {
  if (!object.is_object()) return false;
  const size_t dot = path.find('.');
  const std::string segment = path.substr(0, dot);
  const size_t bracket = segment.find('[');
  const json& value = object[segment.substr(0, bracket)];
  const auto goes_on = [&](const json& inner) {
    if (dot != std::string::npos) return path_holds(path.substr(dot + 1), op, wanted, inner);
    return scalar_holds(op, wanted, inner);
  };
  if (bracket == std::string::npos) {
    const bool asks_whole = wanted.is_array() && (op == "$eq" || op == "$neq");
    if (asks_whole) return value.is_array() && whole_list_holds(op, wanted, value);
    return goes_on(value);
  }
  if (!value.is_array() || value.empty()) return false;
  const std::string specifier = segment.substr(bracket + 1, segment.size() - bracket - 2);
  if (specifier == "?") return std::any_of(value.begin(), value.end(), goes_on);
  if (specifier == "!") return std::all_of(value.begin(), value.end(), goes_on);
  const size_t position = std::stoul(specifier);
  return position < value.size() && goes_on(value[position]);
}

// --- The conditions ---

struct RandomPath {
  std::string path;
  std::string column;  // Whose values suit it, or its elements' or members'.
};

const std::vector<RandomPath> kPaths = {{"timestamp_ns", "i"},
                                        {"i", "i"},
                                        {"u", "u"},
                                        {"small", "small"},
                                        {"d", "d"},
                                        {"f", "f"},
                                        {"b", "b"},
                                        {"t", "t"},
                                        {"s.x", "d"},
                                        {"s.n", "small"},
                                        {"l[?]", "d"},
                                        {"l[!]", "d"},
                                        {"l[1]", "d"},
                                        {"l", "l"},
                                        {"ls[?].x", "d"},
                                        {"ls[!].n", "small"},
                                        {"ls[0].x", "d"}};

// A value that JSON can express, sometimes of another type.
json random_operand(Random& random, const arrow::Schema& schema, const std::string& column) {
  const std::string from =
      random.one_in(30) ? random.of<std::string>({"i", "d", "t", "b"}) : column;
  while (true) {
    json value =
        random_value(random, *schema.GetFieldByName(from)->type(), random.below(25), false);
    if (value.is_number_float() && !std::isfinite(value.get<double>())) continue;
    if (value.is_number_integer() && random.one_in(3)) return number(value) + 0.5;
    return value;
  }
}

// {path: {operator: value}}, which parse_query() may refuse.
json random_condition(Random& random, const arrow::Schema& schema, const RandomPath& path) {
  const auto value = [&] { return random_operand(random, schema, path.column); };
  std::string op = random.of<std::string>(
      {"$eq", "$neq", "$lt", "$leq", "$gt", "$geq", "$between", "$outside", "$in", "$match"});
  if (path.column == "l") {
    op = random.of<std::string>({"$eq", "$neq"});
    json list = json::array();
    for (int64_t i = random.below(3); i > 0; --i)
      list.push_back(random_operand(random, schema, "d"));
    return {{op, std::move(list)}};
  }
  if (op == "$match")
    return {{op, random.of<std::string>({"a1*", "*1", "*", "a2", "*z*z*", "ä*"})}};
  if (op == "$in") return {{op, {value(), value(), value()}}};
  if (op == "$between" || op == "$outside") {
    json low = value();
    json high = value();
    if (same_kind(low, high) && order_of(low, high) == 1) std::swap(low, high);
    return {{op, {low, high}}};
  }
  return {{op, value()}};
}

class RandomQuery : public testing::Test {
 protected:
  static EngineOptions small_chunks() {
    EngineOptions options;
    options.chunk_rows = 28;
    options.row_group_rows = 7;
    return options;
  }

  void SetUp() override { recording_.create_sequence(); }

  // Topics of growing values; the last rows of the open ones are in no chunk.
  void record(Random& random, int topics, int64_t rows_each) {
    for (int topic = 0; topic < topics; ++topic) {
      const std::string name = "t" + std::to_string(topic);
      std::vector<json>& rows = rows_[name];
      auto upload =
          recording_.try_upload(name, recording_.create_topic(name), false, schema_).ValueOrDie();
      DurableRows durable(*upload);
      while (std::ssize(rows) < rows_each) {
        std::vector<json> batch;
        for (int i = 0; i < 7; ++i) {
          batch.push_back(random_row(random, *schema_, std::ssize(rows) + 30 * topic));
          rows.push_back(batch.back());
        }
        ASSERT_THAT(upload->append(batch_of(schema_, batch)), IsOk());
      }
      if (topic % 2 == 0) {
        ASSERT_THAT(upload->finish(), IsOk());
      } else {
        ASSERT_TRUE(durable.wait_for(std::ssize(rows)));
        uploads_.push_back(std::move(upload));
      }
    }
  }

  std::vector<std::string> expected(const json& conditions) const {
    std::vector<std::string> names;
    for (const auto& [name, rows] : rows_) {
      const bool found = std::any_of(rows.begin(), rows.end(), [&](const json& row) {
        return std::all_of(conditions.items().begin(), conditions.items().end(),
                           [&](const auto& item) {
                             const std::string path = item.key().substr(item.key().find('.') + 1);
                             const auto condition = item.value().begin();
                             return path_holds(path, condition.key(), condition.value(), row);
                           });
      });
      if (found) names.push_back(name);
    }
    return names;
  }

  const TemporaryDirectory directory_;
  const std::shared_ptr<arrow::Schema> schema_ = random_schema();
  Recording recording_{directory_.path(), small_chunks()};
  std::vector<std::unique_ptr<Upload>> uploads_;
  std::map<std::string, std::vector<json>> rows_;
};

TEST_F(RandomQuery, FindsWhatAPlainLookFinds) {
  Random random(20260501);
  record(random, 3, 110);
  int64_t asked = 0;
  int64_t selective = 0;  // Found some topics and not others.
  while (asked < 1000) {
    json conditions = json::object();
    for (int64_t i = 1 + random.below(3); i > 0; --i) {
      const RandomPath path = random.of(kPaths);
      conditions["Row." + path.path] = random_condition(random, *schema_, path);
    }
    const auto query = query::parse_query({{"ontology", conditions}});
    if (!query.ok()) continue;  // E.g. a bool that is ordered, or mixed types.
    ++asked;
    ASSERT_OK_AND_ASSIGN(const auto answer, recording_.engine().query(*query));
    std::vector<std::string> found;
    for (const auto& item : answer.items) {
      for (const auto& topic : item.topics) found.push_back(topic.locator.topic);
    }
    ASSERT_EQ(found, expected(conditions)) << conditions.dump();
    if (!found.empty() && found.size() < rows_.size()) ++selective;
  }
  EXPECT_GT(selective, 100);
}

}  // namespace
}  // namespace mosaico::engine
