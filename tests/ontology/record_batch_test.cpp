#include "ontology/record_batch.hpp"

#include <arrow/api.h>
#include <arrow/json/from_string.h>
#include <arrow/util/byte_size.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mosaico/ontology.hpp"
#include "ontology/arrow_schema.hpp"
#include "ontology/random_object.hpp"
#include "support/status_matchers.hpp"

namespace mosaico::ontology {
namespace {

using nlohmann::json;

template <typename T>
std::shared_ptr<arrow::RecordBatch> batch_of(const std::vector<T>& objects) {
  auto buffer = std::make_shared<detail::TypedRecordBuffer<T>>();
  for (size_t i = 0; i < objects.size(); ++i) {
    buffer->append(static_cast<int64_t>(i), objects[i],
                   detail::TypedRecordBuffer<T>::bytes_of(objects[i]));
  }
  buffer->finish();
  const auto schema = to_arrow_schema(schema_of<T>()).ValueOrDie();
  return to_record_batch(schema, buffer).ValueOrDie();
}

// As bytes: a NaN is not equal to itself, and text would write it as null.
std::vector<std::uint8_t> bytes_of(const json& value) { return json::to_cbor(value); }

// An object alone, not among others.
template <typename T>
json json_of(const T& object) {
  auto buffer = std::make_shared<detail::TypedRecordBuffer<T>>();
  buffer->append(0, object, detail::TypedRecordBuffer<T>::bytes_of(object));
  return detail::to_json(*detail::batch_of(ontology_type<T>(), buffer), 0);
}

// Through columns and back, as a slice of a batch: the columns are valid Arrow, and each object
// comes back as it was.
template <typename T>
void check_type(size_t list_max) {
  SCOPED_TRACE(schema_of<T>().ontology_tag);
  RandomObjects random(17, list_max);
  std::vector<T> objects(1);  // The first is as its type starts.
  for (int i = 0; i < 9; ++i) objects.push_back(random.make<T>());
  const auto batch = batch_of(objects);
  ASSERT_THAT(batch->ValidateFull(), IsOk());
  for (const size_t first : {0U, 1U, 7U}) {
    const auto part = batch->Slice(static_cast<int64_t>(first));
    ASSERT_OK_AND_ASSIGN(const auto rows, to_stream_batch(part, ontology_type<T>()));
    ASSERT_EQ(rows->rows, static_cast<int64_t>(objects.size() - first));
    for (size_t i = first; i < objects.size(); ++i) {
      const MessageView view(rows, static_cast<int64_t>(i - first));
      const json expected = json_of(objects[i]);
      ASSERT_EQ(view.timestamp_ns(), static_cast<int64_t>(i));
      ASSERT_EQ(bytes_of(view.to_json()), bytes_of(expected)) << view.to_json();
      const auto data = view.get_data<T>();
      ASSERT_TRUE(data.has_value());
      ASSERT_EQ(bytes_of(json_of(*data)), bytes_of(expected)) << json_of(*data);
    }
  }
}

template <typename... Types>
void check_types(detail::TypeList<Types...>, size_t list_max) {
  (check_type<Types>(list_max), ...);
}

// Between them they have every kind of member. All types at once take minutes to compile.
using Types = detail::TypeList<Boolean, Floating16, String, Image, IMU, Inertia, FrameTransform,
                               RobotPath, RobotJoint, PointCloud2, BatteryState, CameraInfo>;

TEST(RecordBatch, ObjectsComeBackFromTheirColumns) { check_types(Types(), 5); }

TEST(RecordBatch, EmptyListsComeBack) { check_types(Types(), 0); }

TEST(RecordBatch, LongListsComeBack) { check_types(Types(), 300); }

// More elements than rows, with columns that are null throughout.
TEST(RecordBatch, LongListsOfNullsAreValid) {
  const std::vector<RobotPath> paths(1, RobotPath{.poses = std::vector<Pose>(10'000)});
  const auto batch = batch_of(paths);
  ASSERT_THAT(batch->ValidateFull(), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto rows, to_stream_batch(batch, ontology_type<RobotPath>()));
  const auto path = MessageView(rows, 0).get_data<RobotPath>();
  ASSERT_EQ(path->poses.size(), 10'000U);
  EXPECT_FALSE(path->poses.back().header.has_value());
}

TEST(BytesOf, CountsMemoryThatColumnsShareOnce) {
  const std::vector<double> values(100);
  const auto buffer = arrow::Buffer::Wrap(values);
  const auto column = [&](int64_t rows) {
    return arrow::MakeArray(arrow::ArrayData::Make(arrow::float64(), rows, {nullptr, buffer}, 0));
  };
  const auto schema =
      arrow::schema({arrow::field("a", arrow::float64()), arrow::field("b", arrow::float64()),
                     arrow::field("c", arrow::float64())});
  const auto batch = arrow::RecordBatch::Make(
      schema, 50, {column(50), column(100)->Slice(50), column(100)->Slice(10, 50)});
  EXPECT_EQ(ontology::bytes_of(*batch).ValueOrDie(), 800);
  EXPECT_EQ(ontology::bytes_of(*batch->Slice(0, 10)).ValueOrDie(), 8 * (20 + 10));
}

TEST(StreamBatch, WithoutTimesIsCorrupt) {
  const auto batch = batch_of(std::vector<Integer8>(2));
  EXPECT_THAT(to_stream_batch(batch->RemoveColumn(0).ValueOrDie(), ontology_type<Integer8>()),
              FailsAs(ErrorKind::Corrupt));
}

// A column of `type` with these values, each of them ten times over.
std::shared_ptr<arrow::RecordBatch> column_of(const std::shared_ptr<arrow::DataType>& type,
                                              const char* values) {
  const auto once = arrow::json::ArrayFromJSONString(type, values).ValueOrDie();
  const auto column = arrow::Concatenate(arrow::ArrayVector(10, once)).ValueOrDie();
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("column", type)}), column->length(),
                                  {column});
}

void expect_as_arrow(const arrow::RecordBatch& batch) {
  const int64_t rows = batch.num_rows();
  for (int64_t begin = 0; begin < rows; ++begin) {
    for (const int64_t length : {int64_t{0}, int64_t{1}, (rows - begin) / 2, rows - begin}) {
      const auto slice = batch.Slice(begin, length);
      ASSERT_OK_AND_ASSIGN(const int64_t expected, arrow::util::ReferencedBufferSize(*slice));
      ASSERT_OK_AND_ASSIGN(const int64_t bytes, bytes_of_columns(*slice));
      const auto where = [&] {
        return batch.schema()->ToString() + ": " + std::to_string(length) + " rows from " +
               std::to_string(begin);
      };
      // For no rows Arrow counts the byte in which they begin, of elements of lists as well.
      if (length == 0) {
        ASSERT_LE(bytes, expected) << where();
      } else {
        ASSERT_EQ(bytes, expected) << where();
      }
    }
  }
}

TEST(BytesOfColumns, AreThoseThatArrowFindsOfEveryTypeAndSlice) {
  const auto pair =
      arrow::struct_({arrow::field("x", arrow::float64()), arrow::field("text", arrow::utf8())});
  expect_as_arrow(*column_of(arrow::null(), "[null, null, null]"));
  expect_as_arrow(*column_of(arrow::boolean(), "[true, null, false, true, true]"));
  expect_as_arrow(*column_of(arrow::int8(), "[1, null, 3]"));
  expect_as_arrow(*column_of(arrow::int64(), "[1, 2, 3]"));
  expect_as_arrow(*column_of(arrow::decimal128(20, 2), R"(["1.25", null, "-3.00"])"));
  expect_as_arrow(*column_of(arrow::fixed_size_binary(3), R"(["abc", null, "def"])"));
  expect_as_arrow(*column_of(arrow::utf8(), R"(["", "one", null, "three"])"));
  expect_as_arrow(*column_of(arrow::large_binary(), R"(["", "one", null, "three"])"));
  expect_as_arrow(*column_of(arrow::list(pair), R"([[], [[1, "a"], null], null, [[2, null]]])"));
  expect_as_arrow(*column_of(arrow::large_list(arrow::boolean()), "[[true], null, [], [false]]"));
  expect_as_arrow(*column_of(arrow::map(arrow::utf8(), arrow::int16()), R"([[["a", 1]], null])"));
  expect_as_arrow(*column_of(arrow::fixed_size_list(arrow::int16(), 3), "[[1, 2, 3], null]"));
  expect_as_arrow(
      *column_of(arrow::struct_({arrow::field("pair", pair), arrow::field("n", arrow::int32())}),
                 R"([[[1, "a"], 1], null, [null, 2], [[2, "bcd"], null]])"));
}

TEST(BytesOfColumns, AreCountedForEachColumn) {
  const auto column = arrow::json::ArrayFromJSONString(arrow::int64(), "[1, 2, 3, 4]").ValueOrDie();
  const auto batch = arrow::RecordBatch::Make(
      arrow::schema({arrow::field("a", arrow::int64()), arrow::field("b", arrow::int64())}), 4,
      {column, column});
  EXPECT_EQ(bytes_of_columns(*batch).ValueOrDie(), 2 * 4 * 8);
}

TEST(BytesOfColumns, OfOtherTypesAreAskedOfArrow) {
  const auto batch =
      column_of(arrow::dictionary(arrow::int8(), arrow::utf8()), R"(["a", "b", "a"])");
  ASSERT_OK_AND_ASSIGN(const int64_t expected, arrow::util::ReferencedBufferSize(*batch));
  EXPECT_EQ(bytes_of_columns(*batch).ValueOrDie(), expected);
  EXPECT_GT(expected, 0);
}

}  // namespace
}  // namespace mosaico::ontology
