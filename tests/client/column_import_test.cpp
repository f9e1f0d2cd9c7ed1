#include "client/column_import.hpp"

#include <arrow/api.h>
#include <arrow/c/bridge.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/status_matchers.hpp"

namespace mosaico::client {
namespace {

using testing::HasSubstr;

std::shared_ptr<arrow::KeyValueMetadata> note(const std::string& text) {
  return arrow::key_value_metadata({"note"}, {text});
}

std::shared_ptr<arrow::Schema> schema_of(const std::shared_ptr<arrow::DataType>& type,
                                         const std::string& name = "value", bool nullable = true,
                                         const std::string& text = "metres") {
  const auto inner = arrow::struct_({arrow::field(name, type, nullable, note(text))});
  return arrow::schema(
      {arrow::field("timestamp_ns", arrow::int64(), false), arrow::field("sample", inner, true)});
}

// Three rows of a schema as above.
std::shared_ptr<arrow::RecordBatch> batch_of(const std::shared_ptr<arrow::Schema>& schema) {
  arrow::Int64Builder times;
  EXPECT_THAT(times.AppendValues({10, 20, 30}), IsOk());
  const auto& inner = schema->field(1)->type();
  const auto value = arrow::MakeArrayOfNull(inner->field(0)->type(), 3).ValueOrDie();
  const auto sample = std::make_shared<arrow::StructArray>(
      inner, 3, std::vector<std::shared_ptr<arrow::Array>>{value});
  return arrow::RecordBatch::Make(schema, 3, {times.Finish().ValueOrDie(), sample});
}

Columns exported(const arrow::RecordBatch& batch) {
  ArrowArray array{};
  ArrowSchema schema{};
  EXPECT_THAT(arrow::ExportRecordBatch(batch, &array, &schema), IsOk());
  return {array, schema};
}

class ColumnImportTest : public testing::Test {
 protected:
  core::Result<std::shared_ptr<arrow::RecordBatch>> import(const arrow::RecordBatch& batch) {
    Columns columns = exported(batch);
    return import_.import(columns);
  }

  std::shared_ptr<arrow::Schema> schema_ = schema_of(arrow::list(arrow::float64()));
  ColumnImport import_{"/samples", schema_};
};

TEST_F(ColumnImportTest, ColumnsOfTheTopicsSchemaGetThatSchema) {
  const auto batch = batch_of(schema_of(arrow::list(arrow::float64())));
  ASSERT_OK_AND_ASSIGN(const auto imported, import(*batch));
  EXPECT_EQ(imported->schema().get(), schema_.get());
  EXPECT_TRUE(imported->Equals(*batch));
}

TEST_F(ColumnImportTest, WhatIsSaidOfAFieldMakesNoDifference) {
  for (const char* text : {"", "feet", "metres above"}) {
    const auto batch = batch_of(schema_of(arrow::list(arrow::float64()), "value", true, text));
    ASSERT_OK_AND_ASSIGN(const auto imported, import(*batch));
    EXPECT_TRUE(imported->Equals(*batch));
  }
}

TEST_F(ColumnImportTest, AnotherSchemaIsRefused) {
  const auto list = arrow::list(arrow::float64());
  const auto field = arrow::field("more", arrow::int32());
  const std::vector<std::shared_ptr<arrow::Schema>> others = {
      schema_of(arrow::list(arrow::float32())),
      schema_of(arrow::large_list(arrow::float64())),
      schema_of(list, "values"),
      schema_of(arrow::list(arrow::field("item", arrow::float64(), false))),
      arrow::schema({schema_->field(0)}),
      *schema_->AddField(2, field),
  };
  for (const auto& other : others) {
    SCOPED_TRACE(other->ToString());
    const auto batch = other->num_fields() == 2 ? batch_of(other) : nullptr;
    const auto refused = import(batch != nullptr ? *batch : **arrow::RecordBatch::MakeEmpty(other));
    EXPECT_THAT(refused, FailsAs(ErrorKind::Invalid));
    EXPECT_THAT(refused.status().message(), HasSubstr("topic /samples has the columns"));
  }
}

TEST_F(ColumnImportTest, NoColumnsAreInvalid) {
  Columns none;
  EXPECT_THAT(import_.import(none), FailsAs(ErrorKind::Invalid));
}

TEST_F(ColumnImportTest, MalformedArraysAreInvalid) {
  const auto batch = batch_of(schema_);
  const auto sample = batch->column_data(1)->Copy();
  const auto list = sample->child_data[0]->Copy();
  list->buffers[1] = arrow::Buffer::FromVector(std::vector<int32_t>{0, 1'000, 0, 0});
  sample->child_data = {list};
  const auto malformed =
      arrow::RecordBatch::Make(schema_, 3, std::vector{batch->column_data(0), sample});
  EXPECT_THAT(import(*malformed), FailsAs(ErrorKind::Invalid));
}

TEST_F(ColumnImportTest, ATimeThatIsNullIsInvalid) {
  const auto batch = batch_of(schema_);
  const auto times = arrow::MakeArrayOfNull(arrow::int64(), 3).ValueOrDie();
  const auto untimed = arrow::RecordBatch::Make(schema_, 3, {times, batch->column(1)});
  EXPECT_THAT(import(*untimed), FailsAs(ErrorKind::Invalid));
}

TEST_F(ColumnImportTest, TheColumnsAreGivenBackInTheEnd) {
  const auto batch = batch_of(schema_);
  const auto times = batch->column_data(0);
  const auto owners = times.use_count();
  {
    ASSERT_OK_AND_ASSIGN(const auto imported, import(*batch));
    EXPECT_GT(times.use_count(), owners);
  }
  EXPECT_EQ(times.use_count(), owners);
}

}  // namespace
}  // namespace mosaico::client
