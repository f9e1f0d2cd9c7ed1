#include "ontology/arrow_schema.hpp"

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <gtest/gtest.h>

#include "mosaico/ontology.hpp"
#include "support/status_matchers.hpp"

namespace mosaico::ontology {
namespace {

std::string fingerprint_of_columns(const std::shared_ptr<arrow::Schema>& schema) {
  return from_arrow_schema(*schema, "IMU").fingerprint();
}

template <typename T>
std::shared_ptr<arrow::Schema> arrow_schema_of() {
  return to_arrow_schema(schema_of<T>()).ValueOrDie();
}

TEST(ArrowSchema, GoesThereAndBackForEveryBuiltinType) {
  for (const OntologyType& type : builtin_ontology_types()) {
    const Schema& schema = type.schema();
    ASSERT_OK_AND_ASSIGN(auto there, to_arrow_schema(schema));
    EXPECT_EQ(there->field(0)->ToString(), "timestamp_ns: int64 not null");
    const Schema back = from_arrow_schema(*there, type.tag(), schema.serialization_format);
    EXPECT_EQ(back.fields, schema.fields) << type.tag();
    EXPECT_EQ(back.ontology_tag, type.tag());
    EXPECT_EQ(back.serialization_format, schema.serialization_format);
    for (std::size_t i = 0; i < back.fields.size(); ++i) {
      EXPECT_EQ(back.fields[i].description, schema.fields[i].description) << type.tag();
    }
  }
}

TEST(ArrowSchema, HasArrowsTextForEveryBuiltinType) {
  for (const OntologyType& type : builtin_ontology_types()) {
    const DataType columns = DataType::struct_of(type.schema().fields);
    ASSERT_OK_AND_ASSIGN(auto there, to_arrow(columns));
    EXPECT_EQ(columns.to_string(), there->ToString());
    EXPECT_EQ(from_arrow(*there), columns);
  }
}

TEST(ArrowSchema, IsThePublishedSchemaOfATopic) {
  EXPECT_EQ(arrow_schema_of<Temperature>()->ToString(/*show_metadata=*/false),
            "timestamp_ns: int64 not null\n"
            "variance: double\n"
            "variance_type: int16\n"
            "header: struct<timestamp: struct<seconds: int32 not null, nanoseconds: uint32 not "
            "null>, frame_id: string, sample_counter: uint64>\n"
            "value: double not null");
}

TEST(ArrowSchema, CarriesDescriptionsAtEveryDepth) {
  const auto schema = arrow_schema_of<GPS>();
  const auto position = schema->GetFieldByName("position");
  EXPECT_TRUE(position->metadata()->Contains("description"));
  EXPECT_TRUE(position->type()->field(3)->metadata()->Contains("description"));
  EXPECT_FALSE(schema->field(0)->HasMetadata());
}

TEST(ArrowSchema, RefusesWhatNoTopicCanHave) {
  const Field number{.name = "a", .type = {.kind = TypeKind::Float64}};
  EXPECT_THAT(to_arrow_schema({.ontology_tag = "T", .fields = {number, number}}),
              FailsAs(ErrorKind::Invalid));
  const Field time{.name = "timestamp_ns", .type = {.kind = TypeKind::Int64}};
  EXPECT_THAT(to_arrow_schema({.ontology_tag = "T", .fields = {time}}),
              FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(to_arrow(DataType{.kind = TypeKind::Other, .other = "date32[day]"}),
              FailsAs(ErrorKind::Unsupported));
  EXPECT_THAT(to_arrow(DataType{.kind = TypeKind::List}), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(to_arrow(DataType::fixed_list_of({.kind = TypeKind::Bool}, -1)),
              FailsAs(ErrorKind::Invalid));
}

TEST(ArrowSchema, KeepsTypesItDoesNotKnowByTheirText) {
  const auto strange = arrow::struct_(
      {arrow::field("t", arrow::timestamp(arrow::TimeUnit::NANO)),
       arrow::field("m", arrow::map(arrow::utf8(), arrow::float64())),
       arrow::field("l", arrow::list(arrow::field("element", arrow::int8(), false))),
       arrow::field("v", arrow::utf8_view()),
       arrow::field("d", arrow::dictionary(arrow::int32(), arrow::utf8())),
       arrow::field("b", arrow::fixed_size_binary(4)), arrow::field("n", arrow::null())});
  const DataType type = from_arrow(*strange);
  EXPECT_EQ(type.to_string(), strange->ToString());
  EXPECT_EQ(type.children[0].type.kind, TypeKind::Other);
  EXPECT_EQ(type.children[3].type.kind, TypeKind::Other);
}

TEST(SchemaFingerprint, ChangesWithEveryDifferenceInTheColumns) {
  const auto imu = arrow_schema_of<IMU>();
  ASSERT_EQ(fingerprint_of_columns(imu), "2d6a4121b0");
  const auto acceleration = imu->GetFieldByName("acceleration");
  const auto with_acceleration = [&](const std::shared_ptr<arrow::Field>& field) {
    return fingerprint_of_columns(imu->SetField(2, field).ValueOrDie());
  };
  const auto with_member = [&](int at, const std::shared_ptr<arrow::Field>& member) {
    auto members = acceleration->type()->fields();
    members[static_cast<std::size_t>(at)] = member;
    return with_acceleration(acceleration->WithType(arrow::struct_(members)));
  };
  ASSERT_EQ(acceleration->type()->field(1)->name(), "covariance");
  ASSERT_EQ(acceleration->type()->field(3)->name(), "x");

  EXPECT_NE(with_member(1, arrow::field("covariance",
                                        arrow::list(arrow::field("element", arrow::float64())))),
            "2d6a4121b0");
  EXPECT_NE(with_acceleration(acceleration->WithNullable(true)), "2d6a4121b0");
  EXPECT_NE(with_member(3, arrow::field("x", arrow::float32())), "2d6a4121b0");
  EXPECT_NE(fingerprint_of_columns(imu->RemoveField(4).ValueOrDie()), "2d6a4121b0");
  EXPECT_NE(fingerprint_of_columns(imu->AddField(5, arrow::field("n", arrow::int8())).ValueOrDie()),
            "2d6a4121b0");
  auto fields = imu->fields();
  std::swap(fields[2], fields[3]);
  EXPECT_NE(fingerprint_of_columns(arrow::schema(fields)), "2d6a4121b0");
}

TEST(SchemaFingerprint, DoesNotChangeWithMetadataOrTheTimestamp) {
  const auto imu = arrow_schema_of<IMU>();
  EXPECT_EQ(fingerprint_of_columns(imu->RemoveField(0).ValueOrDie()), "2d6a4121b0");
  EXPECT_EQ(fingerprint_of_columns(imu->WithMetadata(arrow::key_value_metadata({"k"}, {"v"}))),
            "2d6a4121b0");
  const auto renamed = imu->field(2)->WithMetadata(arrow::key_value_metadata({"k"}, {"v"}));
  EXPECT_EQ(fingerprint_of_columns(imu->SetField(2, renamed).ValueOrDie()), "2d6a4121b0");
}

TEST(SchemaFingerprint, TakesLargeAndViewTypesAtTopLevelForPlainOnes) {
  const auto image = arrow_schema_of<Image>();
  for (const auto& text : {arrow::large_utf8(), arrow::utf8_view()}) {
    const auto field = image->GetFieldByName("encoding")->WithType(text);
    const auto schema = image->SetField(image->GetFieldIndex("encoding"), field).ValueOrDie();
    EXPECT_EQ(fingerprint_of_columns(schema), "b895ed9fb0");
  }
  for (const auto& bytes : {arrow::large_binary(), arrow::binary_view()}) {
    const auto field = image->GetFieldByName("data")->WithType(bytes);
    const auto schema = image->SetField(image->GetFieldIndex("data"), field).ValueOrDie();
    EXPECT_EQ(fingerprint_of_columns(schema), "b895ed9fb0");
  }
  const auto header = image->GetFieldByName("header");
  auto members = header->type()->fields();
  members[1] = members[1]->WithType(arrow::utf8_view());
  const auto nested = image->SetField(1, header->WithType(arrow::struct_(members))).ValueOrDie();
  EXPECT_NE(fingerprint_of_columns(nested), "b895ed9fb0");
}

}  // namespace
}  // namespace mosaico::ontology
