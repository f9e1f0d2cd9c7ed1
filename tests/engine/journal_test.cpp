#include "engine/ingest/journal.hpp"

#include <arrow/json/from_string.h>
#include <fstream>
#include <sstream>

#include "engine/ingest/absent_fields.hpp"
#include "engine/ingest/batch_check.hpp"
#include "engine/ingest/time_column.hpp"
#include "engine/stored_schema.hpp"
#include "read_rows.hpp"
#include "support/temporary_directory.hpp"

namespace mosaico::engine {
namespace {

constexpr catalog::TopicId kTopic{7};

JournalIdentity identity(catalog::TopicId topic = kTopic) {
  return {.topic = topic,
          .schema = row_schema(),
          .schema_bytes = serialize_schema(*row_schema()).ValueOrDie()};
}

TailBatch tail_of(const std::vector<Row>& rows) {
  TailBatch tail;
  tail.batch = batch_of(rows);
  tail.first_row = rows.front().number;
  tail.bytes = 1000 + rows.front().number;
  const TimeRange times = time_range(*tail.batch);
  tail.timestamp_ns_min = times.min;
  tail.timestamp_ns_max = times.max;
  return tail;
}

std::string file_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

class JournalTest : public testing::TestWithParam<bool> {
 protected:
  JournalTest() { std::filesystem::create_directory(directory()); }

  std::string directory() const { return directory_.path() / "journal"; }

  std::shared_ptr<JournalSegment> create(int64_t first_row) {
    return JournalSegment::create(directory(), identity(), first_row, GetParam()).ValueOrDie();
  }

  std::vector<Row> read(const std::string& path, int64_t from_row = 0) {
    std::vector<Row> rows;
    int64_t next = -1;
    const auto contents = read_journal(path, identity(), from_row).ValueOrDie();
    for (const TailBatch& tail : contents.batches) {
      if (next >= 0) {
        EXPECT_EQ(tail.first_row, next);
      }
      next = tail.first_row + tail.batch->num_rows();
      for (const Row& row : rows_of(*tail.batch)) rows.push_back(row);
    }
    return rows;
  }

  const TemporaryDirectory directory_;
};

// Frames so far apart in size that reading does not put them together.
const std::vector<Row> kFirst = numbered({5, 3, 9, 9, 1, 2, 8, 7}, 100);
const std::vector<Row> kSecond = numbered({6, 6}, 108);

TEST_P(JournalTest, gives_back_what_was_appended) {
  const auto segment = create(100);
  ASSERT_THAT(segment->append(tail_of(kFirst)), IsOk());
  ASSERT_THAT(segment->append(tail_of(kSecond)), IsOk());
  ASSERT_THAT(segment->sync(), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto paths, list_journal(directory(), kTopic));
  ASSERT_EQ(paths, std::vector<std::string>{segment->path()});
  ASSERT_OK_AND_ASSIGN(const auto contents, read_journal(paths[0], identity(), 0));
  EXPECT_EQ(contents.cut_bytes, 0);
  ASSERT_EQ(contents.batches.size(), 2U);
  EXPECT_EQ(rows_of(*contents.batches[0].batch), kFirst);
  EXPECT_EQ(contents.batches[0].first_row, 100);
  EXPECT_EQ(contents.batches[0].bytes, 1100);
  EXPECT_EQ(contents.batches[0].timestamp_ns_min, 1);
  EXPECT_EQ(contents.batches[0].timestamp_ns_max, 9);
  EXPECT_EQ(rows_of(*contents.batches[1].batch), kSecond);
}

TEST_P(JournalTest, leaves_out_rows_that_chunks_hold) {
  const auto segment = create(100);
  ASSERT_THAT(segment->append(tail_of(kFirst)), IsOk());
  ASSERT_THAT(segment->append(tail_of(kSecond)), IsOk());
  EXPECT_EQ(read(segment->path(), 108), kSecond);
  EXPECT_TRUE(read(segment->path(), 110).empty());
}

TEST_P(JournalTest, keeps_whole_frames_when_the_last_one_is_torn_at_any_byte) {
  const auto segment = create(100);
  ASSERT_THAT(segment->append(tail_of(kFirst)), IsOk());
  const std::string one_frame = file_bytes(segment->path());
  ASSERT_THAT(segment->append(tail_of(kSecond)), IsOk());
  const std::string two_frames = file_bytes(segment->path());
  for (size_t bytes = one_frame.size(); bytes < two_frames.size(); ++bytes) {
    write_bytes(segment->path(), two_frames.substr(0, bytes));
    ASSERT_EQ(read(segment->path()), kFirst) << bytes;
  }
  for (size_t bytes = 0; bytes < one_frame.size(); ++bytes) {
    write_bytes(segment->path(), one_frame.substr(0, bytes));
    ASSERT_TRUE(read(segment->path()).empty()) << bytes;
  }
}

TEST_P(JournalTest, ends_before_a_frame_with_any_flipped_byte) {
  const auto segment = create(100);
  ASSERT_THAT(segment->append(tail_of(kFirst)), IsOk());
  const size_t one_frame = file_bytes(segment->path()).size();
  ASSERT_THAT(segment->append(tail_of(kSecond)), IsOk());
  const std::string bytes = file_bytes(segment->path());
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    write_bytes(segment->path(), damaged);
    const auto rows = read(segment->path());
    ASSERT_EQ(rows, i < one_frame ? std::vector<Row>() : kFirst) << i;
  }
}

TEST_P(JournalTest, takes_zeros_at_the_end_for_nothing) {
  const auto segment = create(100);
  ASSERT_THAT(segment->append(tail_of(kFirst)), IsOk());
  write_bytes(segment->path(), file_bytes(segment->path()) + std::string(4096, '\0'));
  ASSERT_OK_AND_ASSIGN(const auto contents, read_journal(segment->path(), identity(), 0));
  EXPECT_EQ(contents.batches.size(), 1U);
  EXPECT_EQ(contents.cut_bytes, 4096);
}

TEST_P(JournalTest, has_nothing_for_another_topic_or_schema) {
  const auto segment = create(100);
  ASSERT_THAT(segment->append(tail_of(kFirst)), IsOk());
  auto other = identity(catalog::TopicId{8});
  EXPECT_TRUE(read_journal(segment->path(), other, 0).ValueOrDie().batches.empty());
  other = identity();
  other.schema_bytes += 'x';
  EXPECT_TRUE(read_journal(segment->path(), other, 0).ValueOrDie().batches.empty());
}

// Found by tests/fuzz: its offsets were believed, and whoever read the text read past its end.
TEST_P(JournalTest, refuses_a_malformed_batch_behind_a_good_checksum) {
  const auto segment = create(100);
  TailBatch tail = tail_of(kFirst);
  auto text = tail.batch->column_data(2)->Copy();
  std::vector<int32_t> offsets(kFirst.size() + 1, 1 << 20);
  offsets.front() = 0;
  offsets.back() = 1;
  text->buffers[1] = arrow::Buffer::FromVector(std::move(offsets));
  tail.batch = arrow::RecordBatch::Make(
      tail.batch->schema(), tail.batch->num_rows(),
      {tail.batch->column_data(0), tail.batch->column_data(1), std::move(text)});
  ASSERT_THAT(segment->append(tail), IsOk());
  EXPECT_THAT(read_journal(segment->path(), identity(), 0), FailsAs(ErrorKind::Corrupt));
}

TEST_P(JournalTest, puts_small_frames_together_when_read) {
  const auto segment = create(0);
  for (int64_t i = 0; i < 300; ++i) ASSERT_THAT(segment->append(tail_of({{i, i}})), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto contents, read_journal(segment->path(), identity(), 0));
  EXPECT_LT(contents.batches.size(), 20U);
  EXPECT_EQ(read(segment->path()).size(), 300U);
}

TEST_P(JournalTest, lists_its_files_in_the_order_of_their_rows) {
  create(1000);
  create(20);
  create(3);
  ASSERT_OK_AND_ASSIGN(const auto paths, list_journal(directory(), kTopic));
  ASSERT_EQ(paths.size(), 3U);
  EXPECT_TRUE(paths[0].ends_with("/7/00000000000000000003.journal"));
  EXPECT_TRUE(paths[2].ends_with("/7/00000000000000001000.journal"));
  EXPECT_EQ(topics_with_journal(directory()).ValueOrDie(), std::vector{kTopic});
  ASSERT_THAT(remove_journal(directory(), kTopic), IsOk());
  EXPECT_TRUE(list_journal(directory(), kTopic).ValueOrDie().empty());
  EXPECT_TRUE(topics_with_journal(directory()).ValueOrDie().empty());
}

INSTANTIATE_TEST_SUITE_P(Compression, JournalTest, testing::Bool());

// --- Fields without a value ---

std::shared_ptr<arrow::Schema> nested_schema() {
  const auto point =
      arrow::struct_({field("x", arrow::float64()), field("n", arrow::int32(), false),
                      field("list", arrow::list(field("item", arrow::float64())))});
  return arrow::schema({field("timestamp_ns", arrow::int64(), false), field("point", point),
                        field("pair", arrow::fixed_size_list(arrow::float32(), 2)),
                        field("text", arrow::utf8()), field("yes", arrow::boolean()),
                        field("nothing", arrow::null())});
}

// Three rows of nested_schema(), from one text for each column.
std::shared_ptr<arrow::RecordBatch> nested_batch(const std::vector<std::string>& columns) {
  arrow::ArrayVector arrays;
  for (size_t i = 0; i < columns.size(); ++i) {
    const auto type = nested_schema()->field(static_cast<int>(i))->type();
    arrays.push_back(arrow::json::ArrayFromJSONString(type, columns[i]).ValueOrDie());
  }
  return arrow::RecordBatch::Make(nested_schema(), 3, std::move(arrays));
}

std::vector<std::shared_ptr<arrow::RecordBatch>> nested_batches() {
  const std::string nulls = "[null, null, null]";
  const std::string pairs = "[[1, 2], null, [null, 3]]";
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  for (const char* points :
       {"[null, null, null]",
        R"([{"x": null, "n": 1, "list": null}, null, {"x": null, "n": 2, "list": null}])",
        R"([{"x": null, "n": 1, "list": []}, null, {"x": null, "n": 2, "list": null}])",
        R"([{"x": 1.5, "n": 1, "list": [null, 2]}, null, {"x": null, "n": 2, "list": null}])"}) {
    for (const std::string& pair : {nulls, pairs}) {
      for (const std::string& text : {nulls, std::string(R"(["a", null, "b"])")}) {
        for (const std::string& yes : {nulls, std::string("[null, true, null]")}) {
          batches.push_back(nested_batch({"[1, 2, 3]", points, pair, text, yes, nulls}));
        }
      }
    }
  }
  return batches;
}

TailBatch tail_of_nested(std::shared_ptr<arrow::RecordBatch> batch) {
  return {.batch = std::move(batch), .timestamp_ns_min = 1, .timestamp_ns_max = 3};
}

TEST_P(JournalTest, gives_back_fields_without_a_value_at_any_depth) {
  const JournalIdentity nested{.topic = kTopic,
                               .schema = nested_schema(),
                               .schema_bytes = serialize_schema(*nested_schema()).ValueOrDie()};
  for (const auto& whole : nested_batches()) {
    for (const auto& batch : {whole, whole->Slice(1), whole->Slice(1, 1), whole->Slice(2)}) {
      ASSERT_OK_AND_ASSIGN(const auto segment,
                           JournalSegment::create(directory(), nested, 0, GetParam()));
      ASSERT_THAT(segment->append(tail_of_nested(batch)), IsOk());
      ASSERT_OK_AND_ASSIGN(const auto contents, read_journal(segment->path(), nested, 0));
      ASSERT_EQ(contents.batches.size(), 1U);
      const auto& found = *contents.batches[0].batch;
      ASSERT_THAT(found.ValidateFull(), IsOk());
      ASSERT_TRUE(found.Equals(*batch)) << found.ToString() << batch->ToString();
      EXPECT_TRUE(found.schema()->Equals(*nested_schema(), true));
    }
  }
}

TEST_P(JournalTest, has_no_bytes_for_fields_without_a_value) {
  constexpr int64_t kRows = 10'000;
  const auto bytes_of = [&](int absent) {
    arrow::FieldVector fields{field("timestamp_ns", arrow::int64(), false)};
    const auto zeros = arrow::AllocateBuffer(kRows * 8).ValueOrDie();
    std::memset(zeros->mutable_data(), 0, static_cast<size_t>(zeros->size()));
    arrow::ArrayVector columns{std::make_shared<arrow::Int64Array>(
        kRows,
        arrow::SliceBuffer(std::make_shared<arrow::Buffer>(zeros->data(), zeros->size()), 0))};
    for (int i = 0; i < absent; ++i) {
      fields.push_back(field("absent_" + std::to_string(i), arrow::float64()));
      columns.push_back(arrow::MakeArrayOfNull(arrow::float64(), kRows).ValueOrDie());
    }
    const JournalIdentity wide{
        .topic = kTopic, .schema = arrow::schema(fields), .schema_bytes = ""};
    const auto segment = JournalSegment::create(directory(), wide, 0, GetParam()).ValueOrDie();
    EXPECT_THAT(segment->append({.batch = arrow::RecordBatch::Make(wide.schema, kRows, columns)}),
                IsOk());
    return file_bytes(segment->path()).size();
  };
  EXPECT_LT(bytes_of(64), bytes_of(0) + 100);
}

TEST(PresentFields, ListsThatDoNotFitAreRefused) {
  const auto batch = nested_batches().front();
  const PresentFields present = leave_out_absent_fields(batch);
  // timestamp_ns is there, the others are not.
  ASSERT_EQ(present.absent, std::string("\0\1\1\1\1\1", 6));
  ASSERT_TRUE(put_back_absent_fields(present, nested_schema()).ValueOrDie()->Equals(*batch));
  std::vector<std::string> lists{std::string("\1\1\1\1\1\1", 6), std::string("\0\2\1\1\1\1", 6),
                                 std::string("\0\0\1\0\1\1\1\1", 8)};
  for (size_t bytes = 0; bytes < 6; ++bytes) lists.push_back(present.absent.substr(0, bytes));
  lists.push_back(present.absent + '\1');
  lists.push_back(std::string("\0\0\1\1\1\1\1\1\1", 9));
  for (const std::string& list : lists) {
    EXPECT_THAT(present_schema(*nested_schema(), list), FailsAs(ErrorKind::Corrupt))
        << testing::PrintToString(list);
    EXPECT_THAT(put_back_absent_fields({present.batch, list}, nested_schema()),
                FailsAs(ErrorKind::Corrupt))
        << testing::PrintToString(list);
  }
}

TEST(ShareAbsentFields, LeavesTheRowsAsTheyAre) {
  for (const auto& batch : nested_batches()) {
    for (const auto& slice : {batch, batch->Slice(1), batch->Slice(1, 1)}) {
      const auto shared = share_absent_fields(slice);
      ASSERT_THAT(shared->ValidateFull(), IsOk());
      ASSERT_TRUE(shared->Equals(*slice)) << shared->ToString() << slice->ToString();
    }
  }
}

TEST(ShareAbsentFields, GivesThemOneMemory) {
  const auto shared = share_absent_fields(nested_batches()[1]);  // "yes" has a value.
  const auto memory_of = [&](int column) {
    return shared->column_data(column)->buffers[0]->address();
  };
  EXPECT_EQ(memory_of(1), memory_of(3));
  EXPECT_NE(memory_of(1), memory_of(4));
}

TEST(ShareAbsentFields, TakesNoMemoryUnlessTheRestIsOfAMessage) {
  constexpr int64_t kRows = 10'000;
  constexpr int64_t kColumnBytes = kRows * 8;
  const std::shared_ptr<arrow::Buffer> message =
      arrow::AllocateBuffer(2 * kColumnBytes).ValueOrDie();
  std::memset(message->mutable_data(), 0, static_cast<size_t>(message->size()));
  const std::shared_ptr<arrow::Buffer> own = arrow::AllocateBuffer(kColumnBytes).ValueOrDie();
  std::memset(own->mutable_data(), 0, static_cast<size_t>(own->size()));
  const auto schema =
      arrow::schema({field("timestamp_ns", arrow::int64(), false), field("x", arrow::float64())});
  const auto memory_beside_arrays = [&](const std::shared_ptr<arrow::Buffer>& times) {
    const auto nulls = arrow::MakeArrayOfNull(arrow::float64(), kRows).ValueOrDie();
    const auto batch = share_absent_fields(arrow::RecordBatch::Make(
        schema, kRows, {std::make_shared<arrow::Int64Array>(kRows, times), nulls}));
    const CheckedBatch checked = check_batch(*batch, schema, 10 * kColumnBytes).ValueOrDie();
    EXPECT_GE(checked.bytes, 2 * kColumnBytes);
    return memory_bytes(*checked.batch, checked.bytes) - overhead_bytes(*checked.batch);
  };
  EXPECT_LE(memory_beside_arrays(own), kColumnBytes);
  EXPECT_GE(memory_beside_arrays(own), kColumnBytes - 100);
  EXPECT_GE(memory_beside_arrays(arrow::SliceBuffer(message, 0, kColumnBytes)), 2 * kColumnBytes);
}

TEST(ShareAbsentFields, LeavesACountThatLiesToTheCheck) {
  const auto batch = nested_batches()[1];
  const auto with_nulls = [&](int64_t count, int64_t validity_bytes) {
    auto columns = batch->column_data();
    columns[4] = columns[4]->Copy();
    columns[4]->null_count = count;
    columns[4]->buffers[0] = arrow::SliceBuffer(columns[4]->buffers[0], 0, validity_bytes);
    return arrow::RecordBatch::Make(batch->schema(), 3, columns);
  };
  EXPECT_FALSE(share_absent_fields(with_nulls(3, 1))->ValidateFull().ok());
  EXPECT_FALSE(share_absent_fields(with_nulls(3, 0))->ValidateFull().ok());
}

}  // namespace
}  // namespace mosaico::engine
