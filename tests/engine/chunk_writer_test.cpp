#include "engine/ingest/chunk_writer.hpp"

#include <arrow/util/base64.h>
#include <arrow/util/key_value_metadata.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/page_index.h>
#include <parquet/schema.h>

#include <limits>
#include <numeric>
#include <random>

#include "core/crc32c.hpp"
#include "engine/ingest/chunk_columns.hpp"
#include "engine/ingest/time_column.hpp"
#include "engine/stored_schema.hpp"
#include "read_rows.hpp"
#include "store/local_store.hpp"
#include "support/temporary_directory.hpp"

namespace mosaico::engine {
namespace {

using nlohmann::json;

TailBatch tail_of(std::shared_ptr<arrow::RecordBatch> batch, int64_t first_row,
                  int64_t bytes_a_row = 32) {
  const TimeRange times = time_range(*batch);
  TailBatch tail;
  tail.first_row = first_row;
  tail.bytes = bytes_a_row * batch->num_rows();
  tail.timestamp_ns_min = times.min;
  tail.timestamp_ns_max = times.max;
  tail.batch = std::move(batch);
  return tail;
}

class ChunkWriterTest : public testing::Test {
 protected:
  ChunkWriterTest() : store_(store::open_local_store(directory_.path()).ValueOrDie()) {
    origin_.sequence.name = "drive";
    origin_.sequence.id = catalog::SequenceId{3};
    origin_.sequence.data_path = "data/drive@3";
    origin_.sequence.user_metadata = {{"car", 7}};
    origin_.session.ulid = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    origin_.topic.name = "sensors/imu";
    origin_.topic.id = catalog::TopicId{5};
    origin_.topic.ontology_tag = "IMU";
    origin_.topic.serialization_format = "default";
    origin_.schema = row_schema();
  }

  catalog::Chunk write(const std::vector<TailBatch>& batches) {
    return write_chunk(*store_, options_, origin_, batches).ValueOrDie();
  }
  std::string bytes_of(const catalog::Chunk& chunk) {
    return store::get(*store_, chunk.path).ValueOrDie();
  }
  std::unique_ptr<parquet::ParquetFileReader> open(const catalog::Chunk& chunk) {
    return parquet::ParquetFileReader::Open(store_->open(chunk.path).ValueOrDie());
  }
  std::vector<Row> rows_in(const catalog::Chunk& chunk) {
    auto reader = parquet::arrow::OpenFile(store_->open(chunk.path).ValueOrDie(),
                                           arrow::default_memory_pool())
                      .ValueOrDie();
    const auto table = reader->ReadTable().ValueOrDie();
    std::vector<Row> rows;
    if (table->num_rows() == 0) return rows;
    // The file numbers its fields, in their metadata.
    const auto batch = table->CombineChunksToBatch().ValueOrDie();
    return rows_of(*batch->ReplaceSchema(row_schema()).ValueOrDie());
  }

  const TemporaryDirectory directory_;
  const std::unique_ptr<store::Store> store_;
  EngineOptions options_;
  ChunkOrigin origin_;
};

TEST_F(ChunkWriterTest, sorts_rows_by_time_with_ties_in_push_order) {
  const auto first = numbered({5, 1, 5, 9});
  const auto second = numbered({5, 0, 9}, 4);
  const auto chunk = write({tail_of(batch_of(first), 0), tail_of(batch_of(second), 4)});
  auto all = first;
  all.insert(all.end(), second.begin(), second.end());
  EXPECT_EQ(rows_in(chunk), in_time_order(all));
}

TEST_F(ChunkWriterTest, sorts_shuffled_rows_over_many_row_groups) {
  options_.row_group_rows = 64;
  std::mt19937 random(7);
  std::vector<Row> all;
  std::vector<TailBatch> batches;
  for (int64_t i = 0; i < 40; ++i) {
    std::vector<int64_t> times;
    for (int j = 0; j < 25; ++j) times.push_back(i * 10 + static_cast<int64_t>(random() % 60));
    const auto rows = numbered(times, i * 25);
    all.insert(all.end(), rows.begin(), rows.end());
    batches.push_back(tail_of(batch_of(rows), i * 25));
  }
  const auto chunk = write(batches);
  EXPECT_EQ(rows_in(chunk), in_time_order(all));
  const auto metadata = open(chunk)->metadata();
  for (int i = 0; i < metadata->num_row_groups(); ++i) {
    EXPECT_LE(metadata->RowGroup(i)->num_rows(), 64);
  }
}

TEST_F(ChunkWriterTest, cuts_row_groups_by_bytes_with_one_row_at_least) {
  options_.row_group_bytes = 1000;
  std::vector<TailBatch> batches = {tail_of(batch_of(numbered({1, 2, 3})), 0, 5000),
                                    tail_of(batch_of(numbered({4, 5, 6, 7}, 3)), 3, 400)};
  const auto in_order = open(write(batches))->metadata();
  ASSERT_EQ(in_order->num_row_groups(), 5);
  EXPECT_EQ(in_order->RowGroup(4)->num_rows(), 2);
  batches.push_back(tail_of(batch_of(numbered({0}, 7)), 7, 1));
  const auto gathered = open(write(batches))->metadata();
  EXPECT_GE(gathered->num_row_groups(), 5);
  EXPECT_EQ(gathered->num_rows(), 8);
}

TEST_F(ChunkWriterTest, tells_the_catalog_what_the_file_holds) {
  const auto chunk = write({tail_of(batch_of(numbered({5, -1, 7}, 10)), 10)});
  const std::string bytes = bytes_of(chunk);
  EXPECT_TRUE(chunk.path.starts_with("data/drive@3/sensors.imu@5/00000000000000000010-"));
  EXPECT_EQ(chunk.first_row, 10);
  EXPECT_EQ(chunk.rows, 3);
  EXPECT_EQ(chunk.bytes, 96);
  EXPECT_EQ(chunk.timestamp_ns_min, -1);
  EXPECT_EQ(chunk.timestamp_ns_max, 7);
  EXPECT_EQ(chunk.file_bytes, std::ssize(bytes));
  EXPECT_EQ(chunk.checksum, core::crc32c(bytes));
}

TEST_F(ChunkWriterTest, carries_all_that_a_new_catalog_needs) {
  const auto chunk = write({tail_of(batch_of(numbered({5, 1})), 0)});
  const auto metadata = open(chunk)->metadata()->key_value_metadata();
  const json identity = json::parse(metadata->Get(kChunkIdentityKey).ValueOrDie());
  EXPECT_EQ(identity["sequence"]["name"], "drive");
  EXPECT_EQ(identity["sequence"]["user_metadata"], json({{"car", 7}}));
  EXPECT_EQ(identity["session"]["ulid"], origin_.session.ulid);
  EXPECT_EQ(identity["topic"]["name"], "sensors/imu");
  EXPECT_EQ(identity["topic"]["ontology_tag"], "IMU");
  EXPECT_EQ(identity["chunk"]["first_row"], 0);
  EXPECT_EQ(identity["chunk"]["bytes"], 64);
  const auto schema = deserialize_schema(
      arrow::util::base64_decode(metadata->Get(kChunkSchemaKey).ValueOrDie()).ValueOrDie());
  EXPECT_TRUE((*schema)->Equals(*row_schema(), true));
}

TEST_F(ChunkWriterTest, leaves_no_file_behind_when_it_fails) {
  auto tail = tail_of(batch_of(numbered({5, 1})), 0);
  origin_.schema = origin_.schema->RemoveField(2).ValueOrDie();
  EXPECT_THAT(write_chunk(*store_, options_, origin_, {tail}), FailsAs(ErrorKind::Corrupt));
  EXPECT_TRUE(store_->list("data").ValueOrDie().empty());
}

TEST_F(ChunkWriterTest, gives_statistics_of_plain_columns) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  const auto inner = arrow::struct_({arrow::field("x", arrow::float32())});
  origin_.schema = arrow::schema(
      {arrow::field("timestamp_ns", arrow::int64(), false), arrow::field("big", arrow::uint64()),
       arrow::field("nan", arrow::float64()), arrow::field("infinite", arrow::float64()),
       arrow::field("inner", inner), arrow::field("long", arrow::utf8()),
       arrow::field("blob", arrow::binary()), arrow::field("flag", arrow::boolean())});
  arrow::Int64Builder times;
  arrow::UInt64Builder big;
  arrow::DoubleBuilder with_nan, infinite;
  arrow::FloatBuilder x;
  arrow::StringBuilder text;
  arrow::BinaryBuilder blob;
  arrow::BooleanBuilder flag;
  ASSERT_THAT(times.AppendValues({1, 2}), IsOk());
  ASSERT_THAT(big.AppendValues({std::numeric_limits<uint64_t>::max(), 3}), IsOk());
  ASSERT_THAT(with_nan.AppendValues({nan, 2.5}), IsOk());
  ASSERT_THAT(infinite.AppendValues({infinity, 2.5}), IsOk());
  ASSERT_THAT(x.AppendNull(), IsOk());
  ASSERT_THAT(x.Append(0.5F), IsOk());
  ASSERT_THAT(text.AppendValues({"a", std::string(65, 'b')}), IsOk());
  ASSERT_THAT(blob.AppendValues({"a", "b"}), IsOk());
  ASSERT_THAT(flag.AppendNulls(2), IsOk());
  const auto inner_array =
      arrow::StructArray::Make({x.Finish().ValueOrDie()}, inner->fields()).ValueOrDie();
  const auto batch = arrow::RecordBatch::Make(
      origin_.schema, 2,
      {times.Finish().ValueOrDie(), big.Finish().ValueOrDie(), with_nan.Finish().ValueOrDie(),
       infinite.Finish().ValueOrDie(), inner_array, text.Finish().ValueOrDie(),
       blob.Finish().ValueOrDie(), flag.Finish().ValueOrDie()});
  const auto chunk = write({tail_of(batch, 0)});
  using catalog::ColumnStatistics;
  const std::vector<ColumnStatistics> expected = {
      {.path = "timestamp_ns", .min = 1, .max = 2, .nulls = 0},
      {.path = "big", .min = 3, .max = std::numeric_limits<uint64_t>::max(), .nulls = 0},
      {.path = "nan", .min = 2.5, .max = 2.5, .nulls = 0},
      {.path = "infinite", .min = {}, .max = {}, .nulls = 0},
      {.path = "inner.x", .min = 0.5, .max = 0.5, .nulls = 1},
      {.path = "long", .min = {}, .max = {}, .nulls = 0},
      {.path = "flag", .min = {}, .max = {}, .nulls = 2}};
  EXPECT_EQ(chunk.columns, expected);
}

// So the statistics of a row group rule out all that those of its pages would.
TEST_F(ChunkWriterTest, gives_a_row_group_one_page_of_each_column_of_numbers) {
  std::vector<int64_t> times(static_cast<size_t>(2 * options_.row_group_rows));
  std::iota(times.begin(), times.end(), 0);
  const auto chunk = write({tail_of(batch_of(numbered(times)), 0)});
  const auto reader = open(chunk);
  ASSERT_EQ(reader->metadata()->num_row_groups(), 2);
  for (int group = 0; group < 2; ++group) {
    const auto pages = reader->GetPageIndexReader()->RowGroup(group);
    ASSERT_NE(pages, nullptr);
    for (const int column : {0, 1}) {
      const auto places = pages->GetOffsetIndex(column);
      ASSERT_NE(places, nullptr);
      EXPECT_EQ(places->page_locations().size(), 1U) << group << ", " << column;
    }
  }
}

TEST_F(ChunkWriterTest, stores_bytes_as_they_are_when_they_do_not_compress) {
  origin_.schema = arrow::schema({arrow::field("timestamp_ns", arrow::int64(), false),
                                  arrow::field("noise", arrow::binary()),
                                  arrow::field("zeros", arrow::binary())});
  std::mt19937 random(7);
  std::string noise;
  for (int i = 0; i < 20'000; ++i) noise += static_cast<char>(random());
  arrow::Int64Builder times;
  arrow::BinaryBuilder noises, zeros;
  ASSERT_THAT(times.Append(1), IsOk());
  ASSERT_THAT(noises.Append(noise), IsOk());
  ASSERT_THAT(zeros.Append(std::string(20'000, '\0')), IsOk());
  const auto batch = arrow::RecordBatch::Make(
      origin_.schema, 1,
      {times.Finish().ValueOrDie(), noises.Finish().ValueOrDie(), zeros.Finish().ValueOrDie()});
  const auto reader = open(write({tail_of(batch, 0)}));
  const auto group = reader->metadata()->RowGroup(0);
  EXPECT_EQ(group->ColumnChunk(1)->compression(), parquet::Compression::UNCOMPRESSED);
  EXPECT_FALSE(group->ColumnChunk(1)->is_stats_set());
  EXPECT_EQ(group->ColumnChunk(2)->compression(), parquet::Compression::LZ4);
}

TEST(TopicFolder, fits_a_file_name_and_differs_for_every_topic) {
  catalog::Sequence sequence;
  sequence.data_path = "data/drive@3";
  catalog::Topic topic;
  topic.id = catalog::TopicId{9};
  topic.name = std::string(255, 'a');
  EXPECT_LE(topic_folder(sequence, topic).size(), sequence.data_path.size() + 255);
  EXPECT_TRUE(topic_folder(sequence, topic).ends_with("@9"));
  topic.name = "a/b";
  EXPECT_EQ(topic_folder(sequence, topic), "data/drive@3/a.b@9");
}

}  // namespace
}  // namespace mosaico::engine
