// Bodies of queries: read, written again, and asked of one object and of a few rows.
#include <arrow/api.h>
#include <arrow/json/from_string.h>

#include "core/error.hpp"
#include "fuzz/input.hpp"
#include "protocol/actions.hpp"
#include "query/evaluate.hpp"
#include "query/row_test.hpp"

namespace {

namespace query = mosaico::query;
using mosaico::fuzz::require;

const arrow::RecordBatch& rows() {
  static const auto kRows = [] {
    using arrow::field;
    const auto point = arrow::struct_({field("x", arrow::float64()), field("n", arrow::int32())});
    const auto schema = arrow::schema(
        {field("timestamp_ns", arrow::int64(), false), field("u", arrow::uint64()),
         field("h", arrow::float16()), field("b", arrow::boolean()), field("s", arrow::utf8()),
         field("t", arrow::timestamp(arrow::TimeUnit::MICRO)), field("d", arrow::date32()),
         field("m", arrow::decimal128(20, 3)), field("l", arrow::list(arrow::float64())),
         field("p", point), field("q", arrow::list(point)),
         field("o", arrow::list(arrow::utf8()))});
    const auto parsed = arrow::json::ArrayFromJSONString(arrow::struct_(schema->fields()), R"([
      [1, 18446744073709551615, 1.5, true, "plan-4.1", 0, 0, "1.250", [1, null, 3],
       {"x": 1, "n": 2}, [{"x": 1, "n": null}, null], ["a", "b"]],
      [-9223372036854775808, null, null, null, null, null, null, null, null, null, null, null],
      [9223372036854775807, 0, -0.0, false, "", -1, 19000, "-0.001", [], {"x": null, "n": -1}, [],
       ["", null]]])");
    const auto table = mosaico::core::value_or_throw(
        arrow::RecordBatch::FromStructArray(mosaico::core::value_or_throw(parsed)));
    return arrow::RecordBatch::Make(schema, table->num_rows(), table->columns());
  }();
  return *kRows;
}

void ask(const query::Query& query) {
  static const nlohmann::json kMetadata = {
      {"env", {{"visibility", 20}, {"name", "fog"}}}, {"list", {1, "2", {{"id", 3}}}}, {"b", true}};
  query::matches_sequence(query.metadata.sequence,
                          {.name = "run1", .created_at_ns = 7, .user_metadata = &kMetadata});
  query::matches_topic(query.metadata.topic, {.name = "/sensors/imu",
                                              .created_at_ns = 8,
                                              .ontology_tag = "IMU",
                                              .serialization_format = "default",
                                              .user_metadata = &kMetadata});
  for (const auto& conditions : query.data) {
    const auto test = query::RowTest::bind(conditions.columns, *rows().schema());
    if (!test.ok() || test->never()) continue;
    require(static_cast<std::int64_t>(test->test(rows()).size()) == rows().num_rows(),
            "each row is answered for");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto body = mosaico::protocol::parse_request(mosaico::fuzz::Input(data, size).rest());
  if (!body.ok()) return 0;
  const auto parsed = query::parse_query(*body);
  if (!parsed.ok()) return 0;
  require(query::validate_query(*parsed).ok(), "what was read is valid");
  const auto again = query::parse_query(query::to_json(*parsed));
  require(again.ok() && query::to_json(*again) == query::to_json(*parsed),
          "a query is read as it was written");
  ask(*parsed);
  return 0;
}
