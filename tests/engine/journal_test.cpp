#include "engine/ingest/journal.hpp"

#include <fstream>
#include <sstream>

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

}  // namespace
}  // namespace mosaico::engine
