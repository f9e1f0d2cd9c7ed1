// What went in comes out equal.

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <arrow/json/from_string.h>
#include <gmock/gmock.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>

#include "engine/engine.hpp"
#include "mosaico/ontology/image.hpp"

#include "store_fixture.hpp"
#include "support/status_matchers.hpp"

namespace mosaico {

namespace {

using ::testing::HasSubstr;

class ExportTest : public ToolTest {
 protected:
  void import(const std::string& sequence, const std::vector<std::string>& topics) {
    std::vector<std::string> arguments = {"import", sequence};
    for (const auto& topic : topics) arguments.insert(arguments.end(), {"--topic", topic});
    const auto result = store_.run(arguments);
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }
  std::string exported(const std::string& target, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"export", target, "--output", store_.path("out.csv")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto result = store_.run(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return StoreFixture::read_file(store_.path("out.csv"));
  }
};

TEST_P(ExportTest, ADerivedTableComesBackAsItWas) {
  const std::string table =
      "timestamp_ns,count,ratio,ok,text\n"
      "1,-5,0.1,true,\"a, \"\"b\"\"\"\n"
      "2,,1e+300,false,\"\"\n"
      "3,9007199254740993,-inf,,\n";
  import("s", {"t=" + store_.write_file("t.csv", table)});
  EXPECT_EQ(exported("s/t"), table);
}

TEST_P(ExportTest, ABuiltInTypeSurvivesTheWayThroughCsv) {
  import("a", {"gps=" +
               store_.write_file("gps.csv",
                                 "timestamp_ns,latitude_deg,longitude_deg,altitude_m,"
                                 "velocity_down,fix_type\n1,63.4,10.4,66.8,0.2,3\n2,1,2,3,,\n") +
               ",as=GPS"});
  const std::string first = exported("a/gps");
  EXPECT_THAT(first, HasSubstr("position.x"));
  import("b", {"gps=" + store_.write_file("again.csv", first) + ",as=GPS"});
  EXPECT_EQ(exported("b/gps"), first);
}

TEST_P(ExportTest, AWindowStartsInclusiveAndEndsExclusive) {
  import("s", {"t=" + store_.write_file("t.csv", "timestamp_ns,v\n1,1\n2,2\n3,3\n")});
  EXPECT_EQ(exported("s/t", {"--start", "2", "--end", "3"}), "timestamp_ns,v\n2,2\n");
  EXPECT_EQ(exported("s/t", {"--start", "9"}), "timestamp_ns,v\n");
}

TEST_P(ExportTest, ASequenceBecomesADirectory) {
  const auto file = store_.write_file("t.csv", "timestamp_ns,v\n1,1\n");
  import("s", {"sensors/a=" + file, "b=" + file});
  EXPECT_EQ(
      store_.run({"export", "s", "--output", store_.path("dir"), "--format", "csv"}).exit_code, 0);
  EXPECT_EQ(StoreFixture::read_file(store_.path("dir/sensors/a.csv")), "timestamp_ns,v\n1,1\n");
  EXPECT_EQ(StoreFixture::read_file(store_.path("dir/b.csv")), "timestamp_ns,v\n1,1\n");
  EXPECT_EQ(store_.run({"export", "s", "--output", store_.path("x.csv")}).exit_code, 2);
  EXPECT_EQ(
      store_.run({"export", "s", "--topics", "b", "--output", store_.path("x.csv")}).exit_code, 0);
}

TEST_P(ExportTest, ParquetHasTheSchemaOfTheTopic) {
  import("s", {"imu=" +
               store_.write_file("imu.csv",
                                 "timestamp_ns,acceleration_x,acceleration_y,acceleration_z,"
                                 "gyro_x,gyro_y,gyro_z\n1,1,2,3,4,5,6\n") +
               ",as=IMU"});
  ASSERT_EQ(store_.run({"export", "s/imu", "--output", store_.path("imu.parquet")}).exit_code, 0);
  ASSERT_OK_AND_ASSIGN(auto file, arrow::io::ReadableFile::Open(store_.path("imu.parquet")));
  ASSERT_OK_AND_ASSIGN(auto reader, parquet::arrow::OpenFile(file, arrow::default_memory_pool()));
  std::shared_ptr<arrow::Schema> schema;
  ASSERT_THAT(reader->GetSchema(&schema), IsOk());
  EXPECT_FALSE(schema->GetFieldByName("timestamp_ns")->nullable());
  EXPECT_THAT(schema->GetFieldByName("acceleration")->type()->ToString(),
              HasSubstr("covariance: list<item: double>"));
  import("again", {"imu=" + store_.path("imu.parquet") + ",as=IMU"});
  EXPECT_EQ(exported("again/imu"), exported("s/imu"));
}

TEST_P(ExportTest, AnEmptyTopicIsAHeading) {
  const auto file = store_.write_file("t.csv", "timestamp_ns,x,y,z\n");
  import("s", {"t=" + file + ",as=Point3d"});
  EXPECT_THAT(exported("s/t"), ::testing::StartsWith("timestamp_ns,"));
  for (const char* format : {"csv", "parquet"}) {
    ASSERT_EQ(
        store_.run({"export", "s", "--output", store_.path("dir"), "--format", format}).exit_code,
        0);
  }
  EXPECT_EQ(StoreFixture::read_file(store_.path("dir/t.csv")), exported("s/t"));
  ASSERT_OK_AND_ASSIGN(auto out, arrow::io::ReadableFile::Open(store_.path("dir/t.parquet")));
  ASSERT_OK_AND_ASSIGN(auto reader, parquet::arrow::OpenFile(out, arrow::default_memory_pool()));
  EXPECT_EQ(reader->parquet_reader()->metadata()->num_rows(), 0);
}

// Types that the SDK knows by name only: all rows, none of a window, and a topic without any.
TEST(ExportOfOtherTypes, WindowsAndTopicsWithoutRowsHaveTheirColumns) {
  const StoreFixture store(Place::Directory);
  const auto schema = arrow::schema(
      {arrow::field("timestamp_ns", arrow::int64(), false),
       arrow::field("cost", arrow::decimal128(9, 2)),
       arrow::field("parts", arrow::map(arrow::utf8(), arrow::int32())),
       arrow::field("spans", arrow::list(arrow::duration(arrow::TimeUnit::SECOND))),
       arrow::field("nested", arrow::struct_({arrow::field("day", arrow::date32())}))});
  {
    ASSERT_OK_AND_ASSIGN(const auto engine, engine::open_directory(store.path("store"), {}));
    ASSERT_THAT(engine->sequence_create({.sequence = "s"}), IsOk());
    ASSERT_OK_AND_ASSIGN(const auto session, engine->session_create({.sequence = "s"}));
    for (const char* name : {"rows", "none"}) {
      protocol::TopicCreate request;
      request.session_uuid = session.uuid;
      request.locator = {.sequence = "s", .topic = name, .session = {}};
      request.serialization_format = "default";
      request.ontology_tag = "Odd";
      ASSERT_OK_AND_ASSIGN(const auto topic, engine->topic_create(request));
      protocol::PutDescriptor descriptor;
      descriptor.topic = request.locator;
      descriptor.topic_uuid = topic.uuid;
      ASSERT_OK_AND_ASSIGN(const auto upload, engine->upload(descriptor, schema));
      if (std::string(name) == "rows") {
        ASSERT_OK_AND_ASSIGN(
            const auto batch,
            arrow::RecordBatch::FromStructArray(
                arrow::json::ArrayFromJSONString(
                    arrow::struct_(schema->fields()),
                    R"([{"timestamp_ns": 1, "cost": "1.25", "parts": [["a", 1]], "spans": [5],
                         "nested": {"day": 7}}])")
                    .ValueOrDie()));
        ASSERT_THAT(upload->append(arrow::RecordBatch::Make(schema, 1, batch->columns())), IsOk());
      }
      ASSERT_THAT(upload->finish(), IsOk());
    }
    ASSERT_THAT(engine->session_finalize({.session_uuid = session.uuid}), IsOk());
    ASSERT_THAT(engine->close(), IsOk());
  }
  const std::string heading = "timestamp_ns,cost,parts,spans,nested.day\n";
  for (const char* format : {"csv", "parquet"}) {
    for (const auto& [target, start] : std::vector<std::pair<std::string, std::string>>{
             {"s/rows", "0"}, {"s/rows", "2"}, {"s/none", "0"}}) {
      const auto file = store.path(std::string("out.") + format);
      const auto result = store.run({"export", target, "--start", start, "--output", file});
      ASSERT_EQ(result.exit_code, 0) << result.err;
      if (std::string(format) == "csv") {
        const auto text = StoreFixture::read_file(file);
        EXPECT_EQ(text.substr(0, heading.size()), heading);
        EXPECT_EQ(text.size() > heading.size(), start == "0" && target == "s/rows") << text;
      }
    }
    EXPECT_EQ(
        store
            .run({"export", "s", "--start", "5", "--format", format, "--output", store.path("all")})
            .exit_code,
        0);
  }
}

// A row group of the file is held in memory until it is whole, so it ends before it is large.
TEST(ExportOfPictures, AreRowGroupsOfABoundedSize) {
  constexpr int kPictures = 80;
  constexpr std::int64_t kPictureBytes = 1 << 20;
  constexpr std::int64_t kRowGroupBytes = 32 << 20;
  const StoreFixture store(Place::Directory);
  {
    auto client = store.client();
    client.record("s", {}, [](SequenceWriter& sequence) {
      auto camera = sequence.topic_create<CompressedImage>("camera");
      for (int i = 0; i < kPictures; ++i) {
        camera.push(CompressedImage{.data = Bytes(std::vector<std::uint8_t>(
                                        kPictureBytes, static_cast<std::uint8_t>(i))),
                                    .format = "jpeg"},
                    i);
      }
    });
  }
  const auto file = store.path("camera.parquet");
  const auto result = store.run({"export", "s/camera", "--output", file});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  ASSERT_OK_AND_ASSIGN(auto out, arrow::io::ReadableFile::Open(file));
  const auto metadata = parquet::ParquetFileReader::Open(out)->metadata();
  EXPECT_EQ(metadata->num_rows(), kPictures);
  EXPECT_GE(metadata->num_row_groups(), kPictures * kPictureBytes / kRowGroupBytes);
  for (int i = 0; i < metadata->num_row_groups(); ++i) {
    EXPECT_LE(metadata->RowGroup(i)->num_rows() * kPictureBytes, kRowGroupBytes);
  }
}

INSTANTIATE_TEST_SUITE_P(Places, ExportTest, ::testing::Values(Place::Directory, Place::Server),
                         place_name);

}  // namespace

}  // namespace mosaico
