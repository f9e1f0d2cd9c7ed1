#include "engine/read/chunk_reader.hpp"

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <arrow/json/from_string.h>
#include <parquet/arrow/writer.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/read/restore_schema.hpp"
#include "read_rows.hpp"
#include "store/local_store.hpp"
#include "support/temporary_directory.hpp"

namespace mosaico::engine {
namespace {

using arrow::field;

// How a chunk's file may have been written: with the schema beside the columns or without, with the
// element names that Parquet recommends or with ours.
struct Writing {
  std::string name;
  bool keeps_schema = false;
  bool keeps_names = false;
};

std::shared_ptr<parquet::ArrowWriterProperties> properties_of(const Writing& writing) {
  parquet::ArrowWriterProperties::Builder builder;
  if (writing.keeps_schema) builder.store_schema();
  if (writing.keeps_names) builder.disable_compliant_nested_types();
  return builder.build();
}

class ChunkReaderTest : public testing::TestWithParam<Writing> {
 protected:
  ChunkReaderTest() : store_(store::open_local_store(directory_.path()).ValueOrDie()) {}

  // A chunk of these rows, sorted by time already.
  catalog::Chunk write(const arrow::RecordBatch& batch, int64_t row_group_rows = 100,
                       const Writing& writing = {"", true, true}) {
    auto object = store_->create("chunk").ValueOrDie();
    const std::shared_ptr<arrow::io::OutputStream> sink(std::shared_ptr<void>(), &object->stream());
    const auto table =
        arrow::Table::FromRecordBatches({batch.Slice(0, batch.num_rows())}).ValueOrDie();
    EXPECT_THAT(parquet::arrow::WriteTable(
                    *table, arrow::default_memory_pool(), sink, row_group_rows,
                    parquet::WriterProperties::Builder().enable_page_checksum()->build(),
                    properties_of(writing)),
                IsOk());
    EXPECT_THAT(object->close(), IsOk());
    catalog::Chunk chunk;
    chunk.id = catalog::ChunkId{++chunks_};
    chunk.path = "chunk";
    chunk.rows = batch.num_rows();
    chunk.bytes = 100 * batch.num_rows();
    return chunk;
  }

  Result<std::shared_ptr<arrow::RecordBatch>> read(const catalog::Chunk& chunk,
                                                   const std::shared_ptr<arrow::Schema>& schema) {
    return read(*store_, footers_, chunk, schema);
  }
  static Result<std::shared_ptr<arrow::RecordBatch>> read(
      store::Store& store, FooterCache& footers, const catalog::Chunk& chunk,
      const std::shared_ptr<arrow::Schema>& schema) {
    ARROW_ASSIGN_OR_RAISE(auto reader, ChunkReader::open(store, footers, chunk, schema));
    arrow::RecordBatchVector batches;
    for (const auto& group : reader->row_groups()) {
      ARROW_RETURN_NOT_OK(reader->start(group, group.rows));
      while (true) {
        ARROW_ASSIGN_OR_RAISE(auto batch, reader->next());
        if (batch == nullptr) break;
        batches.push_back(std::move(batch));
      }
    }
    return arrow::ConcatenateRecordBatches(batches);
  }

  void expect_exact(const std::shared_ptr<arrow::Field>& column, const std::string& values) {
    SCOPED_TRACE(column->ToString(true));
    auto parsed = arrow::json::ArrayFromJSONString(column->type(), values);
    ASSERT_THAT(parsed, IsOk());
    expect_exact(column, *parsed);
  }

  void expect_exact(const std::shared_ptr<arrow::Field>& column,
                    const std::shared_ptr<arrow::Array>& values) {
    arrow::Int64Builder times;
    for (int64_t i = 0; i < values->length(); ++i) ASSERT_THAT(times.Append(i), IsOk());
    const auto schema = arrow::schema({field("timestamp_ns", arrow::int64(), false), column});
    const auto batch =
        arrow::RecordBatch::Make(schema, values->length(), {times.Finish().ValueOrDie(), values});
    ASSERT_OK_AND_ASSIGN(const auto found, read(write(*batch, 2, GetParam()), schema));
    EXPECT_THAT(found->ValidateFull(), IsOk());
    EXPECT_TRUE(found->schema()->Equals(*schema, true)) << found->schema()->ToString(true) << "\n"
                                                        << schema->ToString(true);
    EXPECT_TRUE(found->column(1)->type()->Equals(*column->type(), true));
    EXPECT_TRUE(found->Equals(*batch)) << found->ToString() << batch->ToString();
  }

  const TemporaryDirectory directory_;
  const std::unique_ptr<store::Store> store_;
  FooterCache footers_{1 << 20};
  int64_t chunks_ = 0;
};

INSTANTIATE_TEST_SUITE_P(AnyWriter, ChunkReaderTest,
                         testing::Values(Writing{"Kept", true, true},
                                         Writing{"NamesChanged", true, false},
                                         Writing{"SchemaLost", false, true},
                                         Writing{"BothLost", false, false}),
                         [](const auto& test) { return test.param.name; });

TEST_P(ChunkReaderTest, GivesBackPlainTypes) {
  expect_exact(field("a", arrow::float64(), false), "[1.5, -2, 1e300]");
  expect_exact(field("a", arrow::float16()), "[1.5, null, -2]");
  expect_exact(field("a", arrow::uint8()), "[0, 255, null]");
  expect_exact(field("a", arrow::int16()), "[-32768, 32767, null]");
  expect_exact(field("a", arrow::uint64(), false), "[0, 18446744073709551615]");
  expect_exact(field("a", arrow::boolean()), "[true, false, null]");
  expect_exact(field("a", arrow::utf8()), R"(["", "b", null])");
  expect_exact(field("a", arrow::large_utf8()), R"(["", "b", null])");
  expect_exact(field("a", arrow::utf8_view()), R"(["", "a text that is not held inline", null])");
  expect_exact(field("a", arrow::binary(), false), R"(["", "b"])");
  expect_exact(field("a", arrow::large_binary()), R"(["", "b", null])");
  expect_exact(field("a", arrow::fixed_size_binary(3)), R"(["abc", null])");
  expect_exact(field("a", arrow::decimal128(10, 2)), R"(["1.25", null])");
  expect_exact(field("a", arrow::null()), "[null, null, null]");
}

TEST_P(ChunkReaderTest, GivesBackTimes) {
  expect_exact(field("a", arrow::timestamp(arrow::TimeUnit::SECOND)), "[1, null, -3]");
  expect_exact(field("a", arrow::timestamp(arrow::TimeUnit::MILLI)), "[1, null, -3]");
  expect_exact(field("a", arrow::timestamp(arrow::TimeUnit::NANO, "UTC")), "[1, null, -3]");
  expect_exact(field("a", arrow::duration(arrow::TimeUnit::MICRO)), "[1, null, -3]");
  expect_exact(field("a", arrow::time32(arrow::TimeUnit::MILLI)), "[1, null, 3]");
  expect_exact(field("a", arrow::time64(arrow::TimeUnit::NANO)), "[1, null, 3]");
  expect_exact(field("a", arrow::date32()), "[1, null, -3]");
  expect_exact(field("a", arrow::date64()), "[86400000, null]");
}

TEST_P(ChunkReaderTest, GivesBackNamesAndNullabilityOfNestedTypes) {
  expect_exact(field("a", arrow::list(field("item", arrow::float64()))),
               "[[1, null], null, [], [2]]");
  expect_exact(field("a", arrow::list(field("sample", arrow::float64(), false)), false),
               "[[1, 3], [], [2]]");
  expect_exact(field("a", arrow::large_list(field("item", arrow::utf8()))),
               R"([["x", null], null, []])");
  expect_exact(field("a", arrow::list(field("outer", arrow::list(field("inner", arrow::int32()))))),
               "[[[1], null, []], null, []]");
  expect_exact(field("a", arrow::map(arrow::utf8(), field("score", arrow::float32()))),
               R"([[["x", 1], ["y", null]], null, []])");
  expect_exact(
      field("a", std::make_shared<arrow::MapType>(field("k", arrow::utf8(), false),
                                                  field("v", arrow::int64(), false), true)),
      R"([[["x", 1], ["y", 2]], []])");
  expect_exact(field("a",
                     arrow::struct_({field("x", arrow::float64(), false),
                                     field("y", arrow::list(field("item", arrow::int8())))}),
                     false),
               R"([{"x": 1, "y": [1]}, {"x": 2, "y": null}])");
}

TEST_P(ChunkReaderTest, GivesBackFixedSizeListsAlsoWhereTheyAreNull) {
  expect_exact(field("a", arrow::fixed_size_list(field("item", arrow::float64()), 2), false),
               "[[1, 2], [3, null]]");
  expect_exact(field("a", arrow::fixed_size_list(field("item", arrow::float64()), 2)),
               "[[1, 2], null, [3, null], null]");
  expect_exact(field("a", arrow::fixed_size_list(field("item", arrow::float64(), false), 3)),
               "[null, [1, 2, 3]]");
}

TEST_P(ChunkReaderTest, GivesBackMetadataOfFieldsAtEveryDepth) {
  const auto described = [](const char* text) {
    return arrow::key_value_metadata({"description"}, {text});
  };
  const auto x = field("x", arrow::float64(), false, described("metres"));
  const auto item = field("item", arrow::struct_({x}), true, described("a point"));
  expect_exact(field("a", arrow::list(item), true, described("points")),
               R"([[{"x": 1}], null, [{"x": 2}, null]])");
}

// The header of every message type: absent in most recordings.
TEST_P(ChunkReaderTest, GivesNullStructsChildrenThatAWriterTakes) {
  const auto stamp =
      arrow::struct_({field("seconds", arrow::int32(), false), field("name", arrow::utf8(), false),
                      field("valid", arrow::boolean(), false)});
  const auto header = arrow::struct_({field("stamp", stamp), field("id", arrow::uint64())});
  for (const char* values :
       {R"([null, null])",
        R"([null, {"stamp": {"seconds": 7, "name": "a", "valid": true}, "id": 1}, null])"}) {
    const auto column = field("header", header);
    expect_exact(column, values);
    const auto schema = arrow::schema({field("timestamp_ns", arrow::int64(), false), column});
    const auto array = arrow::json::ArrayFromJSONString(header, values).ValueOrDie();
    const auto times =
        arrow::json::ArrayFromJSONString(arrow::int64(), array->length() == 2 ? "[1,2]" : "[1,2,3]")
            .ValueOrDie();
    const auto batch = arrow::RecordBatch::Make(schema, array->length(), {times, array});
    ASSERT_OK_AND_ASSIGN(const auto found, read(write(*batch, 100, GetParam()), schema));
    const auto& inner = *found->column_data(1)->child_data[0];
    for (const auto& child : inner.child_data) EXPECT_EQ(child->GetNullCount(), 0);
    write(*found);
  }
}

// Columns that hold nothing in a row group are not decoded; what takes their place is the same.
TEST_P(ChunkReaderTest, GivesBackColumnsWithoutAValueAtAnyDepth) {
  const auto point = arrow::struct_(
      {field("x", arrow::float64()), field("y", arrow::list(field("item", arrow::float64())))});
  const auto type = arrow::struct_(
      {field("point", point), field("name", arrow::utf8()), field("n", arrow::int32(), false),
       field("pair", arrow::fixed_size_list(field("item", arrow::float32(), false), 2)),
       field("labels", arrow::map(arrow::utf8(), field("score", arrow::float32()))),
       field("yes", arrow::boolean())});
  const std::string rest = R"(, "pair": null, "labels": null, "yes": null})";
  const std::vector<std::string> rows = {
      R"({"point": null, "name": null, "n": 1)" + rest,
      R"({"point": {"x": null, "y": null}, "name": null, "n": 2)" + rest,
      R"({"point": {"x": null, "y": []}, "name": null, "n": 3)" + rest,
      R"({"point": {"x": null, "y": [null]}, "name": null, "n": 4)" + rest,
      R"({"point": {"x": 1, "y": null}, "name": "a", "n": 5)" + rest};
  for (const std::string& first : rows) {
    for (const std::string& second : rows) {
      const std::string both = "[" + first + ", " + second + "]";
      expect_exact(field("a", type), both);
      expect_exact(field("a", type, false), both);
      expect_exact(field("a", type), "[" + first + ", null]");
      expect_exact(field("a", type), "[null, null, " + second + "]");
    }
  }
}

TEST_F(ChunkReaderTest, ColumnsWithoutAValueShareTheirMemory) {
  const auto schema =
      arrow::schema({field("timestamp_ns", arrow::int64(), false), field("a", arrow::float64()),
                     field("b", arrow::float64()), field("c", arrow::float64())});
  const auto times = arrow::json::ArrayFromJSONString(arrow::int64(), "[1, 2]").ValueOrDie();
  const auto nulls = arrow::MakeArrayOfNull(arrow::float64(), 2).ValueOrDie();
  const auto values = arrow::json::ArrayFromJSONString(arrow::float64(), "[1, null]").ValueOrDie();
  const auto batch = arrow::RecordBatch::Make(schema, 2, {times, nulls, nulls, values});
  const auto chunk = write(*batch);
  ASSERT_OK_AND_ASSIGN(auto reader, ChunkReader::open(*store_, footers_, chunk, schema));
  ASSERT_THAT(reader->start(reader->row_groups()[0], 2), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto found, reader->next());
  const auto memory_of = [&](int column) {
    return found->column_data(column)->buffers[1]->address();
  };
  EXPECT_EQ(memory_of(1), memory_of(2));
  EXPECT_NE(memory_of(1), memory_of(3));
  EXPECT_TRUE(found->Equals(*batch));
}

TEST_F(ChunkReaderTest, PicksRowGroupsByTheirTimes) {
  const auto chunk = write(*batch_of(numbered({-5, -3, 0, 0, 4, 9, 11})), 2);
  ASSERT_OK_AND_ASSIGN(auto reader, ChunkReader::open(*store_, footers_, chunk, row_schema()));
  const auto& groups = reader->row_groups();
  ASSERT_EQ(groups.size(), 4U);
  EXPECT_EQ(groups[0].timestamp_ns_min, -5);
  EXPECT_EQ(groups[0].timestamp_ns_max, -3);
  EXPECT_EQ(groups[3].timestamp_ns_min, 11);
  EXPECT_EQ(groups[3].rows, 1);
  ASSERT_OK_AND_ASSIGN(const auto times, reader->read_timestamps(groups[2]));
  EXPECT_EQ(times->length(), 2);
  EXPECT_EQ(times->Value(0), 4);
  EXPECT_EQ(times->Value(1), 9);
}

TEST_F(ChunkReaderTest, DecodesARowGroupInSmallerBatches) {
  const auto rows = numbered(std::vector<int64_t>(100, 3));
  const auto chunk = write(*batch_of(rows));
  ASSERT_OK_AND_ASSIGN(auto reader, ChunkReader::open(*store_, footers_, chunk, row_schema()));
  ASSERT_THAT(reader->start(reader->row_groups()[0], 30), IsOk());
  std::vector<Row> found;
  std::vector<int64_t> sizes;
  while (true) {
    ASSERT_OK_AND_ASSIGN(const auto batch, reader->next());
    if (batch == nullptr) break;
    sizes.push_back(batch->num_rows());
    for (const Row& row : rows_of(*batch)) found.push_back(row);
  }
  EXPECT_EQ(sizes, (std::vector<int64_t>{30, 30, 30, 10}));
  EXPECT_EQ(found, rows);
}

TEST_F(ChunkReaderTest, SaysWhatIsWrongWithAFile) {
  auto chunk = write(*batch_of(numbered({1, 2, 3})));
  chunk.path = "absent";
  EXPECT_THAT(ChunkReader::open(*store_, footers_, chunk, row_schema()),
              FailsAs(ErrorKind::NotFound));
  ASSERT_THAT(store::put(*store_, "absent", "no Parquet at all"), IsOk());
  EXPECT_THAT(ChunkReader::open(*store_, footers_, chunk, row_schema()),
              FailsAs(ErrorKind::Corrupt));
  chunk.path = "chunk";
  chunk.rows = 4;
  EXPECT_THAT(ChunkReader::open(*store_, footers_, chunk, row_schema()),
              FailsAs(ErrorKind::Corrupt));
}

// One object in memory, for the test that reads thousands of versions of it.
class OneObject final : public store::Store {
 public:
  explicit OneObject(std::string bytes) : bytes_(std::move(bytes)) {}

  Result<std::shared_ptr<arrow::io::RandomAccessFile>> open(const std::string&) override {
    return arrow::io::BufferReader::FromString(bytes_);
  }
  Result<std::unique_ptr<store::ObjectWriter>> create(const std::string&) override {
    return core::error(ErrorKind::Unsupported, "read only");
  }
  Result<std::vector<store::ObjectInfo>> list(const std::string&) override {
    return std::vector<store::ObjectInfo>();
  }
  Status remove(const std::string&) override { return Status::OK(); }
  Status remove_all(const std::string&) override { return Status::OK(); }
  std::string describe() const override { return "memory"; }

 private:
  const std::string bytes_;
};

// Found by tests/fuzz: with other row counts in its footer a chunk was short, and nobody said so.
// What its pages hold is guarded by their checksums, which the files of these tests have.
TEST_F(ChunkReaderTest, AFlippedByteIsAnErrorOrLeavesNoTrace) {
  const auto batch = batch_of(numbered({1, 2, 3, 4, 5, 6, 7, 8}));
  const auto chunk = write(*batch, 4);
  ASSERT_OK_AND_ASSIGN(const std::string bytes, store::get(*store_, "chunk"));
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (const char change : {'\x55', '\x01', '\x80'}) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ change);
      OneObject object(changed);
      FooterCache no_footers(0);
      const auto found = read(object, no_footers, chunk, row_schema());
      if (!found.ok()) continue;
      EXPECT_THAT((*found)->ValidateFull(), IsOk()) << "byte " << i;
      EXPECT_EQ((*found)->num_rows(), 8) << "byte " << i;
      EXPECT_TRUE((*found)->Equals(*batch)) << "byte " << i;
    }
  }
}

TEST_F(ChunkReaderTest, AnotherNumberOfColumnsIsCorrupt) {
  const auto chunk = write(*batch_of(numbered({1})));
  const auto schema = arrow::schema({field("timestamp_ns", arrow::int64(), false)});
  EXPECT_THAT(read(chunk, schema), FailsAs(ErrorKind::Corrupt));
}

TEST(FooterCache, KeepsTheFootersUsedLastWithinItsBytes) {
  const TemporaryDirectory directory;
  ASSERT_OK_AND_ASSIGN(auto store, store::open_local_store(directory.path()));
  const auto table = arrow::Table::FromRecordBatches({batch_of(numbered({1, 2, 3}))}).ValueOrDie();
  auto object = store->create("chunk").ValueOrDie();
  const std::shared_ptr<arrow::io::OutputStream> sink(std::shared_ptr<void>(), &object->stream());
  ASSERT_THAT(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), sink), IsOk());
  ASSERT_THAT(object->close(), IsOk());

  FooterCache cache(60'000);
  const auto open = [&](int64_t id) {
    catalog::Chunk chunk;
    chunk.id = catalog::ChunkId{id};
    chunk.path = "chunk";
    chunk.rows = 3;
    return ChunkReader::open(*store, cache, chunk, row_schema()).ok();
  };
  ASSERT_TRUE(open(1));
  const int64_t each = cache.bytes();
  ASSERT_GT(each, 0);
  const int64_t fitting = 60'000 / each;
  for (int64_t id = 2; id <= fitting; ++id) ASSERT_TRUE(open(id));
  EXPECT_NE(cache.find(catalog::ChunkId{1}), nullptr);
  ASSERT_TRUE(open(fitting + 1));
  EXPECT_NE(cache.find(catalog::ChunkId{1}), nullptr) << "used last but one";
  EXPECT_EQ(cache.find(catalog::ChunkId{2}), nullptr);
  EXPECT_EQ(cache.bytes(), fitting * each);
}

}  // namespace
}  // namespace mosaico::engine
