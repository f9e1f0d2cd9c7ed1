// What went in comes out equal.

#include <arrow/io/file.h>
#include <arrow/table.h>
#include <gmock/gmock.h>
#include <parquet/arrow/reader.h>

#include <cmath>
#include <map>
#include <sstream>

#include "store_fixture.hpp"
#include "support/status_matchers.hpp"

namespace mosaico {

namespace {

using ::testing::HasSubstr;

// Cells by column. For tables without quotes.
using Cells = std::map<std::string, std::vector<std::string>>;

Cells parse_plain_csv(const std::string& text) {
  Cells cells;
  std::istringstream lines(text);
  std::vector<std::string> names;
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> row;
    std::istringstream stream(line);
    for (std::string cell; std::getline(stream, cell, ',');) row.push_back(cell);
    if (line.ends_with(',')) row.emplace_back();
    if (names.empty()) {
      names = row;
      continue;
    }
    for (std::size_t i = 0; i < names.size() && i < row.size(); ++i)
      cells[names[i]].push_back(row[i]);
  }
  return cells;
}

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

// What a column of the source must be in the export.
struct Expected {
  std::string column;
  double scale = 1;
};

void expect_equal_values(const Cells& source, const Cells& target, const std::string& from,
                         const Expected& to) {
  ASSERT_TRUE(source.contains(from)) << from;
  ASSERT_TRUE(target.contains(to.column)) << to.column;
  const auto& before = source.at(from);
  const auto& after = target.at(to.column);
  ASSERT_EQ(before.size(), after.size()) << from;
  for (std::size_t i = 0; i < before.size(); ++i) {
    ASSERT_EQ(std::stod(before[i]) * to.scale, std::stod(after[i])) << from << ", row " << i + 1;
  }
}

TEST_P(ExportTest, RealFlightsComeBackWithEveryValueEqual) {
  const char* folder = std::getenv("MOSAICO_FLIGHT_DATA");
  if (folder == nullptr || std::string(folder).empty()) {
    GTEST_SKIP() << "MOSAICO_FLIGHT_DATA names no folder with flights";
  }
  const std::map<std::string, std::map<std::string, Expected>> types = {
      {"IMU",
       {{"acceleration_x", {"acceleration.x"}},
        {"acceleration_z", {"acceleration.z"}},
        {"angular_velocity_y", {"angular_velocity.y"}}}},
      {"GPS",
       {{"latitude_deg", {"position.x"}},
        {"longitude_deg", {"position.y"}},
        {"altitude_m", {"position.z"}},
        {"velocity_north", {"velocity.x"}},
        {"velocity_down", {"velocity.z", -1}},
        {"fix_type", {"status.status"}},
        {"satellites", {"status.satellites"}},
        {"hdop", {"status.hdop"}}}}};
  for (const auto& flight : std::filesystem::directory_iterator(folder)) {
    if (!flight.is_directory()) continue;
    const std::string name = flight.path().filename().string();
    std::vector<std::string> topics;
    std::map<std::string, std::string> tags;
    for (const auto& table : std::filesystem::directory_iterator(flight.path())) {
      const std::string topic = table.path().stem().string();
      if (topic == "imu") tags[topic] = "IMU";
      if (topic == "gps") tags[topic] = "GPS";
      topics.push_back(topic + "=" + table.path().string() +
                       (tags.contains(topic) ? ",as=" + tags[topic] : ""));
    }
    import(name, topics);
    ASSERT_EQ(
        store_.run({"export", name, "--output", store_.path(name), "--format", "csv"}).exit_code,
        0);
    for (const auto& table : std::filesystem::directory_iterator(flight.path())) {
      const std::string topic = table.path().stem().string();
      const Cells before = parse_plain_csv(StoreFixture::read_file(table.path().string()));
      const Cells after =
          parse_plain_csv(StoreFixture::read_file(store_.path(name + "/" + topic + ".csv")));
      expect_equal_values(before, after, "timestamp_ns", {"timestamp_ns"});
      if (tags.contains(topic)) {
        for (const auto& [from, to] : types.at(tags[topic]))
          expect_equal_values(before, after, from, to);
      } else {
        for (const auto& [column, values] : before)
          expect_equal_values(before, after, column, {column});
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Places, ExportTest, ::testing::Values(Place::Directory, Place::Server),
                         place_name);

}  // namespace

}  // namespace mosaico
