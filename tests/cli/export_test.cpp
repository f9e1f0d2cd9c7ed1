// What went in comes out equal.

#include <arrow/io/file.h>
#include <arrow/table.h>
#include <gmock/gmock.h>
#include <parquet/arrow/reader.h>

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

INSTANTIATE_TEST_SUITE_P(Places, ExportTest, ::testing::Values(Place::Directory, Place::Server),
                         place_name);

}  // namespace

}  // namespace mosaico
