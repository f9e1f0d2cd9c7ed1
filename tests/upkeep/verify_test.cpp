#include "engine/verify/verify.hpp"

#include <arrow/io/file.h>
#include <parquet/arrow/writer.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "catalog/sqlite/database.hpp"
#include "engine/directory/directory_lock.hpp"
#include "engine/recording.hpp"
#include "support/temporary_directory.hpp"

namespace mosaico::engine {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<Row> rows_from(int64_t first, int64_t count) {
  std::vector<Row> rows;
  for (int64_t i = first; i < first + count; ++i) {
    rows.push_back({.timestamp_ns = (i * 7) % 50 - 20, .number = i});
  }
  return rows;
}

// A text file with one byte at `position` changed, counted from the end when negative.
void flip_byte(const fs::path& path, int64_t position) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(position, position < 0 ? std::ios::end : std::ios::beg);
  const auto at = file.tellg();
  const int byte = file.get();
  file.seekp(at);
  file.put(static_cast<char>(byte ^ 0x41));
}

// A directory with a finalized topic of three chunks and an interrupted one, closed in order.
class VerifyTest : public testing::Test {
 protected:
  VerifyTest() {
    EngineOptions options;
    options.chunk_rows = 40;
    options.row_group_rows = 16;
    auto recording = std::make_unique<Recording>(root(), options);
    recording->create_sequence();
    const auto imu = recording->upload("sensors/imu");
    for (int64_t first = 0; first < 100; first += 10) {
      EXPECT_THAT(imu->append(batch_of(rows_from(first, 10))), IsOk());
    }
    EXPECT_THAT(imu->finish(), IsOk());
    const auto gps = recording->upload("gps");
    EXPECT_THAT(gps->append(batch_of(rows_from(0, 5))), IsOk());
    gps->interrupt();
    EXPECT_THAT(recording->engine().close(), IsOk());
    chunks_ = recording->files(".parquet");
  }

  fs::path root() const { return directory_.path(); }
  // Of sensors/imu, in push order; behind them the one of gps, whose folder sorts before.
  std::string chunk(size_t i) const { return chunks_.at(i + 1); }

  std::vector<Finding> verify(const std::string& sequence = "") {
    std::vector<Finding> findings;
    VerifyRequest request;
    request.sequence = sequence;
    request.on_finding = [&](const Finding& finding) { findings.push_back(finding); };
    const auto summary = verify_directory(root(), request);
    EXPECT_THAT(summary, IsOk());
    if (summary.ok()) {
      summary_ = *summary;
    }
    EXPECT_EQ(summary_.findings, std::ssize(findings));
    return findings;
  }

  // The problems, each with what was wanted and found.
  std::vector<std::string> problems() {
    std::vector<std::string> texts;
    for (const Finding& finding : verify()) {
      texts.push_back(finding.path + ": " + finding.problem + " " + finding.wanted.dump() + " " +
                      finding.found.dump());
    }
    return texts;
  }

  // Changes the catalog behind the engine's back.
  void execute(const std::string& sql) {
    const auto database = catalog::sqlite::Database::open(root() / "catalog.sqlite",
                                                          catalog::sqlite::Access::ReadWrite, 1000);
    ASSERT_THAT(database, IsOk());
    ASSERT_THAT((*database)->execute_script(sql), IsOk());
  }

  const TemporaryDirectory directory_;
  std::vector<std::string> chunks_;
  VerifySummary summary_;
};

TEST_F(VerifyTest, FindsNothingWrongInASoundDirectory) {
  double last = -1;
  VerifyRequest request;
  request.on_finding = [](const Finding& finding) {
    ADD_FAILURE() << finding.path << ": " << finding.problem;
  };
  request.on_progress = [&last](const VerifyProgress& progress) {
    EXPECT_GE(progress.fraction, last);
    last = progress.fraction;
    return Status::OK();
  };
  ASSERT_OK_AND_ASSIGN(const VerifySummary summary, verify_directory(root(), request));
  EXPECT_EQ(summary.sequences, 1);
  EXPECT_EQ(summary.topics, 2);
  EXPECT_EQ(summary.chunks, 4);
  EXPECT_EQ(summary.rows, 105);
  EXPECT_EQ(summary.findings, 0);
  EXPECT_TRUE(summary.unnamed_files_checked);
  EXPECT_DOUBLE_EQ(last, 1);
}

TEST_F(VerifyTest, EndsWhenItsCallerSaysSo) {
  VerifyRequest request;
  request.on_progress = [](const VerifyProgress&) {
    return core::error(ErrorKind::Cancelled, "enough");
  };
  EXPECT_THAT(verify_directory(root(), request), FailsAs(ErrorKind::Cancelled));
}

TEST_F(VerifyTest, RefusesWhatIsNotThere) {
  EXPECT_THAT(verify_directory(root() / "nowhere", {}), FailsAs(ErrorKind::NotFound));
  VerifyRequest request;
  request.sequence = "another";
  EXPECT_THAT(verify_directory(root(), request), FailsAs(ErrorKind::NotFound));
}

TEST_F(VerifyTest, SeesEveryByteOfAChunkThatChanged) {
  const fs::path path = root() / chunk(1);
  const auto bytes = static_cast<int64_t>(fs::file_size(path));
  for (int64_t position = 0; position < bytes; position += 1 + bytes / 150) {
    flip_byte(path, position);
    const auto findings = verify("drive");
    ASSERT_FALSE(findings.empty()) << "byte " << position;
    EXPECT_EQ(findings[0].path, chunk(1));
    EXPECT_EQ(findings[0].sequence, "drive");
    EXPECT_EQ(findings[0].topic, "sensors/imu");
    EXPECT_EQ(findings[0].problem, "the checksum of the file differs");
    flip_byte(path, position);
  }
  EXPECT_TRUE(verify("drive").empty());
}

// Each page has a checksum, which readers compare: what rots is an error and never other rows.
TEST_F(VerifyTest, AReaderNeverTakesADamagedPageForRows) {
  Recording recording(root());
  const std::vector<Row> rows =
      recording.read("sensors/imu");  // Its footers are known from now on.
  ASSERT_EQ(rows.size(), 100U);
  const fs::path path = root() / chunk(1);
  const auto input = arrow::io::ReadableFile::Open(path).ValueOrDie();
  const auto metadata = parquet::ParquetFileReader::Open(input)->metadata();
  const auto group = metadata->RowGroup(0);
  int refused = 0;
  for (int i = 0; i < group->num_columns(); ++i) {
    const auto column = group->ColumnChunk(i);
    const int64_t begin = column->data_page_offset();
    for (int64_t at = begin; at < begin + column->total_compressed_size(); ++at) {
      flip_byte(path, at);
      const auto read = recording.read_batches("sensors/imu");
      flip_byte(path, at);
      if (!read.ok()) {
        ++refused;
        continue;
      }
      std::vector<Row> found;
      for (const auto& batch : *read) {
        for (const Row& row : rows_of(*batch)) found.push_back(row);
      }
      ASSERT_EQ(found, rows) << "byte " << at;
    }
  }
  EXPECT_GT(refused, 100);
  EXPECT_EQ(recording.read("sensors/imu"), rows);
  EXPECT_THAT(recording.engine().close(), IsOk());
}

TEST_F(VerifyTest, GoesOnAfterAFinding) {
  fs::resize_file(root() / chunk(0), 100);
  fs::remove(root() / chunk(1));
  flip_byte(root() / chunk(2), 10);
  const auto found = problems();
  ASSERT_GE(found.size(), 4U);
  EXPECT_THAT(found[0], HasSubstr(chunk(0) + ": the file has another size "));
  EXPECT_THAT(found[0], HasSubstr(" 100"));
  EXPECT_THAT(found[1], HasSubstr(chunk(0) + ": it cannot be read as Parquet"));
  EXPECT_EQ(found[2], chunk(1) + ": the file is missing null null");
  EXPECT_THAT(found[3], HasSubstr(chunk(2) + ": the checksum of the file differs"));
}

TEST_F(VerifyTest, FindsFilesThatNobodyNames) {
  const std::string stray = fs::path(chunk(0)).parent_path() / "00000000000000000900-X.parquet";
  std::ofstream(root() / stray) << "rows of nobody";
  std::ofstream(root() / "data/stray") << "?";
  EXPECT_THAT(problems(), ElementsAre(stray + ": the catalog names no such file null 14",
                                      "data/stray: the catalog names no such file null 1"));
  EXPECT_THAT(verify("drive"), testing::SizeIs(1)) << "the other one is of no sequence";
  execute("INSERT INTO tombstone VALUES ('" + stray + "'), ('data/stray')");
  EXPECT_THAT(problems(), ElementsAre()) << "what has to go may be there still";
}

TEST_F(VerifyTest, TellsAFileInThePlaceOfAnother) {
  fs::copy_file(root() / chunk(0), root() / chunk(1), fs::copy_options::overwrite_existing);
  const auto found = problems();
  EXPECT_THAT(found, testing::Contains(HasSubstr("its metadata has another first row 40 0")));
}

TEST_F(VerifyTest, FindsWhatTheCatalogHasWrongOfAChunk) {
  const std::string where = " WHERE path = '" + chunk(1) + "'";
  const std::string prefix = chunk(1) + ": ";
  execute("UPDATE chunk SET checksum = checksum - 1, file_bytes = file_bytes + 1" + where);
  EXPECT_THAT(problems(), ElementsAre(HasSubstr(prefix + "the file has another size")));
  execute("UPDATE chunk SET file_bytes = file_bytes - 1" + where);
  EXPECT_THAT(problems(), ElementsAre(HasSubstr(prefix + "the checksum of the file differs")));
  execute("UPDATE chunk SET checksum = checksum + 1, timestamp_ns_max = 77, byte_count = 1" +
          where);
  EXPECT_THAT(
      problems(),
      ElementsAre(HasSubstr("catalog.sqlite: the sums of the topic are not those of its chunks"),
                  HasSubstr(prefix + "its metadata has another size of its data 1 "),
                  HasSubstr(prefix + "its metadata has another last time 77 29"),
                  prefix + "its rows have another last time 77 29"));
}

TEST_F(VerifyTest, ComparesStatisticsWithTheValues) {
  execute(
      "UPDATE chunk_column SET max = '78' WHERE max = '79' AND chunk_id = "
      "(SELECT id FROM chunk WHERE path = '" +
      chunk(1) + "')");
  EXPECT_THAT(problems(),
              ElementsAre(chunk(1) + ": the catalog has other statistics than the values of column "
                                     "\"number\" {\"max\":78,\"min\":40,\"nulls\":0} "
                                     "{\"max\":79,\"min\":40,\"nulls\":0}"));
}

TEST_F(VerifyTest, FindsATopicWhoseChunksDoNotFollowEachOther) {
  execute("UPDATE chunk SET first_row = 41 WHERE path = '" + chunk(1) + "'");
  EXPECT_THAT(problems(), testing::Contains(HasSubstr("a chunk begins at row 41 where row 40")));
}

TEST_F(VerifyTest, FindsAnotherSchema) {
  execute("UPDATE topic_schema SET bytes = CAST(bytes || x'00' AS BLOB)");
  EXPECT_THAT(problems(), testing::Contains(HasSubstr("its metadata has another schema")));
  execute("UPDATE topic_schema SET bytes = x'0102'");
  EXPECT_THAT(problems(), testing::Contains(HasSubstr("the schema of the topic cannot be read")));
}

TEST_F(VerifyTest, FindsRowsThatAreNotInOrder) {
  // What is written by hand, with figures that are right, but for the order.
  const auto context = [&] {
    auto store = store::open_local_store(root(), false).ValueOrDie();
    auto object = store->create(chunk(2)).ValueOrDie();
    auto batch = batch_of({{.timestamp_ns = 5, .number = 80}, {.timestamp_ns = 4, .number = 81}});
    const auto table = arrow::Table::FromRecordBatches({batch}).ValueOrDie();
    const std::shared_ptr<arrow::io::OutputStream> sink(std::shared_ptr<void>(), &object->stream());
    EXPECT_THAT(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), sink, 10), IsOk());
    EXPECT_THAT(object->close(), IsOk());
  };
  context();
  execute("UPDATE chunk SET row_count = 2 WHERE path = '" + chunk(2) + "'");
  const auto found = problems();
  EXPECT_THAT(found, testing::Contains(HasSubstr("its metadata has no mosaico:chunk")));
  EXPECT_THAT(found, testing::Contains(HasSubstr(
                         "its rows are not in the order of their times, from row group 0 on 5 4")));
}

TEST_F(VerifyTest, ComparesManifestsWithTheCatalog) {
  const fs::path path = root() / "data/drive@1/manifest.json";
  const auto read = [&path] {
    std::ifstream file(path);
    return nlohmann::json::parse(file);
  };
  nlohmann::json manifest = read();
  manifest["user_metadata"]["car"] = 8;
  manifest["topics"][0]["state"] = "empty";
  std::ofstream(path) << manifest.dump();
  EXPECT_THAT(
      problems(),
      ElementsAre(
          R"(data/drive@1/manifest.json: the manifest has another state of topic "sensors/imu" "finalized" "empty")",
          R"(data/drive@1/manifest.json: the manifest has other user_metadata {"car":7} {"car":8})"));
  std::ofstream(path) << "{torn";
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("the manifest cannot be read")));
  fs::remove(path);
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("manifest.json: the manifest is missing")));
  execute("UPDATE manifest SET changes = changes + 1");
  EXPECT_THAT(problems(), ElementsAre()) << "the catalog knows that it is not up to date";
}

class VerifyJournalTest : public testing::Test {
 protected:
  // What a crash leaves of an upload with three frames in its journal.
  void SetUp() override {
    Recording recording(directory_.path() / "recorder");
    recording.create_sequence();
    const auto upload = recording.upload("imu");
    DurableRows durable(*upload);
    for (int64_t i = 0; i < 3; ++i) {
      ASSERT_THAT(upload->append(batch_of(rows_from(4 * i, 4))), IsOk());
    }
    ASSERT_TRUE(durable.wait_for(12));
    fs::copy(directory_.path() / "recorder", root(), fs::copy_options::recursive);
  }

  fs::path root() const { return directory_.path() / "store"; }
  fs::path journal() const { return root() / "journal/1/00000000000000000000.journal"; }

  std::vector<std::string> problems() const {
    std::vector<std::string> texts;
    VerifyRequest request;
    request.on_finding = [&](const Finding& finding) {
      texts.push_back(finding.path + ": " + finding.problem);
    };
    EXPECT_THAT(verify_directory(root(), request), IsOk());
    return texts;
  }

  const TemporaryDirectory directory_;
};

TEST_F(VerifyJournalTest, ATornEndIsNoFinding) {
  EXPECT_THAT(problems(), ElementsAre());
  const auto bytes = fs::file_size(journal());
  for (uintmax_t cut = 1; cut < bytes; cut += 50) {
    fs::resize_file(journal(), bytes - cut);
    EXPECT_THAT(problems(), ElementsAre()) << cut;
  }
}

TEST_F(VerifyJournalTest, ADamagedFrameIsOne) {
  const auto frame_bytes = (fs::file_size(journal()) - 32) / 3;
  flip_byte(journal(), static_cast<int64_t>(32 + frame_bytes + frame_bytes / 2));
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("1/00000000000000000000.journal: a frame of the "
                                                "journal is damaged")));
}

TEST_F(VerifyJournalTest, FindsAGapAndAJournalWithoutATopic) {
  fs::rename(root() / "journal/1", root() / "journal/9");
  EXPECT_THAT(problems(),
              ElementsAre("journal/9: a journal that belongs to no topic under upload"));
  const auto lock = DirectoryLock::take(root()).ValueOrDie();
  EXPECT_THAT(problems(), ElementsAre()) << "a process that writes may be about to remove it";
}

TEST_F(VerifyJournalTest, ComparesTheDescriptionOfAJournal) {
  std::ifstream file(root() / "journal/1/topic.json");
  auto description = nlohmann::json::parse(file);
  description["topic"]["name"] = "gps";
  std::ofstream(root() / "journal/1/topic.json") << description.dump();
  EXPECT_THAT(problems(), ElementsAre("journal/1/topic.json: the journal names another topic"));
}

TEST(VerifyBesideAWriter, FindsNothingWrong) {
  const TemporaryDirectory directory;
  const auto lock = DirectoryLock::take(directory.path()).ValueOrDie();
  EngineOptions options;
  options.chunk_rows = 8;
  Recording recording(directory.path(), options);
  recording.create_sequence();
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int topic = 0; topic < 12; ++topic) {
      const auto upload = recording.upload("imu" + std::to_string(topic));
      for (int64_t i = 0; i < 20; ++i) {
        EXPECT_THAT(upload->append(batch_of(rows_from(3 * i, 3))), IsOk());
      }
      EXPECT_THAT(upload->finish(), IsOk());
      if (topic % 3 == 0) {
        EXPECT_THAT(
            recording.engine().topic_delete(Recording::topic("imu" + std::to_string(topic))),
            IsOk());
      }
    }
    done = true;
  });
  VerifyRequest request;
  request.on_finding = [](const Finding& finding) {
    ADD_FAILURE() << finding.path << ": " << finding.problem << " " << finding.wanted << " "
                  << finding.found;
  };
  while (!done) {
    ASSERT_OK_AND_ASSIGN(const auto summary, verify_directory(directory.path(), request));
    EXPECT_FALSE(summary.unnamed_files_checked);
  }
  writer.join();
}

}  // namespace
}  // namespace mosaico::engine
