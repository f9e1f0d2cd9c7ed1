#include "ontology/dynamic_buffer.hpp"

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mosaico/ontology.hpp"
#include "ontology/arrow_schema.hpp"
#include "ontology/random_object.hpp"
#include "ontology/record_batch.hpp"
#include "support/status_matchers.hpp"

namespace mosaico::ontology {
namespace {

using nlohmann::json;
using testing::HasSubstr;

std::shared_ptr<arrow::RecordBatch> finished(const Schema& schema,
                                             const std::shared_ptr<detail::RecordBuffer>& buffer) {
  buffer->finish();
  auto batch = to_record_batch(to_arrow_schema(schema).ValueOrDie(), buffer).ValueOrDie();
  EXPECT_THAT(batch->ValidateFull(), IsOk());
  return batch;
}

std::vector<json> rows_of(const Schema& schema, const std::shared_ptr<arrow::RecordBatch>& batch) {
  const auto rows = to_stream_batch(batch, detail::intern_ontology(schema)).ValueOrDie();
  std::vector<json> result;
  for (int64_t row = 0; row < rows->rows; ++row) result.push_back(detail::to_json(*rows, row));
  return result;
}

template <typename... Types, typename Function>
void for_each_type(detail::TypeList<Types...>, Function&& function) {
  (function.template operator()<Types>(), ...);
}

// What a class writes, its schema alone writes too: the same values, counted as the same bytes.
TEST(DynamicRecordBuffer, WritesWhatTheClassesWrite) {
  using Types = detail::TypeList<IMU, RobotPath, PointCloud2, BatteryState, Image, Inertia>;
  for_each_type(Types(), []<typename T>() {
    const Schema schema = schema_of<T>();
    RandomObjects random(3, 40);
    auto typed = std::make_shared<detail::TypedRecordBuffer<T>>();
    auto dynamic = std::make_shared<DynamicRecordBuffer>(schema);
    std::vector<json> expected;
    for (int64_t row = 0; row < 20; ++row) {
      const T object = row == 0 ? T{} : random.make<T>();
      typed->append(row, object, detail::TypedRecordBuffer<T>::bytes_of(object));
      auto alone = std::make_shared<detail::TypedRecordBuffer<T>>();
      alone->append(row, object, detail::TypedRecordBuffer<T>::bytes_of(object));
      expected.push_back(detail::to_json(*detail::batch_of(ontology_type<T>(), alone), 0));
      ASSERT_THAT(dynamic->append(row, expected.back()), IsOk()) << schema.ontology_tag;
    }
    const size_t bytes = dynamic->bytes();
    // As bytes: a NaN is not equal to itself.
    const std::vector<json> rows = rows_of(schema, finished(schema, dynamic));
    for (size_t row = 0; row < rows.size(); ++row) {
      ASSERT_EQ(json::to_cbor(rows[row]), json::to_cbor(expected.at(row)))
          << schema.ontology_tag << ", row " << row << ":\n"
          << rows[row].dump() << "\n"
          << expected[row].dump();
    }
    EXPECT_EQ(bytes, typed->bytes()) << schema.ontology_tag;

    dynamic->clear();
    EXPECT_EQ(dynamic->bytes(), 0U);
    ASSERT_THAT(dynamic->append(0, expected.back()), IsOk());
    EXPECT_EQ(json::to_cbor(rows_of(schema, finished(schema, dynamic))),
              json::to_cbor(json::array({expected.back()})))
        << schema.ontology_tag;
  });
}

Schema test_schema() {
  const auto field = [](const char* name, DataType type, bool nullable = true) {
    return Field{.name = name, .type = std::move(type), .nullable = nullable};
  };
  const auto of = [](TypeKind kind) { return DataType{.kind = kind}; };
  return Schema{
      .ontology_tag = "Test",
      .fields = {field("must", of(TypeKind::Float64), false), field("int8", of(TypeKind::Int8)),
                 field("uint64", of(TypeKind::UInt64)), field("bool", of(TypeKind::Bool)),
                 field("text", of(TypeKind::String)), field("blob", of(TypeKind::Binary)),
                 field("half", of(TypeKind::Float16)),
                 field("list", DataType::list_of(of(TypeKind::Int32))),
                 field("pair", DataType::fixed_list_of(of(TypeKind::Float32), 2)),
                 field("point", DataType::struct_of({field("x", of(TypeKind::Float64), false),
                                                     field("y", of(TypeKind::Float64))}))}};
}

TEST(DynamicRecordBuffer, TakesWhatFitsAndNullForWhatIsMissing) {
  auto buffer = std::make_shared<DynamicRecordBuffer>(test_schema());
  ASSERT_THAT(buffer->append(1, {{"must", 1}}), IsOk());
  ASSERT_THAT(buffer->append(2, {{"must", 2.5},
                                 {"int8", -128},
                                 {"uint64", UINT64_MAX},
                                 {"bool", true},
                                 {"text", "π"},
                                 {"blob", json::binary({0, 255})},
                                 {"half", 0.5},
                                 {"list", {1, nullptr, 3}},
                                 {"pair", {1, 2.5}},
                                 {"point", {{"x", 1}}}}),
              IsOk());
  ASSERT_THAT(buffer->append(3, {{"must", 3}, {"blob", "text"}, {"point", nullptr}}), IsOk());
  const auto rows = rows_of(test_schema(), finished(test_schema(), buffer));
  EXPECT_EQ(rows[0]["must"], 1.0);
  EXPECT_EQ(rows[0]["point"], json());
  EXPECT_EQ(rows[1], json({{"must", 2.5},
                           {"int8", -128},
                           {"uint64", UINT64_MAX},
                           {"bool", true},
                           {"text", "π"},
                           {"blob", json::binary({0, 255})},
                           {"half", 0.5},
                           {"list", {1, nullptr, 3}},
                           {"pair", {1.0, 2.5}},
                           {"point", {{"x", 1.0}, {"y", nullptr}}}}));
  EXPECT_EQ(rows[2]["blob"], json::binary({'t', 'e', 'x', 't'}));
}

TEST(DynamicRecordBuffer, SaysWhereARowDoesNotFitAndTakesNothingOfIt) {
  struct Case {
    json row;
    const char* path;
    const char* expected;
  };
  auto buffer = std::make_shared<DynamicRecordBuffer>(test_schema());
  ASSERT_THAT(buffer->append(1, {{"must", 1}, {"list", {1, 2}}}), IsOk());
  const size_t bytes = buffer->bytes();
  for (const Case& bad :
       std::vector<Case>{{json::object(), "must", "double"},
                         {{{"must", nullptr}}, "must", "double"},
                         {{{"must", "1"}}, "must", "double"},
                         {{{"must", 1}, {"int8", 128}}, "int8", "int8"},
                         {{{"must", 1}, {"int8", -129}}, "int8", "int8"},
                         {{{"must", 1}, {"int8", 1.0}}, "int8", "int8"},
                         {{{"must", 1}, {"int8", true}}, "int8", "int8"},
                         {{{"must", 1}, {"uint64", -1}}, "uint64", "uint64"},
                         {{{"must", 1}, {"bool", 1}}, "bool", "bool"},
                         {{{"must", 1}, {"text", 1}}, "text", "string"},
                         {{{"must", 1}, {"text", "\xff"}}, "text", "UTF-8"},
                         {{{"must", 1}, {"blob", json::array({1, 2})}}, "blob", "binary"},
                         {{{"must", 1}, {"list", 1}}, "list", "an array"},
                         {{{"must", 1}, {"list", {1, "x"}}}, "list[1]", "int32"},
                         {{{"must", 1}, {"pair", {1}}}, "pair", "an array of 2"},
                         {{{"must", 1}, {"point", 1}}, "point", "an object"},
                         {{{"must", 1}, {"list", {5}}, {"point", {{"y", 1}}}}, "point.x", "double"},
                         {{{"must", 1}, {"point", {{"x", 1}, {"z", 1}}}}, "point.z", "x, y"},
                         {{{"must", 1}, {"timestamp_ns", 1}}, "timestamp_ns", "no such column"},
                         {json::array({1}), "", "object"},
                         {json(), "", "object"}}) {
    const Status status = buffer->append(2, bad.row);
    ASSERT_THAT(status, FailsAs(ErrorKind::Invalid)) << bad.row.dump();
    EXPECT_THAT(status.message(), testing::EndsWith(bad.path)) << bad.row.dump();
    EXPECT_THAT(status.message(), HasSubstr(bad.expected)) << bad.row.dump();
    EXPECT_EQ(buffer->rows(), 1);
    EXPECT_EQ(buffer->bytes(), bytes);
  }
  ASSERT_THAT(buffer->append(2, {{"must", 2}, {"list", {3}}}), IsOk());
  const auto rows = rows_of(test_schema(), finished(test_schema(), buffer));
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0]["list"], json({1, 2}));
  EXPECT_EQ(rows[1]["list"], json({3}));
}

// A struct that may not be null but has nothing in it is a struct of nulls, as reading tells it.
TEST(DynamicRecordBuffer, NullForAStructThatMayNotBeNullIsAStructOfNulls) {
  const Schema schema{
      .ontology_tag = "Test",
      .fields = {{.name = "s",
                  .type = DataType::struct_of({{.name = "x", .type = {.kind = TypeKind::Int8}}}),
                  .nullable = false}}};
  auto buffer = std::make_shared<DynamicRecordBuffer>(schema);
  ASSERT_THAT(buffer->append(1, {{"s", nullptr}}), IsOk());
  ASSERT_THAT(buffer->append(2, {{"s", {{"x", 1}}}}), IsOk());
  const auto batch = finished(schema, buffer);
  EXPECT_EQ(batch->column(1)->null_count(), 0);
  EXPECT_EQ(rows_of(schema, batch), (std::vector<json>{{{"s", nullptr}}, {{"s", {{"x", 1}}}}}));
}

// More elements than rows, and all of them null.
TEST(DynamicRecordBuffer, LongListsOfNullsAreValid) {
  const auto item = DataType::struct_of({{.name = "x", .type = {.kind = TypeKind::Float64}}});
  const Schema schema{.ontology_tag = "Test",
                      .fields = {{.name = "list", .type = DataType::list_of(item)}}};
  auto buffer = std::make_shared<DynamicRecordBuffer>(schema);
  const json nulls(std::vector<json>(10'000));
  ASSERT_THAT(buffer->append(1, {{"list", nulls}}), IsOk());
  EXPECT_EQ(rows_of(schema, finished(schema, buffer))[0]["list"], nulls);
}

}  // namespace
}  // namespace mosaico::ontology
