#include "ontology/column_json.hpp"

#include <arrow/api.h>
#include <arrow/json/from_string.h>

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mosaico/message.hpp"
#include "ontology/arrow_schema.hpp"
#include "ontology/record_batch.hpp"

namespace mosaico::ontology {
namespace {

using nlohmann::json;

// A column called "c" as a batch for reading.
std::shared_ptr<const detail::StreamBatch> batch_of(std::shared_ptr<arrow::Array> values,
                                                    bool nullable = true) {
  arrow::Int64Builder times;
  for (int64_t i = 0; i < values->length(); ++i) EXPECT_TRUE(times.Append(i).ok());
  const auto schema =
      arrow::schema({arrow::field(std::string(kTimestampColumn), arrow::int64(), false),
                     arrow::field("c", values->type(), nullable)});
  const auto type = detail::intern_ontology(from_arrow_schema(*schema, "Test"));
  const int64_t rows = values->length();
  auto batch =
      arrow::RecordBatch::Make(schema, rows, {times.Finish().ValueOrDie(), std::move(values)});
  EXPECT_TRUE(batch->ValidateFull().ok());
  return to_stream_batch(batch, type).ValueOrDie();
}

std::shared_ptr<arrow::Array> array_of(const std::shared_ptr<arrow::DataType>& type,
                                       const std::string& values) {
  return arrow::json::ArrayFromJSONString(type, values).ValueOrDie();
}

// All cells of a column, and the same of its slices.
json cells_of(const std::shared_ptr<arrow::Array>& values) {
  json cells = json::array();
  for (int64_t first = 0; first < values->length(); ++first) {
    const auto batch = batch_of(values->Slice(first));
    const json cell = detail::to_json(*batch, 0)["c"];
    // As text: a NaN is not equal to itself.
    EXPECT_EQ(cell.dump(), detail::field_of(*batch_of(values), first, "c").value().dump());
    cells.push_back(cell);
  }
  return cells;
}

json cells_of(const std::shared_ptr<arrow::DataType>& type, const std::string& values) {
  return cells_of(array_of(type, values));
}

TEST(ColumnJson, NumbersAreExact) {
  for (const auto& [type, values] :
       std::vector<std::pair<std::shared_ptr<arrow::DataType>, std::string>>{
           {arrow::int8(), "[-128,127,null]"},
           {arrow::int16(), "[-32768,32767]"},
           {arrow::int32(), "[-2147483648,2147483647]"},
           {arrow::int64(), "[-9223372036854775808,9223372036854775807]"},
           {arrow::uint8(), "[0,255]"},
           {arrow::uint16(), "[65535]"},
           {arrow::uint32(), "[4294967295]"},
           {arrow::uint64(), "[0,18446744073709551615,null]"},
           {arrow::float32(), "[0.5,-1.25,null]"},
           {arrow::float64(), "[0.1,1e+300,null]"},
           {arrow::boolean(), "[true,false,null]"}}) {
    EXPECT_EQ(cells_of(type, values), json::parse(values)) << type->ToString();
  }
  EXPECT_EQ(cells_of(arrow::uint64(), "[18446744073709551615]")[0].get<uint64_t>(), UINT64_MAX);
}

TEST(ColumnJson, HalvesAreNumbers) {
  arrow::HalfFloatBuilder builder;
  for (const float value : {0.5F, -2.0F, 65504.0F}) {
    ASSERT_TRUE(builder.Append(Float16::from_float(value).bits).ok());
  }
  EXPECT_EQ(cells_of(builder.Finish().ValueOrDie()), json({0.5, -2.0, 65504.0}));
}

TEST(ColumnJson, NaNStaysANumber) {
  const auto cell = cells_of(arrow::float64(), "[NaN, Inf]");
  ASSERT_TRUE(cell[0].is_number_float());
  EXPECT_TRUE(std::isnan(cell[0].get<double>()));
  EXPECT_EQ(cell[1], std::numeric_limits<double>::infinity());
}

TEST(ColumnJson, BlobsAreBinaryValues) {
  EXPECT_EQ(cells_of(arrow::binary(), R"(["ab", "", null])"),
            json({json::binary({'a', 'b'}), json::binary({}), nullptr}));
  EXPECT_EQ(cells_of(arrow::utf8(), R"(["ab", "", null])"), json({"ab", "", nullptr}));
}

TEST(ColumnJson, ListsAndStructsNest) {
  const auto point = arrow::struct_(
      {arrow::field("x", arrow::float64()), arrow::field("names", arrow::list(arrow::utf8()))});
  EXPECT_EQ(
      cells_of(arrow::list(point),
               R"([[{"x": 1, "names": ["a", null]}, null], [], null, [{"x": 2, "names": []}]])"),
      json::parse(
          R"([[{"x": 1.0, "names": ["a", null]}, null], [], null, [{"x": 2.0, "names": []}]])"));
  EXPECT_EQ(cells_of(arrow::fixed_size_list(arrow::int16(), 2), "[[1, 2], null, [3, null]]"),
            json::parse("[[1, 2], null, [3, null]]"));
}

// Published writers send a valid struct of nulls for an absent one.
TEST(ColumnJson, AStructOfNullsIsNull) {
  const auto inner = arrow::struct_({arrow::field("x", arrow::float64())});
  const auto outer =
      arrow::struct_({arrow::field("inner", inner), arrow::field("y", arrow::int8())});
  EXPECT_EQ(cells_of(outer, R"([{"inner": {"x": null}, "y": null}, {"inner": {"x": null}, "y": 1},
                                {"inner": {"x": 0}, "y": null}])"),
            json::parse(R"([null, {"inner": null, "y": 1}, {"inner": {"x": 0.0}, "y": null}])"));
}

TEST(ColumnJson, PathsLeadThroughStructs) {
  const auto inner =
      arrow::struct_({arrow::field("x", arrow::float64()), arrow::field("a.b", arrow::int8())});
  const auto batch =
      batch_of(array_of(arrow::struct_({arrow::field("inner", inner)}),
                        R"([{"inner": {"x": 1.5, "a.b": 7}}, {"inner": null}, null])"));
  const auto at = [&](int64_t row, const char* path) {
    return detail::field_of(*batch, row, path);
  };
  EXPECT_EQ(at(0, "c.inner.x"), 1.5);
  EXPECT_EQ(at(0, "c.inner.a.b"), 7);
  EXPECT_EQ(at(0, "c.inner"), json({{"x", 1.5}, {"a.b", 7}}));
  EXPECT_EQ(at(1, "c.inner.x"), json());
  EXPECT_EQ(at(2, "c.inner.x"), json());
  EXPECT_EQ(at(2, "c"), json());
  for (const char* path : {"", "d", "c.", "c.inner.y", "c.inner.x.z", "c.inner.", ".c", "c.inn"}) {
    EXPECT_EQ(at(0, path), std::nullopt) << path;
    EXPECT_EQ(at(2, path), std::nullopt) << path;
  }
}

TEST(ColumnJson, TypesWithoutAKindOfTheirOwnComeInTheNearestForm) {
  EXPECT_EQ(cells_of(arrow::timestamp(arrow::TimeUnit::SECOND), R"(["1970-01-01 00:00:01", null])"),
            json({"1970-01-01 00:00:01", nullptr}));
  EXPECT_EQ(cells_of(arrow::decimal128(5, 2), R"(["1.25"])"), json({"1.25"}));
  EXPECT_EQ(cells_of(arrow::map(arrow::utf8(), arrow::float64()), R"([[["a", 1], ["b", null]]])"),
            json::parse(R"([{"a": 1.0, "b": null}])"));
  EXPECT_EQ(cells_of(arrow::map(arrow::int8(), arrow::boolean()), "[[[1, true]]]"),
            json::parse("[[[1, true]]]"));
  EXPECT_EQ(cells_of(arrow::large_list(arrow::uint64()), "[[18446744073709551615], []]"),
            json::parse("[[18446744073709551615], []]"));
  EXPECT_EQ(cells_of(arrow::fixed_size_binary(2), R"(["ab"])"), json({json::binary({'a', 'b'})}));
  EXPECT_EQ(cells_of(arrow::struct_({arrow::field("t", arrow::large_utf8())}), R"([{"t": "x"}])"),
            json::parse(R"([{"t": "x"}])"));
  EXPECT_EQ(
      cells_of(arrow::json::DictArrayFromJSONString(arrow::dictionary(arrow::int8(), arrow::utf8()),
                                                    "[1, 0, null]", R"(["a", "b"])")
                   .ValueOrDie()),
      json({"b", "a", nullptr}));
}

}  // namespace
}  // namespace mosaico::ontology
