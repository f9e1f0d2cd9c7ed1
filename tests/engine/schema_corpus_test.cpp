#include <arrow/extension/uuid.h>
#include <arrow/extension_type.h>
#include <arrow/json/from_string.h>
#include <arrow/util/key_value_metadata.h>

#include <filesystem>

#include "engine/ingest/batch_check.hpp"
#include "engine/stored_schema.hpp"
#include "recording.hpp"
#include "support/temporary_directory.hpp"

// Every type that travels is either refused at once, with a word on what to use instead, or comes
// back exactly, from the live end, from a chunk written in order and from one that was sorted.
namespace mosaico::engine {
namespace {

struct Case {
  const char* name;
  std::shared_ptr<arrow::Field> field;
  const char* values;  // JSON, two rows or three.
};

void PrintTo(const Case& example, std::ostream* stream) { *stream << example.name; }

std::shared_ptr<arrow::Field> column(std::shared_ptr<arrow::DataType> type, bool nullable = true) {
  return arrow::field("c", std::move(type), nullable);
}

std::shared_ptr<arrow::DataType> header_type() {
  return arrow::struct_(
      {arrow::field("timestamp",
                    arrow::struct_({arrow::field("seconds", arrow::int32(), false),
                                    arrow::field("nanoseconds", arrow::uint32(), false)})),
       arrow::field("frame_id", arrow::utf8())});
}

std::shared_ptr<arrow::DataType> deep_type(int depth) {
  auto type = arrow::int8();
  for (int i = 1; i < depth; ++i) type = arrow::list(type);
  return type;
}

std::vector<Case> storable() {
  using namespace arrow;  // NOLINT: types by the dozen.
  const auto described = key_value_metadata({"description"}, {"degrees"});
  return {
      {"boolean", column(boolean()), "[true, null]"},
      {"int8", column(int8()), "[-128, null]"},
      {"int16", column(int16()), "[-32768, 7]"},
      {"int64", column(int64(), false), "[-9223372036854775808, 9223372036854775807]"},
      {"uint8", column(uint8()), "[255, null]"},
      {"uint32", column(uint32()), "[4294967295, null]"},
      {"uint64", column(uint64()), "[18446744073709551615, null]"},
      {"float16", column(float16()), "[1.5, null]"},
      {"float32", column(float32()), "[1.5, null]"},
      {"float64", column(float64()), "[1.5, null]"},
      {"utf8", column(utf8()), R"(["è", null])"},
      {"large_utf8", column(large_utf8()), R"(["a", null])"},
      {"utf8_view", column(utf8_view()), R"(["a long text beyond the inline size", null])"},
      {"view_in_struct",
       column(struct_({field("a", utf8_view()), field("b", list(binary_view()))})),
       R"([{"a": "a long text beyond the inline size", "b": ["a", null]}, null])"},
      {"view_in_map", column(map(utf8(), utf8_view())), R"([[["a", "b"]], null])"},
      {"binary", column(binary()), R"(["a", ""])"},
      {"large_binary", column(large_binary()), R"(["a", null])"},
      {"binary_view", column(binary_view()), R"(["a", null])"},
      {"fixed_size_binary", column(fixed_size_binary(3)), R"(["abc", null])"},
      {"date32", column(date32()), "[7, null]"},
      {"date64", column(date64()), "[86400000, null]"},
      {"time32_s", column(time32(TimeUnit::SECOND)), "[7, null]"},
      {"time32_ms", column(time32(TimeUnit::MILLI)), "[7, null]"},
      {"time64_us", column(time64(TimeUnit::MICRO)), "[7, null]"},
      {"time64_ns", column(time64(TimeUnit::NANO)), "[7, null]"},
      {"timestamp_s", column(timestamp(TimeUnit::SECOND)), "[7, null]"},
      {"timestamp_s_zone", column(timestamp(TimeUnit::SECOND, "Europe/Rome")), "[7, null]"},
      {"timestamp_ms", column(timestamp(TimeUnit::MILLI, "UTC")), "[7, null]"},
      {"timestamp_us", column(timestamp(TimeUnit::MICRO)), "[7, null]"},
      {"timestamp_ns", column(timestamp(TimeUnit::NANO, "+05:30")), "[7, null]"},
      {"duration_s", column(duration(TimeUnit::SECOND)), "[7, null]"},
      {"duration_ns", column(duration(TimeUnit::NANO)), "[7, null]"},
      {"decimal32", column(decimal32(5, 2)), R"(["1.25", null])"},
      {"decimal64", column(decimal64(12, 2)), R"(["1.25", null])"},
      {"decimal128", column(decimal128(30, 2)), R"(["-1.25", null])"},
      {"decimal256", column(decimal256(60, 2)), R"(["1.25", null])"},
      {"null", column(null()), "[null, null]"},
      {"list", column(list(int8())), "[[1, null], null, []]"},
      {"list_of_named_child", column(list(field("zz", int8(), false, described))), "[[1], []]"},
      {"large_list", column(large_list(float64())), "[[1.5], null]"},
      {"fixed_size_list", column(fixed_size_list(float64(), 2)), "[[1, 2], null]"},
      {"fixed_size_list_required", column(fixed_size_list(field("x", int8(), false), 2), false),
       "[[1, 2], [3, 4]]"},
      {"list_of_lists", column(list(list(utf8()))), R"([[["a"], null, []], []])"},
      {"map", column(map(utf8(), int32())), R"([[["a", 1]], null])"},
      {"header", column(header_type()),
       R"([{"timestamp": {"seconds": 1, "nanoseconds": 2}, "frame_id": "a"}, null])"},
      {"header_without_time", column(header_type()),
       R"([{"timestamp": null, "frame_id": "a"}, null])"},
      {"list_of_structs", column(list(struct_({field("a", header_type()), field("b", int8())}))),
       R"([[{"a": null, "b": 1}, null], null])"},
      {"struct_of_lists",
       column(struct_({field("a", list(float32()), false), field("b", map(utf8(), utf8()))})),
       R"([{"a": [1], "b": [["k", "v"]]}, null])"},
      {"dots_in_names", arrow::field("a.b", struct_({field("c.d", float64()), field("", int8())})),
       R"([{"c.d": 1.5, "": 1}, null])"},
      {"foreign_letters", arrow::field("È \n?%", int8()), "[1, 2]"},
      {"metadata", column(int8())->WithMetadata(described), "[1, 2]"},
      {"thirty_deep", column(deep_type(30)), "[null, null]"},
  };
}

std::shared_ptr<arrow::Array> values_of(const arrow::Field& field, const char* json) {
  return arrow::json::ArrayFromJSONString(field.type(), json).ValueOrDie();
}

// The rows of a case at times that ascend or descend from `first` on.
std::shared_ptr<arrow::RecordBatch> batch_of_case(const Case& example, int64_t first,
                                                  int64_t step) {
  const auto values = values_of(*example.field, example.values);
  arrow::Int64Builder times;
  for (int64_t i = 0; i < values->length(); ++i) {
    EXPECT_THAT(times.Append(first + i * step), IsOk());
  }
  return arrow::RecordBatch::Make(
      arrow::schema({example.field, arrow::field("timestamp_ns", arrow::int64(), false)}),
      values->length(), {values, times.Finish().ValueOrDie()});
}

class StorableType : public testing::TestWithParam<Case> {
 protected:
  StorableType() : recording_(directory_.path()) { recording_.create_sequence(); }

  std::unique_ptr<Upload> upload(const std::shared_ptr<arrow::Schema>& schema) {
    auto upload = recording_.try_upload("topic", recording_.create_topic("topic"), false, schema);
    EXPECT_THAT(upload, IsOk());
    return upload.ok() ? std::move(upload).ValueUnsafe() : nullptr;
  }

  // All rows of the topic as one batch, of exactly the case's schema.
  std::shared_ptr<arrow::RecordBatch> read() {
    const auto batches = recording_.read_batches("topic");
    EXPECT_THAT(batches, IsOk());
    if (!batches.ok() || batches->empty()) return nullptr;
    for (const auto& batch : *batches) {
      EXPECT_THAT(batch->ValidateFull(), IsOk());
      EXPECT_TRUE(batch->schema()->field(0)->Equals(*GetParam().field, true))
          << batch->schema()->ToString(true);
      EXPECT_TRUE(batch->column(0)->type()->Equals(*GetParam().field->type()));
    }
    return arrow::ConcatenateRecordBatches(*batches).ValueOrDie();
  }

  // Both batches descend in time, and between two rows of `late` lies one of `early`.
  void expect_interleaved(const std::shared_ptr<arrow::RecordBatch>& early,
                          const std::shared_ptr<arrow::RecordBatch>& late) {
    const auto rows = read();
    ASSERT_NE(rows, nullptr);
    ASSERT_EQ(rows->num_rows(), 2 * late->num_rows());
    for (int64_t i = 0; i < rows->num_rows(); ++i) {
      const auto& source = i % 2 == 0 ? early : late;
      const int64_t row = late->num_rows() - 1 - i / 2;
      EXPECT_TRUE(rows->Slice(i, 1)->Equals(*source->Slice(row, 1))) << i << rows->ToString();
    }
  }

  const TemporaryDirectory directory_;
  Recording recording_;
};

TEST_P(StorableType, comes_back_from_the_journal_and_from_chunks) {
  const auto rows = batch_of_case(GetParam(), 0, 1);
  auto upload = this->upload(rows->schema());
  ASSERT_NE(upload, nullptr);
  DurableRows durable(*upload);
  ASSERT_THAT(upload->append(rows), IsOk());
  ASSERT_TRUE(durable.wait_for(rows->num_rows()));
  const auto live = read();
  ASSERT_NE(live, nullptr);
  EXPECT_TRUE(live->Equals(*rows)) << live->ToString();

  // A crash now: what the journal alone gives back.
  const TemporaryDirectory copy;
  std::filesystem::copy(directory_.path(), copy.path(), std::filesystem::copy_options::recursive);
  ASSERT_OK_AND_ASSIGN(const auto engine, open_directory(copy.path(), {}));
  ASSERT_OK_AND_ASSIGN(const auto schema, engine->topic_schema(Recording::topic("topic")));
  EXPECT_TRUE(schema->field(0)->Equals(*GetParam().field, true)) << schema->ToString(true);
  ASSERT_THAT(engine->close(), IsOk());

  ASSERT_THAT(upload->finish(), IsOk());
  const auto stored = read();
  ASSERT_NE(stored, nullptr);
  EXPECT_TRUE(stored->Equals(*rows)) << stored->ToString();
}

TEST_P(StorableType, comes_back_sorted) {
  const auto rows = batch_of_case(GetParam(), 100, -1);
  auto upload = this->upload(rows->schema());
  ASSERT_NE(upload, nullptr);
  ASSERT_THAT(upload->append(rows), IsOk());
  ASSERT_THAT(upload->append(rows->Slice(1)), IsOk());
  ASSERT_THAT(upload->finish(), IsOk());
  const auto stored = read();
  ASSERT_NE(stored, nullptr);
  const int64_t last = rows->num_rows() - 1;
  ASSERT_EQ(stored->num_rows(), rows->num_rows() + last);
  EXPECT_TRUE(stored->Slice(0, 1)->Equals(*rows->Slice(last, 1)));
  EXPECT_TRUE(stored->Slice(stored->num_rows() - 1)->Equals(*rows->Slice(0, 1)));
}

TEST_P(StorableType, comes_back_sorted_and_merged_from_the_live_end) {
  const auto late = batch_of_case(GetParam(), 100, -10);
  const auto early = batch_of_case(GetParam(), 95, -10);
  auto upload = this->upload(late->schema());
  ASSERT_NE(upload, nullptr);
  DurableRows durable(*upload);
  ASSERT_THAT(upload->append(late), IsOk());
  ASSERT_THAT(upload->append(early), IsOk());
  ASSERT_TRUE(durable.wait_for(2 * late->num_rows()));
  expect_interleaved(early, late);
  ASSERT_THAT(upload->finish(), IsOk());
  expect_interleaved(early, late);
}

TEST_P(StorableType, comes_back_merged_from_chunks_that_overlap) {
  const auto late = batch_of_case(GetParam(), 100, -10);
  const auto early = batch_of_case(GetParam(), 95, -10);
  EngineOptions options;
  options.chunk_rows = late->num_rows();
  ASSERT_THAT(recording_.engine().close(), IsOk());
  recording_.open(options);
  auto upload = this->upload(late->schema());
  ASSERT_NE(upload, nullptr);
  ASSERT_THAT(upload->append(late), IsOk());
  ASSERT_THAT(upload->append(early), IsOk());
  ASSERT_THAT(upload->finish(), IsOk());
  ASSERT_EQ(recording_.files(".parquet").size(), 2U);
  expect_interleaved(early, late);
}

INSTANTIATE_TEST_SUITE_P(SchemaCorpus, StorableType, testing::ValuesIn(storable()),
                         [](const auto& example) { return std::string(example.param.name); });

// --- What is refused ---

struct Refusal {
  const char* name;
  std::shared_ptr<arrow::DataType> type;
  ErrorKind kind;
  const char* text;  // A part of what the error says.
};

void PrintTo(const Refusal& example, std::ostream* stream) { *stream << example.name; }

std::vector<Refusal> refused() {
  using namespace arrow;  // NOLINT: types by the dozen.
  const auto unsupported = ErrorKind::Unsupported;
  return {
      {"dictionary", dictionary(int32(), utf8()), unsupported, "send its values as string"},
      {"nested_dictionary", list(dictionary(int8(), utf8())), unsupported, "c.item"},
      {"run_end_encoded", run_end_encoded(int32(), utf8()), unsupported, "run-end"},
      {"dense_union", dense_union({field("a", int8())}), unsupported, "struct"},
      {"sparse_union", sparse_union({field("a", int8())}), unsupported, "struct"},
      {"month_interval", month_interval(), unsupported, "duration"},
      {"day_time_interval", day_time_interval(), unsupported, "duration"},
      {"month_day_nano_interval", month_day_nano_interval(), unsupported, "duration"},
      {"empty_struct", struct_(FieldVector{}), unsupported, "give the struct a field"},
      {"nested_empty_struct", list(struct_(FieldVector{})), unsupported, "give the struct"},
      {"empty_binary", fixed_size_binary(0), unsupported, "binary"},
      {"empty_list", fixed_size_list(int8(), 0), unsupported, "list"},
      {"list_view", list_view(int8()), unsupported, "use list"},
      {"large_list_view", large_list_view(int8()), unsupported, "use large_list"},
      {"list_of_null", list(null()), unsupported, "values"},
      {"negative_scale", decimal128(10, -2), unsupported, "scale"},
      {"map_of_named_fields",
       std::make_shared<MapType>(field("kk", utf8(), false), field("vv", int32())), unsupported,
       "map<string, int32>"},
      {"names_twice", struct_({field("a", int8()), field("a", int8())}), ErrorKind::Invalid,
       "two columns are called \"c.a\""},
      {"name_not_utf8", struct_({field("\xff", int8())}), ErrorKind::Invalid, "UTF-8"},
      {"too_deep", deep_type(33), ErrorKind::LimitExceeded, "32"},
  };
}

class RefusedType : public testing::TestWithParam<Refusal> {};

TEST_P(RefusedType, is_refused_with_its_place_and_a_way_out) {
  const auto schema =
      arrow::schema({arrow::field("timestamp_ns", arrow::int64(), false), column(GetParam().type)});
  const Status status = validate_storable(*schema);
  EXPECT_THAT(status, FailsAs(GetParam().kind));
  EXPECT_THAT(status.message(), testing::HasSubstr(GetParam().text));
  EXPECT_THAT(status.message(), testing::HasSubstr("\"c"));
}

INSTANTIATE_TEST_SUITE_P(SchemaCorpus, RefusedType, testing::ValuesIn(refused()),
                         [](const auto& example) { return std::string(example.param.name); });

TEST(SchemaCorpus, needs_exactly_one_time_column_of_int64) {
  const auto time = arrow::field("timestamp_ns", arrow::int64());
  EXPECT_THAT(validate_storable(*arrow::schema({time})), IsOk());
  EXPECT_THAT(validate_storable(*arrow::schema({})), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(validate_storable(*arrow::schema({time, time})), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(validate_storable(*arrow::schema({arrow::field("timestamp_ns", arrow::uint64())})),
              FailsAs(ErrorKind::Invalid));
}

TEST(SchemaCorpus, keeps_five_thousand_columns) {
  arrow::FieldVector fields = {arrow::field("timestamp_ns", arrow::int64(), false)};
  std::vector<std::shared_ptr<arrow::Array>> columns = {values_of(*fields[0], "[2, 1]")};
  const auto values = values_of(*column(arrow::float64()), "[1.5, null]");
  for (int i = 0; i < 5000; ++i) {
    fields.push_back(arrow::field("Column" + std::to_string(i), arrow::float64()));
    columns.push_back(values);
  }
  const auto rows = arrow::RecordBatch::Make(arrow::schema(fields), 2, columns);
  const TemporaryDirectory directory;
  Recording recording(directory.path());
  recording.create_sequence();
  ASSERT_OK_AND_ASSIGN(auto upload, recording.try_upload("wide", recording.create_topic("wide"),
                                                         false, rows->schema()));
  ASSERT_THAT(upload->append(rows), IsOk());
  ASSERT_THAT(upload->finish(), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto batches, recording.read_batches("wide"));
  ASSERT_EQ(batches.size(), 1U);
  EXPECT_TRUE(batches[0]->schema()->Equals(*rows->schema(), true));
  EXPECT_TRUE(batches[0]->Slice(1)->Equals(*rows->Slice(0, 1)));
}

TEST(SchemaCorpus, keeps_extension_types) {
  const auto uuid = arrow::extension::uuid();
  const auto storage =
      values_of(*column(arrow::fixed_size_binary(16)), R"(["0123456789abcdef", null])");
  const auto rows = arrow::RecordBatch::Make(
      arrow::schema({arrow::field("timestamp_ns", arrow::int64(), false), column(uuid)}), 2,
      {values_of(*column(arrow::int64()), "[1, 2]"),
       arrow::ExtensionType::WrapArray(uuid, storage)});
  const TemporaryDirectory directory;
  Recording recording(directory.path());
  recording.create_sequence();
  ASSERT_OK_AND_ASSIGN(auto upload, recording.try_upload("ids", recording.create_topic("ids"),
                                                         false, rows->schema()));
  ASSERT_THAT(upload->append(rows), IsOk());
  ASSERT_THAT(upload->finish(), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto batches, recording.read_batches("ids"));
  ASSERT_EQ(batches.size(), 1U);
  EXPECT_TRUE(batches[0]->Equals(*rows, /*check_metadata=*/true)) << batches[0]->ToString();
}

// --- Nulls where none may be ---

std::shared_ptr<arrow::Schema> header_schema() {
  return arrow::schema(
      {arrow::field("timestamp_ns", arrow::int64(), false), arrow::field("header", header_type())});
}

TEST(CheckBatch, takes_nulls_of_required_fields_below_a_null_struct) {
  // As Arrow makes it: the null header has null seconds, which Parquet would refuse.
  const auto headers = arrow::MakeArrayOfNull(header_type(), 2).ValueOrDie();
  const auto rows = arrow::RecordBatch::Make(
      header_schema(), 2, {values_of(*column(arrow::int64()), "[1, 2]"), headers});
  ASSERT_OK_AND_ASSIGN(const auto checked, check_batch(*rows, header_schema(), 1 << 20));
  const auto& header = static_cast<const arrow::StructArray&>(*checked.batch->column(1));
  EXPECT_EQ(header.null_count(), 2);
  const auto& time = static_cast<const arrow::StructArray&>(*header.field(0));
  EXPECT_EQ(time.field(0)->null_count(), 0);
  EXPECT_TRUE(checked.batch->Equals(*rows));
}

TEST(CheckBatch, refuses_a_null_of_a_required_field_in_a_struct_that_is_there) {
  const auto headers = values_of(*arrow::field("header", header_type()),
                                 R"([{"timestamp": {"seconds": null, "nanoseconds": 2}}, null])");
  const auto rows = arrow::RecordBatch::Make(
      header_schema(), 2, {values_of(*column(arrow::int64()), "[1, 2]"), headers});
  const auto checked = check_batch(*rows, header_schema(), 1 << 20);
  EXPECT_THAT(checked, FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(checked.status().message(), testing::HasSubstr("header.timestamp.seconds"));
}

TEST(CheckBatch, looks_into_lists_and_slices) {
  const auto item = arrow::struct_({arrow::field("x", arrow::int32(), false)});
  const auto type = arrow::list(arrow::field("item", item));
  const auto schema = arrow::schema(
      {arrow::field("timestamp_ns", arrow::int64(), false), arrow::field("list", type)});
  const auto lists = values_of(*arrow::field("list", type),
                               R"([[{"x": null}], [{"x": 1}, null], null, [{"x": 2}]])");
  const auto rows = arrow::RecordBatch::Make(
      schema, 4, {values_of(*column(arrow::int64()), "[1, 2, 3, 4]"), lists});
  EXPECT_THAT(check_batch(*rows, schema, 1 << 20), FailsAs(ErrorKind::Invalid));
  ASSERT_OK_AND_ASSIGN(const auto checked, check_batch(*rows->Slice(1), schema, 1 << 20));
  EXPECT_THAT(checked.batch->ValidateFull(), IsOk());
  EXPECT_TRUE(checked.batch->Equals(*rows->Slice(1)));
}

TEST(CheckBatch, counts_what_views_show_and_refuses_too_much_of_it) {
  const auto schema = arrow::schema({arrow::field("timestamp_ns", arrow::int64(), false),
                                     arrow::field("text", arrow::utf8_view())});
  const std::string text(10'000, 'x');
  arrow::StringViewBuilder builder;
  ASSERT_THAT(builder.Append(text), IsOk());
  const auto once = builder.Finish().ValueOrDie();
  // A thousand views of the same bytes.
  const auto data = once->data()->Copy();
  std::string views;
  for (int i = 0; i < 1000; ++i) views += data->buffers[1]->ToString().substr(0, 16);
  data->buffers[1] = arrow::Buffer::FromString(views);
  data->length = 1000;
  arrow::Int64Builder times;
  for (int i = 0; i < 1000; ++i) ASSERT_THAT(times.Append(i), IsOk());
  const auto rows =
      arrow::RecordBatch::Make(schema, 1000, {times.Finish().ValueOrDie(), arrow::MakeArray(data)});
  EXPECT_THAT(check_batch(*rows, schema, 1 << 20), FailsAs(ErrorKind::LimitExceeded));
  ASSERT_OK_AND_ASSIGN(const auto checked, check_batch(*rows->Slice(0, 10), schema, 1 << 20));
  EXPECT_GE(checked.bytes, 10 * 10'000);
  EXPECT_LE(checked.bytes, 10 * 10'100);
}

std::string bytes_with(const std::string& column) {
  const auto schema = arrow::schema({arrow::field(column, arrow::int64(), false)},
                                    arrow::key_value_metadata({"vendor"}, {"inertix"}));
  return serialize_schema(*schema).ValueOrDie();
}

TEST(SchemaCache, GivesASchemaWithItsMetadataAndWithout) {
  SchemaCache cache(1 << 20);
  ASSERT_OK_AND_ASSIGN(const auto schemas, cache.read(bytes_with("a")));
  ASSERT_NE(schemas.exact->metadata(), nullptr);
  EXPECT_EQ(schemas.exact->metadata()->Get("vendor").ValueOrDie(), "inertix");
  EXPECT_EQ(schemas.plain->metadata(), nullptr);
  EXPECT_TRUE(schemas.plain->Equals(*schemas.exact, /*check_metadata=*/false));
}

TEST(SchemaCache, MakesASchemaOnce) {
  SchemaCache cache(1 << 20);
  ASSERT_OK_AND_ASSIGN(const auto first, cache.read(bytes_with("a")));
  ASSERT_OK_AND_ASSIGN(const auto again, cache.read(bytes_with("a")));
  ASSERT_OK_AND_ASSIGN(const auto other, cache.read(bytes_with("b")));
  EXPECT_EQ(again.exact, first.exact);
  EXPECT_EQ(again.plain, first.plain);
  EXPECT_EQ(other.plain->field(0)->name(), "b");
}

TEST(SchemaCache, KeepsTheSchemasUsedLastWithinItsBytes) {
  SchemaCache probe(1 << 20);
  EXPECT_THAT(probe.read(bytes_with("a")), IsOk());
  const int64_t each = probe.bytes();
  ASSERT_GT(each, std::ssize(bytes_with("a")));

  SchemaCache cache(2 * each);
  ASSERT_OK_AND_ASSIGN(const auto a, cache.read(bytes_with("a")));
  ASSERT_OK_AND_ASSIGN(const auto b, cache.read(bytes_with("b")));
  EXPECT_EQ(cache.read(bytes_with("a"))->exact, a.exact);
  EXPECT_THAT(cache.read(bytes_with("c")), IsOk());
  EXPECT_EQ(cache.bytes(), 2 * each);
  EXPECT_EQ(cache.read(bytes_with("a"))->exact, a.exact) << "used last but one";
  EXPECT_NE(cache.read(bytes_with("b"))->exact, b.exact) << "it had to go";
}

TEST(SchemaCache, WithoutRoomItKeepsNothing) {
  SchemaCache cache(1);
  ASSERT_OK_AND_ASSIGN(const auto first, cache.read(bytes_with("a")));
  EXPECT_NE(cache.read(bytes_with("a"))->exact, first.exact);
  EXPECT_EQ(cache.bytes(), 0);
}

TEST(SchemaCache, BytesThatAreNoSchemaAreCorruptAndNotKept) {
  SchemaCache cache(1 << 20);
  EXPECT_THAT(cache.read("no schema"), FailsAs(ErrorKind::Corrupt));
  EXPECT_THAT(cache.read(""), FailsAs(ErrorKind::Corrupt));
  EXPECT_EQ(cache.bytes(), 0);
}

}  // namespace
}  // namespace mosaico::engine
